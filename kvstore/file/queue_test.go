package file

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// One writer per key is inside; the others wait in order, or leave with their
// context.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue
		var order []int
		inside := 0
		for i := range 5 {
			go func() {
				ctx := t.Context()
				if i == 3 {
					c, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
					defer cancel()
					ctx = c
				}
				start := time.Now()
				if err := q.enter(ctx, "a"); err != nil {
					if i != 3 || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 1500*time.Millisecond {
						t.Errorf("writer %d: got %v after %v", i, err, time.Since(start))
					}
					return
				}
				if inside++; inside != 1 {
					t.Errorf("%d writers are inside", inside)
				}
				order = append(order, i)
				time.Sleep(time.Second)
				inside--
				q.leave("a")
			}()
			synctest.Wait() // the writers come in order
		}
		start := time.Now()
		if err := q.enter(t.Context(), "b"); err != nil || time.Since(start) != 0 {
			t.Errorf("another key: %v after %v", err, time.Since(start))
		}
		q.leave("b")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if want := []int{0, 1, 2, 4}; !slices.Equal(order, want) {
			t.Errorf("got the order %v, want %v", order, want)
		}
		if len(q.keys) != 0 {
			t.Errorf("%d keys are still held", len(q.keys))
		}
	})
}
