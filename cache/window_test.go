package cache

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// grid2 is a two-dimensional array whose element [y,x] is 100*y+x.
func grid2(ny, nx, cy, cx int64) (gridMeta, func([]int64) (uint16, bool)) {
	return gridMeta{Shape: []int64{ny, nx}, Chunk: []int64{cy, cx}}, func(at []int64) (uint16, bool) { return uint16(100*at[0] + at[1]), true }
}

func TestReadingFrontToBackDecodesEachChunkOnceWhateverThePool(t *testing.T) {
	s := newSpy()
	m, value := grid2(20, 30, 4, 7)
	s.put(m, value)
	r := newRig(t, s, Config{}, 0)
	w := r.window()
	for i := int64(0); i < 600; i += 3 {
		got, err := read(t.Context(), w, time.Time{}, i, 3)
		if err != nil || got[0] != uint16(100*(i/30)+i%30) {
			t.Fatalf("element %d: got %v, %v", i, got, err)
		}
	}
	if n := r.engine.Stats().Decodes; n != 25 {
		t.Errorf("%d decodes, want each of the 25 chunks once", n)
	}
	w.Close()
	r.checkIdle()
}

func TestReadAheadRunsInTheOrderOfTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpy()
		m, value := grid2(200, 300, 10, 10)
		s.put(m, value)
		s.delay = time.Second
		r := newRig(t, s, Config{}, 0)
		w := r.window()
		if _, err := read(t.Context(), w, time.Time{}, 0, 300); err != nil { // one row: 30 chunks
			t.Fatal(err)
		}
		if _, err := read(t.Context(), w, time.Time{}, 300, 300); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(2 * time.Second)
		before := s.reads.Load()
		began := time.Now()
		for y := int64(2); y < 30; y++ {
			if _, err := read(t.Context(), w, time.Time{}, 300*y, 300); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("rows 2..29 waited %v: rows 10..29 were not read ahead", waited)
		}
		if before < 90 {
			t.Errorf("%d chunks were started, want at least those of the next two rows of chunks", before)
		}
	})
}

func TestARandomReadKeepsNothing(t *testing.T) {
	s := newSpy()
	s.put(line(1<<22, 1<<10), counting)
	r := newRig(t, s, Config{}, 0)
	w := r.window()
	for _, at := range []int64{3 << 20, 1 << 20, 2<<20 + 77} {
		if _, err := read(t.Context(), w, time.Time{}, at, 4); err != nil {
			t.Fatal(err)
		}
	}
	if now, _ := r.engine.inUse.used(); now != 0 {
		t.Errorf("%d bytes are kept in use", now)
	}
	if n := s.reads.Load(); n != 3 {
		t.Errorf("%d chunks were read, want 3: nothing is read ahead", n)
	}
}

func TestAReadWhosePositionIsForgottenKeepsNothing(t *testing.T) {
	s := newSpy()
	s.put(line(1<<22, 1<<10), counting)
	r := newRig(t, s, Config{}, 0)
	w := r.window()
	if _, err := read(t.Context(), w, time.Time{}, 0, 10); err != nil {
		t.Fatal(err)
	}
	slow := newReading(w, time.Time{}) // under way while its position is pushed out
	slow.pos, slow.end = w.follow(10, 10), 20
	if _, err := slow.readBox(t.Context(), arrayview.Box{Min: []int64{10}, Shape: []int64{10}}, make([]byte, 20)); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.forget(slow.pos)
	w.mu.Unlock()
	w.advance(slow)
	slow.release()
	w.Close()
	r.checkIdle()
}

func TestARowOfChunksThatDoesNotFitIsReadInParts(t *testing.T) {
	s := newSpy()
	m, value := grid2(4, 1000, 4, 10) // one row of the file touches 100 chunks of 80 bytes
	s.put(m, value)
	r := newRig(t, s, Config{InUseLimit: 800, TransientLimit: 500}, 0)
	w := r.window()
	got, err := read(t.Context(), w, time.Time{}, 0, 4000)
	if err != nil || got[3999] != 100*3+999 {
		t.Fatalf("got %v", err)
	}
	stats := r.engine.Stats()
	if stats.InUsePeak > 800 || stats.TransientPeak > 500 || stats.Unpinned == 0 {
		t.Errorf("got %+v, want the limits kept and the chunks that were not kept counted", stats)
	}
}

func TestShrunkenAndReplacedArrays(t *testing.T) {
	s := newSpy()
	s.put(line(10, 5), counting)
	r := newRig(t, s, Config{}, 1000)
	old := r.state()
	s.Preload(map[string][]byte{"meta": meta(line(20, 5))})
	if st := r.state(); st != old {
		t.Error("an old state was good enough, but it was read again")
	}
	grown, err := r.array.State(t.Context(), time.Now())
	if err != nil || grown.Transform.Input.Max[0] != 20 || grown.Version == old.Version {
		t.Fatalf("got %+v, %v, want the array that has grown", grown, err)
	}
	s.Preload(map[string][]byte{"meta": meta(gridMeta{Shape: []int64{20}, Chunk: []int64{5}, Tag: "other"})})
	if _, err := r.array.State(t.Context(), time.Now()); !errors.Is(err, ErrIncompatible) {
		t.Errorf("got %v, want ErrIncompatible", err)
	}
	second, err := r.engine.Open(t.Context(), r.request())
	if err != nil {
		t.Fatalf("a new open: %v", err)
	}
	second.Close()
	if _, err := s.Delete(t.Context(), "meta", kvWrite); err != nil {
		t.Fatal(err)
	}
	if _, err := r.array.State(t.Context(), time.Now()); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, drivers.ErrNoArray) {
		t.Errorf("got %v, want that there is no array", err)
	}
}

