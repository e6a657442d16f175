package arrayview

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// randomView draws a transform over a small finite domain, and the stored box
// that holds all its outputs.
func randomView(t *rapid.T) (*Transform, Box) {
	rank := rapid.IntRange(0, 4).Draw(t, "rank")
	box := NewBox(rank)
	for d := range rank {
		box.Min[d] = rapid.Int64Range(-9, 9).Draw(t, "min")
		box.Shape[d] = rapid.Int64Range(1, 7).Draw(t, "extent")
	}
	v := &Transform{Input: BoxDomain(box), Output: make([]OutputMap, rapid.IntRange(0, 4).Draw(t, "outputs"))}
	for i := range v.Output {
		v.Output[i] = randomMap(t, box)
	}
	stored := NewBox(len(v.Output))
	for i := range v.Output {
		lo, hi, err := v.hull(&v.Output[i], box)
		if err != nil {
			t.Fatal(err)
		}
		stored.Min[i], stored.Shape[i] = lo, hi-lo+1
	}
	return v, stored
}

func randomMap(t *rapid.T, box Box) OutputMap {
	m := OutputMap{Offset: rapid.Int64Range(-20, 20).Draw(t, "offset")}
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	if box.Rank() == 0 || kind == 0 {
		return m
	}
	m.Stride = rapid.Int64Range(-3, 3).Draw(t, "stride")
	if kind < 4 {
		m.Kind, m.Dim = MapInput, rapid.IntRange(0, box.Rank()-1).Draw(t, "dim")
		return m
	}
	a := &IndexArray{Shape: slices.Clone(box.Shape), Min: -Inf, Max: Inf}
	for d := range a.Shape {
		if rapid.Bool().Draw(t, "broadcast") {
			a.Shape[d] = 1
		}
	}
	n, _ := Product(a.Shape)
	for range n {
		a.Values = append(a.Values, rapid.Int64Range(-9, 9).Draw(t, "value"))
	}
	m.Kind, m.Array = MapArray, a
	return m
}

// TestTilesEqualElements walks the tiles of a box and looks at each element.
func TestTilesEqualElements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		view, _ := randomView(t)
		out := view.OutputRank()
		origin, chunk := make([]int64, out), make([]int64, out)
		for i := range chunk {
			origin[i] = rapid.Int64Range(-4, 4).Draw(t, "origin")
			chunk[i] = rapid.Int64Range(1, 6).Draw(t, "chunk")
		}
		box := view.Input.Box()
		for d := range box.Shape {
			cut := rapid.Int64Range(0, box.Shape[d]-1).Draw(t, "cut")
			box.Min[d] += cut
			box.Shape[d] -= cut
		}
		checkTiles(t, NewTiler(view, origin, chunk), box)
	})
}

func checkTiles(t *rapid.T, tiler *Tiler, box Box) {
	view, rank, out := tiler.Transform(), box.Rank(), tiler.Transform().OutputRank()
	order := rapid.Permutation(identityOrder(rank)).Draw(t, "order")
	chunkStrides, strides := make([]int64, out), make([]int64, rank)
	DenseStrides(tiler.chunk, identityOrder(out), 3, chunkStrides)
	tiler.Strides(chunkStrides, strides)
	seen := map[int64]bool{}
	var w Tiles
	w.Reset(tiler, box, order, chunkStrides)
	cell, stored, last := make([]int64, out), make([]int64, out), int64(-1)
	for w.Next() {
		if first := LinearIndex(box, order, w.Min); first <= last {
			t.Fatalf("tile %v is out of order", w.Box)
		} else {
			last = first
		}
		p := slices.Clone(w.Min)
		for more := true; more; more = step(p, w.Box) {
			n := LinearIndex(box, order, p)
			if !box.Contains(p) || seen[n] {
				t.Fatalf("element %v comes twice or is outside", p)
			}
			seen[n] = true
			if err := tiler.Locate(p, cell, stored); err != nil || !slices.Equal(cell, w.Cell) {
				t.Fatalf("element %v lies in cell %v, its tile says %v (%v)", p, cell, w.Cell, err)
			}
			want, got := int64(0), w.Offset
			for i := range stored {
				want += (stored[i] - tiler.origin[i] - cell[i]*tiler.chunk[i]) * chunkStrides[i]
			}
			for d := range p {
				got += (p[d] - w.Min[d]) * strides[d]
			}
			if got != want {
				t.Fatalf("element %v of tile %v: offset %d, want %d", p, w.Box, got, want)
			}
		}
	}
	if n, _ := box.Elements(); w.Err() != nil || int64(len(seen)) != n {
		t.Fatalf("%d of %d elements of %v %v, error %v", len(seen), n, box, view.Output, w.Err())
	}
}

// TestSegmentsAreMaximal checks that no segment could be longer.
func TestSegmentsAreMaximal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := OutputMap{Kind: MapInput, Offset: rapid.Int64Range(-99, 99).Draw(t, "offset"), Stride: rapid.Int64Range(-4, 4).Draw(t, "stride")}
		view := &Transform{Input: BoxDomain(Box{[]int64{-50}, []int64{100}}), Output: []OutputMap{m}}
		tiler := NewTiler(view, []int64{rapid.Int64Range(-5, 5).Draw(t, "origin")}, []int64{rapid.Int64Range(1, 20).Draw(t, "chunk")})
		x := rapid.Int64Range(-50, 49).Draw(t, "index")
		lo, hi := tiler.Segment(0, x)
		cellOf := func(x int64) int64 {
			var cell, stored [1]int64
			tiler.Locate([]int64{x}, cell[:], stored[:])
			return cell[0]
		}
		for y := int64(-50); y < 50; y++ {
			if (y >= lo && y < hi) != (cellOf(y) == cellOf(x)) {
				t.Fatalf("segment [%d, %d) of %d, but %d lies in cell %d and it in %d", lo, hi, x, y, cellOf(y), cellOf(x))
			}
		}
	})
}

func TestTilesStopAtABadIndex(t *testing.T) {
	a := &IndexArray{Shape: []int64{3}, Values: []int64{0, 7, 1}, Min: 0, Max: 5}
	view := &Transform{Input: BoxDomain(Box{[]int64{0}, []int64{3}}), Output: []OutputMap{{Kind: MapArray, Stride: 1, Array: a}}}
	var w Tiles
	w.Reset(NewTiler(view, []int64{0}, []int64{4}), view.Input.Box(), []int{0}, []int64{1})
	n := 0
	for w.Next() {
		n++
	}
	if n != 1 || w.Err() == nil {
		t.Errorf("got %d tiles and %v, want one and an error", n, w.Err())
	}
}

func cubeView(side, chunk int64) (*Tiler, Box) {
	box := Box{make([]int64, 3), []int64{side, side, side}}
	return NewTiler(Identity(BoxDomain(box)), []int64{0, 0, 0}, []int64{chunk, chunk, chunk}), box
}

func TestTilesDoNotAllocate(t *testing.T) {
	tiler, box := cubeView(64, 16)
	var w Tiles
	order, strides := []int{0, 1, 2}, []int64{256, 16, 1}
	walk := func() {
		w.Reset(tiler, box, order, strides)
		for w.Next() {
		}
	}
	walk()
	if n := testing.AllocsPerRun(10, walk); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkTiles(b *testing.B) {
	tiler, box := cubeView(512, 64)
	var w Tiles
	n := 0
	for b.Loop() {
		w.Reset(tiler, box, []int{0, 1, 2}, []int64{4096, 64, 1})
		for n = 0; w.Next(); n++ {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/tile")
}
