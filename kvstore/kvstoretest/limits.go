package kvstoretest

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"tsmount/kvstore"
	"tsmount/resources"
)

// testLimits: one token per request, waits end with the context, and in the end
// all tokens are back and no goroutine is left.
func testLimits(t *testing.T, h *Harness) {
	if h.Limited == nil {
		t.Skip("the store takes no limit")
	}
	before := runtime.NumGoroutine()
	limit := resources.NewLimiter("the test's limit", 1)
	s, key := h.Limited(t, limit), h.key()
	h.put(t, s, key, sample)
	calls := h.limitedCalls(s, key)
	if h.Features.List {
		calls["List"] = func(ctx context.Context) error { return listOnce(ctx, s) }
		t.Run("consumer", func(t *testing.T) { noTokenAtConsumer(t, s, limit) })
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			waitsForToken(t, limit, call)
			if err := call(context.Background()); err != nil {
				t.Errorf("with a free token: %v", err)
			}
			if limit.InUse() != 0 {
				t.Errorf("%d tokens are still out", limit.InUse())
			}
		})
	}
	if h.Idle != nil {
		h.Idle()
	}
	for try := 0; runtime.NumGoroutine() > before; try++ {
		if try == 1000 {
			t.Fatalf("%d goroutines are left, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

func (h *Harness) limitedCalls(s kvstore.Store, key string) map[string]func(context.Context) error {
	calls := map[string]func(context.Context) error{
		"Read": func(ctx context.Context) error {
			_, err := s.Read(ctx, key, kvstore.ReadOptions{})
			return err
		},
		"Stat": func(ctx context.Context) error {
			_, err := s.Read(ctx, key, kvstore.ReadOptions{StatOnly: true})
			return err
		},
	}
	if !h.Features.Writable {
		return calls
	}
	calls["Write"] = func(ctx context.Context) error {
		_, err := s.Write(ctx, key, []byte(sample), kvstore.WriteOptions{})
		return err
	}
	calls["Delete"] = func(ctx context.Context) error {
		_, err := s.Delete(ctx, key, kvstore.WriteOptions{})
		return err
	}
	return calls
}

func listOnce(ctx context.Context, s kvstore.Store) error {
	for _, err := range s.List(ctx, kvstore.ListOptions{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// waitsForToken has the only token taken while call runs, and cancels it.
func waitsForToken(t *testing.T, limit *resources.Limiter, call func(context.Context) error) {
	if err := limit.Acquire(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer limit.Release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call(ctx) }()
	for limit.Waiting() == 0 {
		select {
		case err := <-done:
			t.Fatalf("the call ended without a token: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

// noTokenAtConsumer: a listing holds no token while its consumer works.
func noTokenAtConsumer(t *testing.T, s kvstore.Store, limit *resources.Limiter) {
	n := 0
	for e, err := range s.List(context.Background(), kvstore.ListOptions{}) {
		if n++; err != nil {
			t.Fatal(err)
		}
		if limit.InUse() != 0 {
			t.Errorf("a token is held while %q is looked at", e.Key)
		}
	}
	if n == 0 {
		t.Error("nothing was listed")
	}
}
