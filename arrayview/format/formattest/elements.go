package formattest

import (
	"fmt"
	"io"
	"slices"

	"tsmount/arrayview"
	"tsmount/arrayview/format"
)

// elements is the plain array behind a view: little-endian, C order.
type elements struct {
	layout  *format.Layout
	part    int // bytes per scalar
	strides []int64
	data    []byte
}

func newElements(v format.View, l *format.Layout) *elements {
	n, _ := arrayview.Product(v.Shape)
	e := &elements{layout: l, part: v.DType.PartSize(), strides: make([]int64, len(v.Shape)), data: make([]byte, n*int64(l.ElemSize))}
	order := make([]int, len(v.Shape))
	for d := range order {
		order[d] = d
	}
	arrayview.DenseStrides(v.Shape, order, int64(l.ElemSize), e.strides)
	for i := range e.data {
		e.data[i] = byte(i*7 + i>>8)
	}
	return e
}

// at returns the bytes of the element at p, in the file's byte order.
func (e *elements) at(p []int64) []byte {
	off := e.offset(p)
	return e.swapped(e.data[off : off+int64(e.layout.ElemSize)])
}

func (e *elements) offset(p []int64) (off int64) {
	for d, x := range p {
		off += (x - e.layout.View.Min[d]) * e.strides[d]
	}
	return off
}

// swapped exchanges the byte order of an element where the file's is big-endian.
func (e *elements) swapped(element []byte) []byte {
	element = slices.Clone(element)
	if e.layout.BigEndian {
		for i := 0; i < len(element); i += e.part {
			slices.Reverse(element[i : i+e.part])
		}
	}
	return element
}

// payload builds what the file must hold, element by element.
func (e *elements) payload() []byte {
	view := e.layout.View
	n, _ := view.Elements()
	var out []byte
	p := make([]int64, view.Rank())
	for i := range n {
		arrayview.LinearPoint(view, e.layout.Order, i, p)
		out = append(out, e.at(p)...)
	}
	return out
}

// transfer returns the copy between a dense box in the file's order and data,
// and where the box begins in data.
func (e *elements) transfer(box arrayview.Box) (c arrayview.Copy, off int64) {
	c = arrayview.Copy{Shape: box.Shape, DstStrides: make([]int64, box.Rank()), SrcStrides: e.strides, ElemSize: e.layout.ElemSize}
	arrayview.DenseStrides(box.Shape, e.layout.Order, int64(c.ElemSize), c.DstStrides)
	if e.layout.BigEndian {
		c.SwapPart = e.part
	}
	return c, e.offset(box.Min)
}

// read is a format.ReadElements.
func (e *elements) read(box arrayview.Box, dst []byte) error {
	if !e.layout.View.ContainsBox(box) {
		return fmt.Errorf("box %v is outside the view %v", box, e.layout.View)
	}
	c, off := e.transfer(box)
	return c.Run(dst, 0, e.data, off)
}

// write stores the bytes of a part.
func (e *elements) write(p format.Part, src []byte) error {
	if p.Kind == format.PartElement {
		element := e.at(p.Box.Min)
		copy(element[p.Skip:], src)
		copy(e.data[e.offset(p.Box.Min):], e.swapped(element))
		return nil
	}
	c, off := e.transfer(p.Box)
	c.DstStrides, c.SrcStrides = c.SrcStrides, c.DstStrides
	return c.Run(e.data, off, src, 0)
}

// reader reads the file front to back and at any place.
type reader struct {
	layout   *format.Layout
	elements *elements
	pos      int64
}

func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	return r.layout.ReadAt(p, off, r.elements.read)
}

func (r *reader) Read(p []byte) (int, error) {
	if len(p) > 0 && r.pos >= r.layout.Size {
		return 0, io.EOF
	}
	n, err := r.ReadAt(p, r.pos)
	r.pos += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}
