package format

import (
	"fmt"
	"io"

	"tsmount/arrayview"
)

// PartKind tells where the bytes of a Part come from.
type PartKind uint8

const (
	// PartBytes are constant bytes of the header or the trailer.
	PartBytes PartKind = iota
	// PartBox are all the elements of a box, in the layout's order.
	PartBox
	// PartElement are some bytes of one element.
	PartElement
)

// Part is a piece of a byte range of a file.
type Part struct {
	Kind  PartKind
	At, N int64         // bytes [At, At+N) of the requested range
	Bytes []byte        // PartBytes: what they are
	Box   arrayview.Box // PartBox, PartElement: of the view
	Skip  int           // PartElement: bytes of the element before the first one
}

// Parts cuts the bytes [off, off+n) of the file, clipped to its end, into parts
// in file order: at most 2*rank-1 boxes, and a single element at either end of
// the payload where the range begins or ends inside it. The parts replace those
// of dst, whose memory is reused. off and n must not be negative.
func (l *Layout) Parts(dst []Part, off, n int64) []Part {
	s := splitter{l: l, parts: dst[:0], off: off, end: l.Size}
	if n < l.Size-off {
		s.end = off + n
	}
	head := int64(len(l.Header))
	s.constant(0, l.Header)
	s.payload(head)
	s.constant(head+l.Payload, l.Trailer)
	return s.parts
}

type splitter struct {
	l        *Layout
	parts    []Part
	off, end int64
	boxes    []arrayview.Box
}

// constant adds what the range takes of text, which begins at the given place.
func (s *splitter) constant(begin int64, text []byte) {
	lo, hi := max(s.off, begin), min(s.end, begin+int64(len(text)))
	if lo < hi {
		s.push(Part{Kind: PartBytes, At: lo - s.off, N: hi - lo, Bytes: text[lo-begin : hi-begin]})
	}
}

// payload adds what the range takes of the elements, which begin at begin.
func (s *splitter) payload(begin int64) {
	lo, hi := max(s.off, begin)-begin, min(s.end, begin+s.l.Payload)-begin
	e := int64(s.l.ElemSize)
	if lo < hi && lo%e != 0 {
		next := min(hi, lo-lo%e+e)
		s.element(begin, lo, next)
		lo = next
	}
	if lo >= hi {
		return
	}
	at := begin + lo - s.off
	s.boxes = arrayview.LinearBoxes(s.boxes, s.l.View, s.l.Order, lo/e, hi/e)
	for _, b := range s.boxes {
		count, _ := b.Elements()
		s.push(Part{Kind: PartBox, At: at, N: count * e, Box: b})
		at += count * e
	}
	if hi%e != 0 {
		s.element(begin, hi-hi%e, hi)
	}
}

// element adds bytes [lo, hi) of the payload, which lie in one element.
func (s *splitter) element(begin, lo, hi int64) {
	e := int64(s.l.ElemSize)
	box := arrayview.NewBox(len(s.l.Order))
	arrayview.LinearPoint(s.l.View, s.l.Order, lo/e, box.Min)
	for d := range box.Shape {
		box.Shape[d] = 1
	}
	s.push(Part{Kind: PartElement, At: begin + lo - s.off, N: hi - lo, Box: box, Skip: int(lo % e)})
}

func (s *splitter) push(p Part) { s.parts = append(s.parts, p) }

// ReadElements fills dst with the elements of a box of the view: dense, in the
// layout's order and byte order.
type ReadElements func(box arrayview.Box, dst []byte) error

// ReadAt reads the file at off as io.ReaderAt does: all of dst, or io.EOF with
// what there is before the end, or the error of read with what lies before it.
func (l *Layout) ReadAt(dst []byte, off int64, read ReadElements) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("negative offset %d", off)
	}
	n := 0
	for _, p := range l.Parts(nil, off, int64(len(dst))) {
		if err := l.readPart(dst[p.At:p.At+p.N], p, read); err != nil {
			return n, err
		}
		n += int(p.N)
	}
	if n < len(dst) {
		return n, io.EOF
	}
	return n, nil
}

func (l *Layout) readPart(dst []byte, p Part, read ReadElements) error {
	switch p.Kind {
	case PartBox:
		return read(p.Box, dst)
	case PartElement:
		element := make([]byte, l.ElemSize)
		if err := read(p.Box, element); err != nil {
			return err
		}
		copy(dst, element[p.Skip:])
	default:
		copy(dst, p.Bytes)
	}
	return nil
}
