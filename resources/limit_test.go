package resources

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitersAreServedInTheOrderOfTheirComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter("seats", 2)
		var order []int
		var mu sync.Mutex // guards order
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if err := l.Acquire(t.Context()); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				time.Sleep(time.Second + time.Duration(i))
				l.Release()
			})
			synctest.Wait()
		}
		if l.InUse() != 2 || l.Waiting() != 6 {
			t.Errorf("in use %d, waiting %d, want 2 and 6", l.InUse(), l.Waiting())
		}
		all.Wait()
		for i, got := range order {
			if got != i {
				t.Fatalf("got order %v", order)
			}
		}
		if len(order) != 8 || l.InUse() != 0 || l.Waiting() != 0 {
			t.Errorf("%d served, in use %d, waiting %d", len(order), l.InUse(), l.Waiting())
		}
	})
}

func TestAWaiterLeavesExactlyAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter("disk", 1)
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := l.Acquire(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 100*time.Millisecond {
			t.Errorf("got %v after %v, want the deadline after 100ms", err, time.Since(begin))
		}
		wantError(t, err, "waiting for disk (limit 1): context deadline exceeded")
		if l.Waiting() != 0 || l.InUse() != 1 {
			t.Errorf("waiting %d, in use %d", l.Waiting(), l.InUse())
		}
		l.Release()
		if l.InUse() != 0 || !l.TryAcquire() {
			t.Error("the token was lost")
		}
	})
}

func TestALeavingWaiterLetsTheNextMoveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter("disk", 1)
		l.TryAcquire()
		ctx, cancel := context.WithCancel(t.Context())
		var served atomic.Bool
		go l.Acquire(ctx)
		synctest.Wait()
		go func() { served.Store(l.Acquire(t.Context()) == nil) }()
		synctest.Wait()
		if l.TryAcquire() {
			t.Error("TryAcquire overtook a waiter")
		}
		cancel()
		synctest.Wait()
		l.Release()
		synctest.Wait()
		if !served.Load() || l.InUse() != 1 || l.Waiting() != 0 {
			t.Errorf("served %v, in use %d, waiting %d", served.Load(), l.InUse(), l.Waiting())
		}
	})
}

func TestACancelledRequestTakesNoToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, l := range []*Limiter{NewLimiter("free", 1), nil} {
		if err := l.Acquire(ctx); !errors.Is(err, context.Canceled) || l.InUse() != 0 {
			t.Errorf("got %v, in use %d", err, l.InUse())
		}
	}
}

func TestANilLimiterSetsNoLimit(t *testing.T) {
	var l *Limiter
	for range 100 {
		if err := l.Acquire(t.Context()); err != nil || !l.TryAcquire() {
			t.Fatal(err)
		}
	}
	l.Release()
	if l.Limit() != 0 || l.InUse() != 0 || l.Waiting() != 0 || l.Name() != "unlimited" {
		t.Error("a nil limiter counts")
	}
}

func TestReleaseWithoutAcquirePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewLimiter("x", 0).Release()
}

// Grants and cancellations race; no token may be lost or made.
func TestTokensAreNeitherLostNorMadeUnderLoad(t *testing.T) {
	l := NewLimiter("load", 3)
	var inside atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 300 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((i*j)%40)*time.Microsecond)
				if l.Acquire(ctx) == nil {
					if n := inside.Add(1); n > 3 {
						t.Errorf("%d hold tokens", n)
					}
					inside.Add(-1)
					l.Release()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if l.InUse() != 0 || l.Waiting() != 0 {
		t.Errorf("in use %d, waiting %d", l.InUse(), l.Waiting())
	}
}

func BenchmarkLimiterFree(b *testing.B) {
	l := NewLimiter("bench", 1)
	ctx := b.Context()
	for b.Loop() {
		if err := l.Acquire(ctx); err != nil {
			b.Fatal(err)
		}
		l.Release()
	}
}
