package drivertest

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// expected holds the elements that must be read, in C order over the domain.
type expected struct {
	data    []byte
	size    int64   // bytes per element
	strides []int64 // bytes
	domain  arrayview.Box
}

// loadExpected reads the .npy file of a case.
func loadExpected(t *testing.T, a *array, s *drivers.Schema, name string) expected {
	t.Helper()
	data, elements, err := readNpy(name)
	if err != nil {
		t.Fatal(err)
	}
	e := expected{data: data, size: int64(s.DType.Size()), domain: s.Domain.Box()}
	n, err := e.domain.Elements()
	if err != nil || n*e.size != int64(len(data)) || elements*e.size != int64(len(data)) && elements != 0 {
		t.Fatalf("%s holds %d elements in %d bytes, the array has %d", name, elements, len(data), n)
	}
	signExtend(e.data, s.DType)
	e.strides = make([]int64, e.domain.Rank())
	step := e.size
	for d := e.domain.Rank() - 1; d >= 0; d-- {
		e.strides[d] = step
		step *= e.domain.Shape[d]
	}
	return e
}

// signExtend gives int2 and int4 elements the one form that a decoded chunk has,
// whatever their unused bits are in the file.
func signExtend(data []byte, t arrayview.DType) {
	shift := map[arrayview.DType]int{arrayview.Int2: 6, arrayview.Int4: 4}[t]
	for i, x := range data {
		if shift > 0 {
			data[i] = byte(int8(x<<shift) >> shift)
		}
	}
}

// points yields the indices of a box. The slice is reused.
func points(b arrayview.Box) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		if b.Empty() {
			return
		}
		p := slices.Clone(b.Min)
		for yield(p) {
			d := b.Rank() - 1
			for ; d >= 0; d-- {
				if p[d]++; p[d] < b.Max(d) {
					break
				}
				p[d] = b.Min[d]
			}
			if d < 0 {
				return
			}
		}
	}
}

// cells yields the cells of the grid. The slice is reused.
func cells(s *drivers.Schema) iter.Seq[[]int64] { return points(s.GridBox()) }

// visible is what a cell shows: the clipped box, and the element of a decoded
// chunk that stands at a point.
type visible struct {
	schema *drivers.Schema
	box    arrayview.Box // clipped to the domain
	origin []int64       // of the cell
	size   int64
	inner  []int64 // byte strides
}

func visibleIn(s *drivers.Schema, cell []int64) visible {
	full := s.CellBox(cell)
	return visible{
		schema: s, box: full.Intersect(s.Domain.Box()), origin: full.Min,
		size: int64(s.DType.Size()), inner: s.ChunkStrides(),
	}
}

// element returns the element of a decoded chunk at p.
func (v visible) element(chunk []byte, p []int64) []byte {
	at := v.schema.Component.Offset
	for d := range p {
		at += (p[d] - v.origin[d]) * v.inner[d]
	}
	return chunk[at : at+v.size]
}

// fill returns the fill value at p.
func (v visible) fill(p []int64) []byte {
	at := int64(0)
	for d, stride := range v.schema.FillStrides() {
		at += (p[d] - v.origin[d]) * stride
	}
	return v.schema.Fill[at : at+v.size]
}

// at returns the expected element at p.
func (e expected) at(p []int64) []byte {
	at := int64(0)
	for d := range p {
		at += (p[d] - e.domain.Min[d]) * e.strides[d]
	}
	return e.data[at : at+e.size]
}

// compare checks the elements of a cell; chunk is nil for a missing one. In
// lossy cases it adds to the error sum instead.
func (e expected) compare(v visible, chunk []byte, lossy *squares) error {
	for p := range points(v.box) {
		got := v.fill(p)
		if chunk != nil {
			got = v.element(chunk, p)
		}
		want := e.at(p)
		if lossy != nil {
			lossy.add(float64(got[0]) - float64(want[0]))
		} else if !bytes.Equal(got, want) {
			return fmt.Errorf("element %v: got %x, want %x", p, got, want)
		}
	}
	return nil
}

// squares sums up squared errors of bytes.
type squares struct{ sum, n float64 }

func (s *squares) add(d float64) { s.sum, s.n = s.sum+d*d, s.n+1 }

func (s *squares) root() float64 { return math.Sqrt(s.sum / max(s.n, 1)) }

// sameElements compares what two decoded chunks show.
func sameElements(v visible, a, b []byte) error {
	for p := range points(v.box) {
		if x, y := v.element(a, p), v.element(b, p); !bytes.Equal(x, y) {
			return fmt.Errorf("element %v: got %x, want %x", p, x, y)
		}
	}
	return nil
}
