package cache

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore/faulty"
	"tsmount/resources"
)

// stream writes whole chunks and leaves them.
func stream(t *testing.T, w *writing, first int64, values ...uint16) {
	t.Helper()
	win := w.window()
	defer win.Close()
	put(t, win, first, values...)
}

// What nobody waits for leaves a processor to the writer where stores are quick;
// a flush has all.
func TestChunksThatNobodyWaitsForTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 1 << 20})
		most := max(1, resources.Processors()-1)
		w.store.Add(faulty.Rule{Methods: faulty.Write, Delay: quickStart})
		stream(t, w, 0, repeated(1, 4)...) // its store is found to be quick
		time.Sleep(time.Second)
		stream(t, w, 4, repeated(2, 36)...)
		synctest.Wait()
		if got := len(w.engine.aside); got != most {
			t.Errorf("%d stores have a turn, want %d", got, most)
		}
		began := time.Now()
		win := w.window()
		defer win.Close()
		flush(t, win)
		if took := time.Since(began); took > 2*quickStart {
			t.Errorf("a flush took %v: one store after the other", took)
		}
		w.wantStored(append(repeated(1, 4), repeated(2, 36)...)...)
	})
}

// Too much that waits is stored with all processors.
func TestABacklogTakesNoTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 1 << 20})
		stream(t, w, 0, repeated(1, 4)...) // takes no time
		synctest.Wait()
		w.engine.backlog.Add(maxBacklog)
		gate := make(chan struct{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Gate: gate})
		stream(t, w, 4, repeated(2, 36)...)
		synctest.Wait()
		if got := len(w.engine.aside); got != 0 {
			t.Errorf("%d stores have a turn, want none", got)
		}
		close(gate)
		synctest.Wait()
		w.engine.backlog.Add(-maxBacklog)
		if got := w.engine.backlog.Load(); got != 0 {
			t.Errorf("a backlog of %d bytes is left", got)
		}
		w.wantStored(append(repeated(1, 4), repeated(2, 36)...)...)
	})
}

func TestSlowStoresTakeNoTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 1 << 20})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Delay: time.Second})
		stream(t, w, 0, repeated(1, 4)...)
		time.Sleep(2 * time.Second)
		stream(t, w, 4, repeated(2, 36)...)
		time.Sleep(1500 * time.Millisecond)
		w.wantStored(append(repeated(1, 4), repeated(2, 36)...)...)
	})
}

// A store that was quick and then hangs keeps nobody else from being stored.
func TestAStoreThatHangsGivesItsTurnBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 1 << 20})
		stream(t, w, 0, repeated(1, 4)...) // takes no time
		synctest.Wait()
		gate := make(chan struct{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Key: w.array.shared.path + chunkOf(w, 1), Gate: gate})
		stream(t, w, 4, repeated(2, 4)...)
		synctest.Wait()
		if got := len(w.engine.aside); got != 1 {
			t.Errorf("%d stores have a turn, want the one that hangs", got)
		}
		stream(t, w, 8, repeated(3, 32)...)
		time.Sleep(time.Second)
		got := w.stored()
		if want := repeated(3, 32); !slices.Equal(got[8:], want) {
			t.Errorf("%v is stored behind the chunk that hangs, want %v", got[8:], want)
		}
		if len(w.engine.aside) != 0 {
			t.Error("the turn was not given back")
		}
		close(gate)
	})
}

// chunkOf returns the key of a chunk of a line.
func chunkOf(w *writing, cell int64) string {
	return w.window().layout.ds.ChunkKey([]int64{cell})
}

func TestATurnIsNotWaitedForByWhoIsWanted(t *testing.T) {
	a := make(aside, 1)
	one := a.enter(t.Context(), nil)
	wanted := make(chan struct{})
	close(wanted)
	two := a.enter(t.Context(), wanted)
	two.leave() // has none
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	three := a.enter(ctx, nil)
	three.leave()
	if len(a) != 1 {
		t.Fatalf("%d turns are taken, want 1", len(a))
	}
	one.leave()
	one.leave()
	if len(a) != 0 {
		t.Fatalf("%d turns are taken, want none", len(a))
	}
}

// While there is something to be stored, the memory of one layer of chunks is
// kept for the next.
func TestWritersKeepTheirMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(8, 4), limit: 1 << 20, queue: 1 << 20})
		win := w.window()
		defer win.Close()
		limit := func() int64 {
			w.engine.buffers.mu.Lock()
			defer w.engine.buffers.mu.Unlock()
			return w.engine.buffers.limit
		}
		put(t, win, 1, 7)
		if got := limit(); got != recycleWriting {
			t.Errorf("%d bytes are kept, want %d", got, recycleWriting)
		}
		flush(t, win)
		time.Sleep(2 * writingPause)
		synctest.Wait()
		if got := limit(); got != recycleLimit {
			t.Errorf("%d bytes are kept, want %d", got, recycleLimit)
		}
	})
}
