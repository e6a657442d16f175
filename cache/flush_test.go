package cache

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore/faulty"
)

// rewrite writes a whole chunk by a file of its own, so that it is complete and
// not in use.
func rewrite(t testing.TB, w *writing, chunk int64, v uint16) {
	t.Helper()
	win := w.part(4*chunk, 1, 4)
	defer win.Close()
	put(t, win, 0, repeated(v, 4)...)
}

func TestACompleteChunkIsStoredAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.wantCalls(requests{writes: 1}, func() {
			rewrite(t, w, 1, 50)
			synctest.Wait()
			flush(t, w.window())
		})
		w.wantCalls(requests{}, func() { // a part of it, often
			for i := range uint16(20) {
				scattered(t, w, 1)
				put(t, w.part(5, 1, 1), 0, i)
			}
			synctest.Wait()
		})
	})
}

func TestWhatIsRewrittenDuringAStoreIsStoredAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Delay: time.Second})
		w.wantCalls(requests{writes: 2}, func() {
			rewrite(t, w, 1, 50)
			time.Sleep(time.Millisecond)
			rewrite(t, w, 1, 51)
			rewrite(t, w, 1, 52)
			time.Sleep(time.Minute)
		})
		w.wantStored(with(countUp(16), 4, repeated(52, 4)...)...)
	})
}

func TestFlushWaitsForWhatWasDirtyAndNotForMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Delay: time.Second})
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		done := make(chan struct{})
		go func() { // somebody who never stops
			defer close(done)
			for i := uint16(0); ctx.Err() == nil; i++ {
				rewrite(t, w, 0, i)
				time.Sleep(10 * time.Millisecond)
			}
		}()
		time.Sleep(1500 * time.Millisecond) // in the middle of a store
		put(t, w.part(8, 1, 4), 0, 77)
		put(t, w.part(0, 1, 1), 0, 5000)
		began := time.Now()
		flush(t, w.window())
		if took := time.Since(began); took < time.Second || took > 2*time.Second {
			t.Errorf("the flush took %v, want the run under way and one more", took)
		}
		if got := w.stored(); got[8] != 77 || got[0] == 0 {
			t.Errorf("%v is stored", got)
		}
		stop()
		<-done
	})
}

func TestWhoLeavesAFlushDoesNotStopIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Delay: time.Second})
		win := w.window()
		put(t, win, 0, 9)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := win.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		w.wantStored(with(countUp(16), 0, 9)...)
	})
}

func TestWhatCannotBeStoredStaysAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Err: syscall.ENOSPC})
		win := w.window()
		put(t, win, 2, 9, 9)
		rewrite(t, w, 2, 8)
		for range 2 {
			if err := win.Flush(t.Context()); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("got %v", err)
			}
		}
		want := with(with(countUp(16), 2, 9, 9), 8, repeated(8, 4)...)
		w.wantCalls(requests{reads: 1}, func() { // chunk 0 is known: it was merged
			if got, err := read(t.Context(), w.part(0, 1, 12), time.Time{}, 0, 12); err != nil || got[3] != 9 || got[8] != 8 {
				t.Errorf("got %v, %v", got, err)
			}
			synctest.Wait()
		})
		w.wantCalls(requests{writes: 4}, func() { time.Sleep(61 * time.Second) }) // at 30 and 60 s
		w.heal()
		w.wantCalls(requests{writes: 2}, func() { time.Sleep(30 * time.Second) })
		w.wantStored(want...)
		w.wantCalls(requests{}, func() { flush(t, win) })
		wantRead(t, win, want...)
	})
}

func TestReadersOfWhatCannotBeStoredDoNotStoreIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Err: syscall.EIO})
		rewrite(t, w, 1, 50)
		synctest.Wait()
		w.wantCalls(requests{}, func() {
			for range 10 {
				win := w.part(4, 1, 4)
				wantRead(t, win, 50, 50, 50, 50)
				win.Close()
				synctest.Wait()
			}
		})
		w.heal()
		w.wantCalls(requests{writes: 1}, func() { time.Sleep(31 * time.Second) })
	})
}

