package cache

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// drawMask returns a mask for n bytes, of runs or of bits, and the same as one bool
// a byte; sometimes nil.
func drawMask(rt *rapid.T, name string, n int64) (*mask, []bool) {
	naive := make([]bool, n)
	if rapid.IntRange(0, 4).Draw(rt, name+" nil") == 0 {
		return nil, naive
	}
	m := newMask(n, newBuffers(0))
	longest := rapid.SampledFrom([]int64{1, 3, n}).Draw(rt, "longest")
	for range rapid.IntRange(0, 8*int(min(n/longest, 8))).Draw(rt, name) {
		lo := rapid.Int64Range(0, n).Draw(rt, "lo")
		hi := rapid.Int64Range(lo, min(n, lo+longest)).Draw(rt, "hi")
		m.set(lo, hi-lo)
		for i := lo; i < hi; i++ {
			naive[i] = true
		}
	}
	return m, naive
}

func all(list []bool) bool { return !slices.Contains(list, false) }

func TestMaskModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(1, 300).Draw(rt, "bytes")
		m, naive := drawMask(rt, "m", n)
		o, other := drawMask(rt, "o", n)
		if m.full() != (m != nil && all(naive)) {
			rt.Errorf("full: got %v of %v", m.full(), naive)
		}
		lo := rapid.Int64Range(0, n).Draw(rt, "lo")
		hi := rapid.Int64Range(lo, n).Draw(rt, "hi")
		if m != nil && m.has(lo, hi-lo) != all(naive[lo:hi]) {
			rt.Errorf("has %d..%d of %v", lo, hi, naive)
		}
		dst, src := bytes.Repeat([]byte{1}, int(n)), bytes.Repeat([]byte{2}, int(n))
		fillGaps(dst, src, m, o)
		for i, b := range dst {
			if (b == 1) != (naive[i] || other[i]) {
				rt.Fatalf("byte %d after fillGaps is %d; marked %v, %v", i, b, naive[i], other[i])
			}
		}
		if m == nil {
			return
		}
		m.add(o)
		for i := range n {
			if m.has(i, 1) != (naive[i] || other[i]) {
				rt.Fatalf("bit %d after add", i)
			}
		}
	})
}

// drawArea returns an area whose elements do not overlap, and the bytes of a
// chunk that holds it.
func drawArea(rt *rapid.T) (a area, n int64) {
	a.elem = rapid.SampledFrom([]int64{1, 2, 3, 8, 16}).Draw(rt, "elem")
	rank := rapid.IntRange(0, 4).Draw(rt, "rank")
	a.shape, a.strides = make([]int64, rank), make([]int64, rank)
	step := a.elem
	for _, d := range rapid.Permutation(iota4[:rank]).Draw(rt, "order") {
		extent := rapid.Int64Range(1, 5).Draw(rt, "extent")
		every := rapid.Int64Range(1, 2).Draw(rt, "every")
		a.shape[d] = rapid.Int64Range(0, (extent+every-1)/every).Draw(rt, "count")
		a.strides[d] = step * every
		if step *= extent; rapid.IntRange(0, 2).Draw(rt, "reversed") == 0 {
			a.off += a.strides[d] * max(0, a.shape[d]-1)
			a.strides[d] = -a.strides[d]
		}
	}
	return a, step
}

var iota4 = []int{0, 1, 2, 3}

// each marks the bytes of the area one by one.
func (a area) each(mark func(at int64)) {
	b := arrayview.NewBox(len(a.shape))
	copy(b.Shape, a.shape)
	for at := range indices(b) {
		off := a.off
		for d, x := range at {
			off += x * a.strides[d]
		}
		for i := range a.elem {
			mark(off + i)
		}
	}
}

func TestAreaModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, n := drawArea(rt)
		naive := make([]bool, n)
		a.each(func(at int64) { naive[at] = true })
		got := make([]int, n)
		a.runs(func(lo, count int64) bool {
			for i := lo; i < lo+count; i++ {
				got[i]++
			}
			return true
		})
		for i, in := range naive {
			if in && got[i] != 1 || !in && got[i] != 0 {
				rt.Fatalf("%+v: byte %d is in %d runs, want %v", a, i, got[i], in)
			}
		}
		m, one := drawMask(rt, "m", n)
		o, two := drawMask(rt, "o", n)
		covered := true
		a.each(func(at int64) { covered = covered && (one[at] || two[at]) })
		if covers(m, o, a) != covered {
			rt.Errorf("covers: got %v, want %v", !covered, covered)
		}
		if m != nil {
			m.mark(a)
			for i := range n {
				if m.has(i, 1) != (one[i] || naive[i]) {
					rt.Fatalf("byte %d after mark", i)
				}
			}
		}
	})
}

