package cache

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// readEach reads one element of each chunk by a file of its own, so that
// nothing stays in use.
func readEach(t *testing.T, r *rig, chunks, size int64) {
	t.Helper()
	for c := range chunks {
		w := r.window()
		if _, err := read(t.Context(), w, time.Time{}, c*size+1, 1); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if s := r.pool.Stats(); s.Bytes+s.InUse > max(s.Limit, s.InUse) {
			t.Fatalf("after chunk %d: %d bytes kept, %d in use, limit %d", c, s.Bytes, s.InUse, s.Limit)
		}
	}
}

func TestCleanChunksNeverExceedTheLimit(t *testing.T) {
	s := newSpy()
	s.put(line(40000, 10), counting) // 4,000 chunks of 20 bytes
	r := newRig(t, s, Config{}, 1000)
	readEach(t, r, 4000, 10)
	if got := r.pool.Stats(); got.Bytes+got.InUse > 1000 || got.Bytes < 940 || got.Evictions == 0 {
		t.Errorf("got %+v, want as many chunks kept as fit beside the metadata", got)
	}
	before := s.reads.Load()
	readEach(t, r, 1, 10)
	if s.reads.Load() == before {
		t.Error("the first chunk is still cached: the oldest were not evicted")
	}
}

func TestLimitZeroKeepsNothingBeyondUse(t *testing.T) {
	s := newSpy()
	s.put(line(100, 10), counting)
	r := newRig(t, s, Config{}, 0)
	readEach(t, r, 10, 10)
	if got := r.pool.Stats(); got.Bytes != 0 || got.Entries != 0 {
		t.Errorf("got %+v, want nothing kept", got)
	}
}

func TestChunksInUseAreCountedAndStay(t *testing.T) {
	s := newSpy()
	s.put(line(100, 10), counting)
	r := newRig(t, s, Config{}, 40)
	w := r.window()
	for i := range int64(100) { // one element at a time, pool for two chunks
		if got, err := read(t.Context(), w, time.Time{}, i, 1); err != nil || got[0] != uint16(i) {
			t.Fatalf("element %d: got %v, %v", i, got, err)
		}
	}
	if n := s.values.Load(); n != 10 {
		t.Errorf("%d chunks were loaded, want each of the 10 once", n)
	}
}

func TestMissingChunksWeighNothingAndAreBounded(t *testing.T) {
	s := newSpy()
	s.put(line(100, 10), func([]int64) (uint16, bool) { return 0, false })
	r := newRig(t, s, Config{}, 10) // less than one chunk
	readEach(t, r, 10, 10)
	readEach(t, r, 10, 10)
	if n := s.reads.Load(); n != 10 {
		t.Errorf("got %d reads, want 10: missing chunks are remembered though the pool is small", n)
	}
	p := newPool(10, 0)
	tbl := newTable(p, 0, nil)
	for i := range maxMissing + 1000 {
		e := tbl.pin([]byte{byte(i), byte(i >> 8), byte(i >> 16)}, func(string) loadFunc { return nil })
		p.mu.Lock()
		e.flight = nil
		p.publish(e, loaded{})
		p.mu.Unlock()
		e.unpin()
	}
	if n := p.missing.Len(); n != maxMissing || len(tbl.entries) != maxMissing {
		t.Errorf("%d missing entries are remembered, want %d", n, maxMissing)
	}
}

func TestTwoOpensOfOneArrayShareChunks(t *testing.T) {
	s := newSpy()
	s.put(line(10, 10), counting)
	r := newRig(t, s, Config{}, 1000)
	readEach(t, r, 1, 10)
	second, err := r.engine.Open(t.Context(), r.request())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	st, err := second.State(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := second.Window(st, View{Transform: st.Transform, Order: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := read(t.Context(), w, time.Time{}, 0, 10); err != nil {
		t.Fatal(err)
	}
	if n := s.reads.Load(); n != 1 {
		t.Errorf("got %d reads, want 1", n)
	}
}

func TestBudgetIsFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("test", 10)
		must := func(err error) {
			if err != nil {
				t.Error(err)
			}
		}
		must(b.reserve(t.Context(), 8))
		order := make(chan int, 3)
		for i, n := range []int64{25, 1, 1} { // the first one is larger than the budget
			go func() {
				must(b.reserve(t.Context(), n))
				order <- i
				time.Sleep(time.Second)
				b.release(n)
			}()
			synctest.Wait()
		}
		if b.try(1) {
			t.Error("somebody overtook the queue")
		}
		b.release(8)
		if first := <-order; first != 0 {
			t.Errorf("request %d came first, want the large one", first)
		}
		<-order
		<-order
		time.Sleep(2 * time.Second)
		if now, peak := b.used(); now != 0 || peak != 25 {
			t.Errorf("got %d now, peak %d", now, peak)
		}
	})
}

func TestABudgetClaimThatGivesUpFreesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget("test", 10)
		if err := b.reserve(t.Context(), 8); err != nil {
			t.Fatal(err)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		gone, small := make(chan error, 1), make(chan error, 1)
		go func() { gone <- b.reserve(impatient, 9) }()
		synctest.Wait()
		go func() { small <- b.reserve(t.Context(), 2) }()
		if err := <-gone; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := <-small; err != nil {
			t.Error(err)
		}
	})
}

func TestBuffersAreRecycledAndPoisonedReferencesPanic(t *testing.T) {
	p := newBuffers(1 << 20)
	a := p.get(1000)
	a.keep()
	a.drop()
	if b := p.get(1000); b == a {
		t.Fatal("a buffer in use was handed out again")
	}
	a.drop()
	if b := p.get(990); b != a {
		t.Error("the buffer was not recycled")
	}
	var many []*buffer
	for range 100 {
		many = append(many, p.get(1<<20))
	}
	for _, b := range many {
		b.drop()
	}
	if p.held > p.limit {
		t.Errorf("%d bytes held, limit %d", p.held, p.limit)
	}
	for _, n := range []int{1, 511, 513, 1 << 20, 1<<20 + 1, 3<<20 - 5} {
		if c := sizeClass(n); c < n || c > max(minClass, n+n/8+1) || sizeClass(c) != c {
			t.Errorf("size class of %d is %d", n, c)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("dropping too often went unnoticed")
		}
	}()
	x := newBuffers(0).get(10)
	x.drop()
	x.drop()
}
