package kvstore

import "fmt"

// ByteRange selects part of a value. The zero ByteRange is the whole value.
type ByteRange struct {
	kind   rangeKind
	lo, hi int64
}

type rangeKind uint8

const (
	rangeAll rangeKind = iota
	rangeSpan
	rangeFrom
	rangeLast
)

// Span selects the bytes [lo, hi).
func Span(lo, hi int64) ByteRange { return ByteRange{rangeSpan, lo, hi} }

// From selects the bytes from lo to the end.
func From(lo int64) ByteRange { return ByteRange{rangeFrom, lo, 0} }

// Last selects the last n bytes.
func Last(n int64) ByteRange { return ByteRange{rangeLast, n, 0} }

// Whole reports whether r selects the whole value.
func (r ByteRange) Whole() bool { return r.kind == rangeAll }

// Resolve returns the bytes [lo, hi) that r selects from a value of size bytes.
// A range that is not inside the value is ErrRange: ranges are never clipped.
func (r ByteRange) Resolve(size int64) (lo, hi int64, err error) {
	switch r.kind {
	case rangeAll:
		return 0, size, nil
	case rangeSpan:
		lo, hi = r.lo, r.hi
	case rangeFrom:
		lo, hi = r.lo, size
	case rangeLast:
		lo, hi = size-r.lo, size
	}
	if lo < 0 || lo > hi || hi > size {
		return 0, 0, fmt.Errorf("%w: %v of %d bytes", ErrRange, r, size)
	}
	return lo, hi, nil
}

// Offsets returns what r asks for without knowing a size: hi is -1 for an open
// end, and lo is negative for the last -lo bytes.
func (r ByteRange) Offsets() (lo, hi int64) {
	switch r.kind {
	case rangeSpan:
		return r.lo, r.hi
	case rangeFrom:
		return r.lo, -1
	case rangeLast:
		return -r.lo, -1
	}
	return 0, -1
}

func (r ByteRange) String() string {
	switch r.kind {
	case rangeSpan:
		return fmt.Sprintf("[%d:%d]", r.lo, r.hi)
	case rangeFrom:
		return fmt.Sprintf("[%d:]", r.lo)
	case rangeLast:
		return fmt.Sprintf("[-%d:]", r.lo)
	}
	return "[:]"
}