// drawGrid returns a schema of a rank with a domain that need not begin at 0.
func drawGrid(rt *rapid.T, rank int) *drivers.Schema {
	s := &drivers.Schema{DType: arrayview.Uint16, GridOrigin: make([]int64, rank), Clipped: rapid.Bool().Draw(rt, "clipped")}
	b := arrayview.NewBox(rank)
	for d := range rank {
		s.GridOrigin[d] = rapid.Int64Range(-3, 3).Draw(rt, "origin")
		s.Chunk = append(s.Chunk, rapid.Int64Range(1, 4).Draw(rt, "chunk"))
		s.InnerOrder = append(s.InnerOrder, d)
		b.Min[d] = s.GridOrigin[d] + rapid.Int64Range(0, 2).Draw(rt, "gap")
		b.Shape[d] = rapid.Int64Range(1, 9).Draw(rt, "extent")
	}
	s.Domain, s.WriteChunk = arrayview.BoxDomain(b), s.Chunk
	return s
}

// drawRegion returns a view of the domain and what it shows.
func drawRegion(rt *rapid.T, s *drivers.Schema) *arrayview.Transform {
	t := &arrayview.Transform{}
	var shape []int64
	for d := range s.Rank() {
		lo, hi := s.Domain.Min[d], s.Domain.Max[d]
		first := rapid.Int64Range(lo, hi-1).Draw(rt, "first")
		if rapid.IntRange(0, 3).Draw(rt, "constant") == 0 {
			t.Output = append(t.Output, arrayview.OutputMap{Offset: first})
			continue
		}
		step := rapid.SampledFrom([]int64{1, 1, 2, 5, -1, -2}).Draw(rt, "step")
		room := hi - 1 - first
		if step < 0 {
			room = first - lo
		}
		n := rapid.Int64Range(1, room/max(step, -step)+1).Draw(rt, "count")
		t.Output = append(t.Output, arrayview.OutputMap{Kind: arrayview.MapInput, Offset: first, Stride: step, Dim: len(shape)})
		shape = append(shape, n)
	}
	b := arrayview.NewBox(len(shape))
	copy(b.Shape, shape)
	t.Input = arrayview.BoxDomain(b)
	return t
}

// shown returns the indices that a view shows, as text.
func shown(rt *rapid.T, t *arrayview.Transform) map[[2]int64]bool {
	set := map[[2]int64]bool{}
	for at := range indices(t.Input.Box()) {
		var stored [2]int64
		if err := t.Apply(at, stored[:t.OutputRank()]); err != nil {
			rt.Fatal(err)
		}
		set[stored] = true
	}
	return set
}

func TestRegionModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawGrid(rt, rapid.IntRange(1, 2).Draw(rt, "rank"))
		v := drawRegion(rt, s)
		g, ok := regionOf(v)
		if !ok {
			rt.Fatalf("%+v is no region", v)
		}
		set, seen := shown(rt, v), 0
		cells := g.cells(s)
		for cell := range indices(s.GridBox()) {
			a, at, whole := g.part(s, cell)
			bytes, all := map[int64]bool{}, true
			box := s.CellBox(cell)
			for i := range indices(box) {
				var key [2]int64
				copy(key[:], i)
				off := int64(0)
				for d, x := range i {
					off += (x - box.Min[d]) * s.ChunkStrides()[d]
				}
				inside := s.Domain.Box().Contains(i)
				all = all && (set[key] || !inside && s.Clipped)
				if set[key] {
					seen++
					bytes[off], bytes[off+1] = true, true
				}
			}
			n := 0
			a.each(func(x int64) {
				n++
				if !bytes[x] {
					rt.Fatalf("cell %v: byte %d is not of the view", cell, x)
				}
			})
			if n != len(bytes) || whole != all || n > 0 && !cells.Contains(cell) {
				rt.Fatalf("cell %v: %d bytes, whole %v, in %v; want %d, %v", cell, n, whole, cells, len(bytes), all)
			}
			if n > 0 {
				var key [2]int64
				copy(key[:], at)
				if !set[key] {
					rt.Fatalf("cell %v: begins at %v, which the view does not show", cell, at)
				}
			}
		}
		if seen != len(set) {
			rt.Fatalf("%d of %d elements are in cells", seen, len(set))
		}
		other := drawRegion(rt, s)
		o, _ := regionOf(other)
		within := true
		for key := range shown(rt, other) {
			within = within && set[key]
		}
		if g.holds(o) != within || !g.holds(g) {
			rt.Fatalf("%+v holds %+v: got %v, want %v", g, o, g.holds(o), within)
		}
	})
}
