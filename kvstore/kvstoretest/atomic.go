package kvstoretest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tsmount/kvstore"
)

// testAtomic: "readers see the old value or the new one, never a mix".
func testAtomic(t *testing.T, h *Harness) {
	key := h.key()
	write(t, h.Open(t), key, pattern(0))
	done := make(chan struct{})
	var writers, readers sync.WaitGroup
	for w := range 2 {
		s := h.Open(t)
		writers.Go(func() {
			for i := range 40 {
				if _, err := s.Write(context.Background(), key, []byte(pattern(2*i+w)), kvstore.WriteOptions{}); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
			}
		})
	}
	for range 3 {
		s := h.Open(t)
		readers.Go(func() { readPatterns(t, s, key, done) })
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if h.Features.List {
		for e, err := range h.Open(t).List(context.Background(), kvstore.ListOptions{}) {
			if err != nil || e.Key != key {
				t.Errorf("after the writes there is %+v, %v, want nothing but %q", e, err, key)
			}
		}
	}
}

// pattern returns a value that tells by itself whether it is whole.
func pattern(i int) string { return strings.Repeat(fmt.Sprintf("%07d,", i), 1000+37*(i%50)) }

// readPatterns reads, whole and in pieces of one generation, until done.
func readPatterns(t *testing.T, s kvstore.Store, key string, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		res, err := s.Read(context.Background(), key, kvstore.ReadOptions{})
		if err != nil || res.State != kvstore.Present || int64(len(res.Value)) != res.Size {
			t.Errorf("got %d bytes of %d, state %v, %v", len(res.Value), res.Size, res.State, err)
			return
		}
		n, err := strconv.Atoi(string(res.Value[:7]))
		if err != nil || string(res.Value) != pattern(n) {
			t.Errorf("the value is a mix")
			return
		}
		last, err := s.Read(context.Background(), key, kvstore.ReadOptions{Range: kvstore.Last(8), IfEqual: res.Stamp.Generation})
		if err == nil && string(last.Value) != string(res.Value[:8]) {
			t.Errorf("the last piece of the same generation is of another value")
		}
		if err != nil && !errors.Is(err, kvstore.ErrMismatch) {
			t.Error(err)
		}
	}
}

// testCompareAndSwap: of all writers that saw one generation exactly one wins.
func testCompareAndSwap(t *testing.T, h *Harness) {
	t.Run("create", func(t *testing.T) { oneCreator(t, h) })
	t.Run("count", func(t *testing.T) {
		const goroutines, increments = 6, 15
		key := h.key()
		var all sync.WaitGroup
		handles := []kvstore.Store{h.Open(t), h.Open(t)}
		for g := range goroutines {
			s := handles[g%2]
			all.Go(func() {
				for range increments {
					if err := Increment(s, key); err != nil {
						t.Errorf("goroutine %d: %v", g, err)
						return
					}
				}
			})
		}
		all.Wait()
		wantValue(t, h.Open(t), key, strconv.Itoa(goroutines*increments))
	})
}

// Increment adds one to the number under key, which is 0 when it is missing, by
// compare and swap: for tests of several processes.
func Increment(s kvstore.Store, key string) error {
	ctx := context.Background()
	for {
		res, err := s.Read(ctx, key, kvstore.ReadOptions{})
		if err != nil {
			return err
		}
		n := 0
		if res.State == kvstore.Present {
			if n, err = strconv.Atoi(string(res.Value)); err != nil {
				return err
			}
		}
		_, err = s.Write(ctx, key, []byte(strconv.Itoa(n+1)), kvstore.WriteOptions{IfEqual: res.Stamp.Generation})
		if !errors.Is(err, kvstore.ErrMismatch) {
			return err
		}
	}
}

// oneCreator lets several handles create one key at a time.
func oneCreator(t *testing.T, h *Harness) {
	for _, key := range h.keys(12)[1:] {
		var all sync.WaitGroup
		var mu sync.Mutex
		var winners []string
		for i := range 4 {
			s := h.Open(t)
			value := fmt.Sprintf("value %d", i)
			all.Go(func() {
				_, err := s.Write(context.Background(), key, []byte(value), kvstore.WriteOptions{IfEqual: kvstore.Absent})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					winners = append(winners, value)
				} else if !errors.Is(err, kvstore.ErrMismatch) {
					t.Errorf("got error %v, want ErrMismatch", err)
				}
			})
		}
		all.Wait()
		if len(winners) != 1 {
			t.Fatalf("%q was created by %q, want one", key, winners)
		}
		wantValue(t, h.Open(t), key, winners[0])
	}
}