func TestALateErrorStoresTwiceAndLosesNothing(t *testing.T) {
	w := newWriting(t, config{})
	win := w.window()
	put(t, win, 1, 70)
	w.store.Add(faulty.Rule{Methods: faulty.Write, Err: syscall.EIO, Late: true, Count: 1})
	if err := win.Flush(t.Context()); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	w.outside(func(o *Window) { put(t, o, 2, 71) })
	flush(t, win)
	w.wantStored(with(countUp(16), 1, 70, 71)...)
	wantRead(t, win, with(countUp(16), 1, 70, 71)...)
}

func TestWhatWasWrittenToAnArrayThatIsGoneIsLost(t *testing.T) {
	for name, gone := range map[string]func(w *writing) error{
		"deleted": func(w *writing) error {
			_, err := w.mem.Delete(context.Background(), "meta", kvWrite)
			return err
		},
		"replaced": func(w *writing) error {
			w.mem.Preload(map[string][]byte{"meta": meta(gridMeta{Shape: []int64{16}, Chunk: []int64{4}, Tag: "new"}), "c1": []byte("theirs")})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWriting(t, config{})
				win, later := w.window(), w.window()
				put(t, win, 0, 9)
				put(t, win, 4, 1, 2, 3, 4)
				if err := w.part(9, 1, 3).Erase(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := gone(w); err != nil {
					t.Fatal(err)
				}
				before, _ := w.mem.Read(t.Context(), "c1", kvRead)
				time.Sleep(2 * time.Second)
				w.wantCalls(requests{}, func() {
					for range 3 { // it stays
						if err := win.Flush(t.Context()); !errors.Is(err, ErrIncompatible) {
							t.Errorf("got %v, want ErrIncompatible", err)
						}
					}
					if err := later.Flush(t.Context()); !errors.Is(err, ErrIncompatible) {
						t.Errorf("another window: got %v", err)
					}
					time.Sleep(time.Hour)
				})
				after, err := w.mem.Read(t.Context(), "c1", kvRead)
				if err != nil || after.Stamp.Generation != before.Stamp.Generation {
					t.Errorf("somebody else's chunk was touched (%v)", err)
				}
				if s := w.engine.Stats(); s.Lost != 3 || w.pool.Stats().Dirty != 0 {
					t.Errorf("%d chunks lost, %d bytes dirty, want 3 and none", s.Lost, w.pool.Stats().Dirty)
				}
				if n := win.layout.unstored.Load(); n != 0 {
					t.Errorf("%d things are still to be stored", n)
				}
			})
		})
	}
}

func TestAnArrayIsOpenUntilItsChunksAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriting(t, config{})
		w.store.Add(faulty.Rule{Methods: faulty.Write, Err: fs.ErrPermission})
		win := w.window()
		put(t, win, 0, 9)
		if err := w.part(8, 1, 8).Erase(t.Context()); err != nil {
			t.Fatal(err)
		}
		win.Close()
		w.array.Close()
		if n := w.engine.Stats().Arrays; n != 1 {
			t.Fatalf("%d arrays are open", n)
		}
		again, err := w.engine.Open(t.Context(), w.request(false))
		if err != nil {
			t.Fatal(err)
		}
		want := with(with(countUp(16), 0, 9), 8, repeated(gridFill, 8)...)
		second := windowOf(t, again)
		wantRead(t, second, want...)
		again.Refresh()
		wantRead(t, second, want...)
		second.Close()
		again.Close()
		w.heal()
		if left := w.array.Drain(t.Context()); len(left) > 0 {
			t.Errorf("%v cannot be stored", left)
		}
		if n := w.engine.Stats().Arrays; n != 0 {
			t.Errorf("%d arrays are open", n)
		}
		w.wantStored(want...)
	})
}
