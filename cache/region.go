package cache

import (
	"tsmount/arrayview"
	"tsmount/drivers"
)

// region is the stored indices that a view shows: along each stored dimension
// first, first+step, ..., count of them; step is positive.
type region struct {
	first, step, count []int64
}

// regionOf returns the region of a view, not ok for one that takes indices in no
// such order: with index arrays, or with two stored dimensions along one.
func regionOf(t *arrayview.Transform) (g region, ok bool) {
	n := t.OutputRank()
	g = region{make([]int64, n), make([]int64, n), make([]int64, n)}
	seen := make([]bool, t.Input.Rank())
	for i := range t.Output {
		m := &t.Output[i]
		g.first[i], g.step[i], g.count[i] = m.Offset, 1, 1
		switch {
		case m.Kind == arrayview.MapArray:
			return g, false
		case m.Kind != arrayview.MapInput || m.Stride == 0:
			continue
		case seen[m.Dim]:
			return g, false
		}
		seen[m.Dim] = true
		lo, hi := t.Input.Min[m.Dim], t.Input.Max[m.Dim]-1
		g.first[i], g.step[i], g.count[i] = m.Offset+m.Stride*lo, m.Stride, hi-lo+1
		if m.Stride < 0 {
			g.first[i], g.step[i] = m.Offset+m.Stride*hi, -m.Stride
		}
	}
	return g, true
}

// cells returns the box of cells that hold the region.
func (g region) cells(s *drivers.Schema) arrayview.Box {
	b := arrayview.NewBox(len(g.first))
	for i, first := range g.first {
		lo := floorDiv(first-s.GridOrigin[i], s.Chunk[i])
		hi := floorDiv(first+g.step[i]*(g.count[i]-1)-s.GridOrigin[i], s.Chunk[i])
		b.Min[i], b.Shape[i] = lo, hi-lo+1
	}
	return b
}

// part returns the elements of the region in a cell, as an area of the visible
// component of its chunk and where they begin in the stored domain. whole says
// that they are everything that is stored of the cell: what lies beyond the
// domain is not ours, where formats store it.
func (g region) part(s *drivers.Schema, cell []int64) (a area, at []int64, whole bool) {
	n := len(cell)
	a = area{shape: make([]int64, n), strides: s.ChunkStrides(), off: s.Component.Offset, elem: int64(s.DType.Size())}
	at, whole = make([]int64, n), s.Component.Total == 0
	box := s.CellBox(cell)
	for i := range cell {
		lo, hi := max(box.Min[i], s.Domain.Min[i]), min(box.Max(i), s.Domain.Max[i])
		from := max(0, ceilDiv(lo-g.first[i], g.step[i]))
		to := min(g.count[i], ceilDiv(hi-g.first[i], g.step[i]))
		a.shape[i] = max(0, to-from)
		whole = whole && a.shape[i] == hi-lo && (s.Clipped || hi-lo == s.Chunk[i])
		at[i] = g.first[i] + from*g.step[i]
		a.off += (at[i] - box.Min[i]) * a.strides[i]
		a.strides[i] *= g.step[i]
	}
	return a, at, whole
}

// holds reports whether the region has all elements of o.
func (g region) holds(o region) bool {
	for i := range g.first {
		d := o.first[i] - g.first[i]
		last := d + o.step[i]*(o.count[i]-1)
		if d < 0 || d%g.step[i] != 0 || last/g.step[i] >= g.count[i] || o.count[i] > 1 && o.step[i]%g.step[i] != 0 {
			return false
		}
	}
	return true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }
