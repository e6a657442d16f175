package cache

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

func line(n, chunk int64) gridMeta { return gridMeta{Shape: []int64{n}, Chunk: []int64{chunk}} }

func TestFiftyReadersOfAChunkMakeOneLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.put(line(10, 10), counting)
		s.delay = time.Second
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		bound := time.Now()
		results := make(chan error, 50)
		for range 50 {
			go func() {
				got, err := read(t.Context(), w, bound, 3, 4)
				if err == nil && !slices.Equal(got, []uint16{3, 4, 5, 6}) {
					err = errors.New("wrong elements")
				}
				results <- err
			}()
		}
		for range 50 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := s.reads.Load(); n != 1 {
			t.Errorf("got %d reads, want 1", n)
		}
	})
}

func TestAWaiterThatLeavesKillsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.put(line(10, 10), counting)
		s.delay = time.Second
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		began := time.Now()
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		patient := make(chan error)
		go func() {
			_, err := read(t.Context(), w, began, 0, 10)
			patient <- err
		}()
		_, err := read(impatient, w, began, 0, 10)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 100*time.Millisecond {
			t.Errorf("got %v after %v, want the deadline after exactly 100 ms", err, time.Since(began))
		}
		if err := <-patient; err != nil {
			t.Errorf("the other reader: %v", err)
		}
		if n := s.reads.Load(); n != 1 {
			t.Errorf("got %d reads, want 1", n)
		}
	})
}

func TestTheLastWaiterToLeaveEndsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.put(line(10, 10), counting)
		s.block = make(chan struct{}) // only a cancelled context ends the read
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := read(ctx, w, time.Now(), 0, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		r.checkIdle()
		close(s.block)
		if got, err := read(t.Context(), w, time.Now(), 9, 1); err != nil || got[0] != 9 {
			t.Errorf("a later reader got %v, %v", got, err)
		}
	})
}

func TestAReaderIsServedOnlyByALoadThatBeganAfterItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.put(line(4, 4), counting)
		s.delay = time.Second
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		early := make(chan error)
		go func() {
			_, err := read(t.Context(), w, time.Now(), 0, 4)
			early <- err
		}()
		time.Sleep(500 * time.Millisecond)
		s.put(line(4, 4), func(at []int64) (uint16, bool) { return uint16(100 + at[0]), true })
		got, err := read(t.Context(), w, time.Now(), 0, 4)
		if err != nil || got[0] != 100 {
			t.Errorf("got %v, %v, want what was stored before the read", got, err)
		}
		<-early
		if n := s.reads.Load(); n != 2 {
			t.Errorf("got %d reads, want 2: the first began too early", n)
		}
	})
}

func TestBoundsDecideWhenAChunkIsRevalidated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.put(line(4, 4), counting)
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		see := func(bound time.Time) uint16 {
			t.Helper()
			got, err := read(t.Context(), w, bound, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			return got[0]
		}
		opened := time.Now()
		see(opened)
		time.Sleep(time.Second)
		s.put(line(4, 4), func([]int64) (uint16, bool) { return 50, true })
		if v := see(time.Time{}); v != 1 {
			t.Errorf("false: got %d, want what was cached first", v)
		}
		if v := see(opened); v != 1 {
			t.Errorf("open: got %d, want what was there at open", v)
		}
		if v := see(time.Now()); v != 50 {
			t.Errorf("true: got %d, want the new value", v)
		}
		if v := see(opened); v != 50 {
			t.Errorf("open after true: got %d, want the newer cached value", v)
		}
		time.Sleep(time.Second)
		before, stats := s.values.Load(), r.pool.Stats()
		see(time.Now())
		after := r.pool.Stats()
		if s.values.Load() != before || after.Unchanged != stats.Unchanged+1 || after.Loads != stats.Loads {
			t.Errorf("an unchanged chunk was transferred again: %+v, then %+v", stats, after)
		}
	})
}

func TestAGlanceTellsThatNothingHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.near = true
		s.put(line(8, 4), func(at []int64) (uint16, bool) { return 7, at[0] < 4 }) // the second chunk is missing
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		see := func(want ...uint16) {
			t.Helper()
			time.Sleep(time.Second)
			got, err := read(t.Context(), w, time.Now(), 0, 8)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v, %v, want %v", got, err, want)
			}
		}
		const f = gridFill
		see(7, 7, 7, 7, f, f, f, f)
		before := s.reads.Load()
		see(7, 7, 7, 7, f, f, f, f)
		if n := s.reads.Load() - before; n != 0 {
			t.Errorf("unchanged: got %d reads, want none", n)
		}
		if st := r.pool.Stats(); st.Unchanged != 2 {
			t.Errorf("got %d chunks unchanged, want 2", st.Unchanged)
		}
		s.put(line(8, 4), func([]int64) (uint16, bool) { return 9, true })
		see(9, 9, 9, 9, 9, 9, 9, 9)
		s.Store.Delete(t.Context(), "c0", kvstore.WriteOptions{})
		see(f, f, f, f, 9, 9, 9, 9)
		w.Close()
		r.checkIdle()
	})
}

func TestMissingChunksObeyTheSameBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		s.put(line(4, 4), func([]int64) (uint16, bool) { return 0, false })
		r := newRig(t, s, Config{}, 1<<20)
		w := r.window()
		opened := time.Now()
		for range 3 {
			if got, err := read(t.Context(), w, opened, 0, 2); err != nil || got[0] != gridFill {
				t.Fatalf("got %v, %v, want the fill value", got, err)
			}
		}
		if n := s.reads.Load(); n != 1 {
			t.Errorf("got %d reads, want 1: a missing chunk is remembered", n)
		}
		time.Sleep(time.Second)
		s.put(line(4, 4), counting)
		if got, _ := read(t.Context(), w, opened, 0, 2); got[1] != gridFill {
			t.Errorf("open: got %v, want what was cached", got)
		}
		if got, _ := read(t.Context(), w, time.Now(), 0, 2); got[1] != 1 {
			t.Errorf("true: got %v, want the chunk that appeared", got)
		}
	})
}

func TestErrorsAreReportedAndNeverCached(t *testing.T) {
	s := newSpy()
	s.put(line(8, 4), counting)
	r := newRig(t, s, Config{}, 1<<20)
	w := r.window()
	s.failing("c1", errors.New("the disk is on fire"))
	buf := make([]byte, 16)
	n, err := w.ReadAt(t.Context(), time.Time{}, 0, buf, nil)
	if err == nil || n != 8 || buf[2] != 1 {
		t.Errorf("got %d bytes and %v, want the 8 bytes before the bad chunk and its error", n, err)
	}
	s.failing("c1", nil)
	if got, err := read(t.Context(), w, time.Time{}, 0, 8); err != nil || got[7] != 7 {
		t.Errorf("got %v, %v: an error was cached", got, err)
	}
	s.Preload(map[string][]byte{"c0": []byte("short")})
	if _, err := read(t.Context(), w, time.Now(), 0, 1); !errors.Is(err, drivers.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
}
