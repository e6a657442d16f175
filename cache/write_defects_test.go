package cache

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
)

// TestAnIndexReadBeforeAStoreIsNotUsedAfterIt: with a bound that anything meets,
// what the index of a shard said of a chunk that did not exist yet came back
// once the chunk was stored and evicted.
func TestAnIndexReadBeforeAStoreIsNotUsedAfterIt(t *testing.T) {
	// The documents, two indexes of shards and one chunk of 8 bytes fit.
	w := newWriting(t, config{meta: line(64, 4), format: shardFormat{per: 8}, empty: true, limit: 1 << 10, queue: 1 << 10})
	win := w.window()
	w.outside(func(o *Window) { put(t, o, 0, 1, 2, 3, 4) })
	wantFirst := func(at int64, want uint16) {
		t.Helper()
		if got, err := read(t.Context(), win, time.Time{}, at, 1); err != nil || got[0] != want {
			t.Errorf("element %d: got %v, %v, want %d", at, got, err, want)
		}
	}
	wantFirst(8, gridFill) // the index is known from here on
	put(t, win, 8, 5, 6, 7, 8)
	flush(t, win)
	win.Close()
	win = w.window()
	evictChunks(w)
	wantFirst(8, 5)
}

// evictChunks drops what is known of chunks, as the limit of a pool does, and
// keeps what is known of shards.
func evictChunks(w *writing) {
	for _, l := range w.array.shared.allLayouts() {
		l.chunks.drain()
	}
}

// late is a store whose answers to writes come late.
type late struct {
	kvstore.Store
	delay time.Duration
}

func (s late) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	stamp, err := s.Store.Write(ctx, key, value, opt)
	time.Sleep(s.delay)
	return stamp, err
}

// TestAStoreDoesNotAnswerForWhatCameAfterIt: a load that a store overtook gave
// its waiters what was stored, though somebody else had stored something newer
// before they asked.
func TestAStoreDoesNotAnswerForWhatCameAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(4, 4)})
		win := w.window()
		win.layout.store = late{win.layout.store, time.Second}
		w.store.Add(faulty.Rule{Methods: faulty.Read, Key: "c0", Delay: 2 * time.Second})
		put(t, win, 0, 10)
		done := make(chan error)
		go func() { done <- win.Flush(context.Background()) }() // reads until 2 s, stores, knows at 3 s
		time.Sleep(2500 * time.Millisecond)
		w.outside(func(o *Window) { put(t, o, 1, 21) })
		time.Sleep(100 * time.Millisecond)
		got, err := read(t.Context(), win, time.Now(), 1, 1)
		if err != nil || got[0] != 21 {
			t.Errorf("got %v, %v, want 21: it was there when the read began", got, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		wantRead(t, win, 10, 21, 2, 3)
	})
}

// TestAStoreDoesNotHideWhatIsNewer: what had been loaded while the answer to a
// write was under way gave way to what was written, though it was newer.
func TestAStoreDoesNotHideWhatIsNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(4, 4)})
		win := w.window()
		win.layout.store = late{win.layout.store, 2 * time.Second}
		put(t, win, 0, 10)
		done := make(chan error)
		go func() { done <- win.Flush(context.Background()) }()
		time.Sleep(time.Second)
		w.outside(func(o *Window) { put(t, o, 1, 21) })
		if got, err := read(t.Context(), win, time.Now(), 1, 1); err != nil || got[0] != 21 {
			t.Fatalf("got %v, %v, want 21", got, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		wantRead(t, win, 10, 21, 2, 3)
	})
}

// TestAQueueWithoutEndNeverBlocks: the limit may be the largest number.
func TestAQueueWithoutEndNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{limit: math.MaxInt64, queue: math.MaxInt64})
		win := w.window()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := win.WriteAt(ctx, 2, []byte{1, 2}); err != nil {
			t.Errorf("got %v", err)
		}
	})
}
