package cache

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore/faulty"
)

// scattered writes one element of each chunk by files of their own, so that no
// chunk is complete and none is in use.
func scattered(t testing.TB, w *writing, chunks ...int64) {
	t.Helper()
	for _, c := range chunks {
		if err := scatter(w, c); err != nil {
			t.Fatalf("chunk %d: %v", c, err)
		}
	}
}

func scatter(w *writing, chunk int64) error {
	win := w.part(4*chunk+1, 1, 1)
	defer win.Close()
	return write(win, 0, 100+uint16(chunk))
}

func TestTheQueueStoresTheOldestAndKeepsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 3 * 8})
		w.wantCalls(requests{}, func() { scattered(t, w, 5, 4, 3) })
		w.wantCalls(requests{}, func() { scattered(t, w, 2) }) // admitted at the limit, it then is one too many
		w.wantCalls(requests{reads: 1, writes: 1}, func() {
			scattered(t, w, 1)
			synctest.Wait()
		})
		if got := w.stored(); got[21] != 105 || got[17] == 104 {
			t.Errorf("%v is stored, want chunk 5 alone, the oldest", got)
		}
		if s := w.pool.Stats(); s.Queued != 4*8 || s.Dirty != 4*8 {
			t.Errorf("got %+v, want four chunks", s)
		}
	})
}

func TestAWriterWaitsForTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 8})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Delay: time.Second})
		scattered(t, w, 0, 1)
		began := time.Now()
		scattered(t, w, 2)
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("waited %v, want until the oldest chunk was stored", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		win := w.part(30, 1, 1)
		if err := win.WriteAt(ctx, 0, []byte{1, 0}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		if got, err := read(t.Context(), win, time.Time{}, 0, 1); err != nil || got[0] != 30 {
			t.Errorf("got %v, %v: the bytes of a writer that gave up were taken", got, err)
		}
		if got := w.stored(); got[1] != 100 || got[5] != 101 {
			t.Errorf("%v is stored: whoever leaves must not stop the store", got)
		}
	})
}

func TestChunksInUseAreNotForcedOut(t *testing.T) {
	w := newWriting(t, config{meta: line(40, 4), without: true})
	win := w.window()
	w.wantCalls(requests{}, func() {
		for i := range int64(4) { // byte by byte through two chunks
			put(t, win, i, 50+uint16(i))
		}
	})
	for i := int64(4); i < 40; i++ {
		put(t, win, i, 50+uint16(i))
	}
	flush(t, win)
	if stats := w.engine.Stats(); stats.Stores != 10 || stats.Decodes != 0 {
		t.Errorf("%d chunks stored, %d decoded, want 10 and none", stats.Stores, stats.Decodes)
	}
	if got := w.stored(); got[0] != 50 || got[39] != 89 {
		t.Errorf("%v is stored", got)
	}
}

func TestAFailedStoreIsTheWaitingWritersError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 8})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Err: syscall.ENOSPC})
		scattered(t, w, 0, 1)
		for range 3 {
			calls := w.calls(func() {
				if err := scatter(w, 2); !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("got %v, want ENOSPC", err)
				}
				synctest.Wait()
			})
			if calls.writes != 1 {
				t.Errorf("%d attempts for one write, want 1", calls.writes)
			}
		}
		if got, _ := read(t.Context(), w.window(), time.Time{}, 0, 10); !slices.Equal(got, []uint16{0, 100, 2, 3, 4, 101, 6, 7, 8, 9}) {
			t.Errorf("got %v, want what was accepted and nothing else", got)
		}
		w.heal()
		scattered(t, w, 2)
	})
}

func TestAnArrayThatIsLostMakesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 8})
		other := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 8})
		scattered(t, w, 0, 1, 2)
		r := other.request(false)
		r.Pool = w.pool
		a, err := w.engine.Open(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if _, err := w.mem.Delete(t.Context(), "meta", kvWrite); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		win := windowOf(t, a)
		defer win.Close()
		if err := write(win, 0, 1); err != nil {
			t.Errorf("got %v: the other array is fine", err)
		}
		flush(t, win)
		win.Close()
	})
}

// Chunk 0 cannot be stored. Who finds that out gets the error; after that, writers
// have the others stored.
func TestWritersPassAChunkThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{meta: line(40, 4), limit: 1 << 20, queue: 2 * 8})
		key := w.array.shared.allLayouts()[0].ds.ChunkKey([]int64{0})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Key: key, Err: syscall.ENOSPC})
		scattered(t, w, 0, 1, 2)
		if err := scatter(w, 3); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v, want ENOSPC", err)
		}
		scattered(t, w, 3, 4, 5, 6)
		synctest.Wait()
		if got := w.stored(); got[1] != 1 || got[5] != 101 || got[13] != 103 {
			t.Errorf("%v is stored, want chunks 1 to 3 and not 0", got)
		}
		w.heal()
		flush(t, w.window())
		if got := w.stored(); got[1] != 100 || got[25] != 106 {
			t.Errorf("%v is stored after the store is back", got)
		}
	})
}
