package cache

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Each member brings in the next one when it ends, while two wait.
func TestACrewMayGrowWhileItIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c crew
		var worked atomic.Int64
		var work func(left int)
		work = func(left int) {
			defer c.Done()
			time.Sleep(time.Second)
			worked.Add(1)
			if left > 0 {
				c.Add(1)
				go work(left - 1)
			}
		}
		c.Wait() // nobody has come yet
		c.Add(1)
		go work(9)
		for range 2 {
			go func() {
				if c.Wait(); worked.Load() != 10 {
					t.Errorf("the wait ended after %d of 10", worked.Load())
				}
			}()
		}
		c.Wait()
		synctest.Wait() // until the other two have seen it
		if worked.Load() != 10 {
			t.Errorf("the wait ended after %d of 10", worked.Load())
		}
		c.Add(1)
		go work(0)
		if c.Wait(); worked.Load() != 11 {
			t.Error("the wait for one that came later ended before it did")
		}
	})
}