func TestCreateModes(t *testing.T) {
	s := newSpy()
	e := New(Config{})
	defer e.Close()
	req := OpenRequest{Format: gridFormat{}, Store: s, Pool: newPool(0, 0), Bound: time.Now()}
	open := func(m OpenMode) error {
		req.Mode, req.Bound = m, time.Now()
		a, err := e.Open(t.Context(), req)
		if err == nil {
			a.Close()
		}
		return err
	}
	if err := open(OpenMode{Open: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open of nothing: got %v", err)
	}
	if err := open(OpenMode{Open: true, Create: true}); err != nil || s.Len() != 2 {
		t.Errorf("open or create: got %v, %d keys", err, s.Len())
	}
	if err := open(OpenMode{Create: true}); !errors.Is(err, drivers.ErrExists) {
		t.Errorf("create over an array: got %v", err)
	}
	s.Preload(map[string][]byte{"c0": []byte("junk")})
	if err := open(OpenMode{Create: true, DeleteExisting: true}); err != nil || s.Len() != 2 {
		t.Errorf("delete existing: got %v, %d keys", err, s.Len())
	}
}

// TestModel compares random reads of random views under random limits with a
// plain array.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rank := rapid.IntRange(1, 3).Draw(rt, "rank")
		m := gridMeta{}
		for range rank {
			m.Shape = append(m.Shape, rapid.Int64Range(1, 9).Draw(rt, "extent"))
			m.Chunk = append(m.Chunk, rapid.Int64Range(1, 5).Draw(rt, "chunk"))
		}
		seed := rapid.Uint64().Draw(rt, "seed")
		value := func(at []int64) (uint16, bool) {
			h := seed
			for d, x := range at {
				h = (h ^ uint64(x/m.Chunk[d])) * 0x9E3779B97F4A7C15
			}
			if h>>62 == 0 { // a quarter of the chunks is missing
				return gridFill, false
			}
			return uint16(100*at[0] + 10*at[len(at)-1] + at[len(at)/2]), true
		}
		s := newSpy()
		s.put(m, value)
		r := newRig(t, s, Config{InUseLimit: rapid.Int64Range(1, 400).Draw(rt, "in use"), TransientLimit: 200}, rapid.Int64Range(0, 400).Draw(rt, "pool"))
		view := drawView(rt, r.state())
		want := plain(view, value)
		w, err := r.array.Window(r.state(), view)
		if err != nil {
			rt.Fatal(err)
		}
		defer w.Close()
		for range 20 {
			first := rapid.Int64Range(0, int64(len(want))).Draw(rt, "first")
			n := rapid.Int64Range(0, int64(len(want))-first).Draw(rt, "n")
			got, err := read(t.Context(), w, boundOf(rapid.IntRange(0, 1).Draw(rt, "bound")), first, n)
			if err != nil || !slices.Equal(got, want[first:first+n]) {
				rt.Fatalf("elements %d+%d: got %v, %v, want %v", first, n, got, err, want[first:first+n])
			}
		}
	})
}

func boundOf(i int) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Now()
}

// drawView returns a view with strides, reversals, crops, an index array and a
// diagonal now and then, in a random order.
func drawView(rt *rapid.T, st *State) View {
	shape := st.Transform.Input.Box().Shape
	var box []int64
	t := &arrayview.Transform{}
	for _, n := range shape {
		switch rapid.IntRange(0, 3).Draw(rt, "map") {
		case 0: // constant
			t.Output = append(t.Output, arrayview.OutputMap{Offset: rapid.Int64Range(0, n-1).Draw(rt, "offset")})
		case 1: // index array
			a := &arrayview.IndexArray{Min: -arrayview.Inf, Max: arrayview.Inf, Values: rapid.SliceOfN(rapid.Int64Range(0, n-1), 1, 6).Draw(rt, "indices")}
			t.Output = append(t.Output, arrayview.OutputMap{Kind: arrayview.MapArray, Stride: 1, Array: a, Dim: len(box)})
			box = append(box, int64(len(a.Values)))
		default:
			stride := rapid.SampledFrom([]int64{1, 1, 2, -1, -3}).Draw(rt, "stride")
			lo := rapid.Int64Range(0, n-1).Draw(rt, "low")
			size := (n-1-lo)/max(stride, -stride) + 1
			offset := lo
			if stride < 0 {
				offset = lo - stride*(size-1)
			}
			t.Output = append(t.Output, arrayview.OutputMap{Kind: arrayview.MapInput, Offset: offset, Stride: stride, Dim: len(box)})
			box = append(box, size)
		}
	}
	for i := range t.Output {
		if a := t.Output[i].Array; a != nil {
			a.Shape = slices.Repeat([]int64{1}, len(box))
			a.Shape[t.Output[i].Dim] = int64(len(a.Values))
			t.Output[i].Dim = 0
		}
	}
	b := arrayview.NewBox(len(box))
	copy(b.Shape, box)
	t.Input = arrayview.BoxDomain(b)
	order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 0)).Perm(len(box))
	return View{Transform: t, Order: order}
}

// plain computes the elements of the view one by one.
func plain(v View, value func([]int64) (uint16, bool)) []uint16 {
	box := v.Transform.Input.Box()
	n, _ := box.Elements()
	at, stored := make([]int64, box.Rank()), make([]int64, v.Transform.OutputRank())
	out := make([]uint16, n)
	for i := range out {
		arrayview.LinearPoint(box, v.Order, int64(i), at)
		if err := v.Transform.Apply(at, stored); err != nil {
			panic(err)
		}
		out[i], _ = value(stored)
	}
	return out
}
