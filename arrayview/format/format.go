// Package format describes arrays as files: for each file format the header, the
// order of the payload and the size, and how byte ranges of the file correspond
// to boxes of the view. It is pure: no I/O, no locks; elements come from and go
// to whoever holds them.
//
// Laws:
//
//   - A layout is a function of the View alone: two mounts of the same array
//     show the same bytes.
//   - Sizes are checked for overflow; a file whose size does not fit int64 is
//     not offered.
//   - A view that a format cannot hold exactly is refused with an *Unfit that
//     says why. Nothing is ever rounded, widened or truncated to fit.
package format

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"

	"tsmount/arrayview"
)

// View is what formats may know of an array or a part of it. All slices have one
// entry per dimension of the view.
type View struct {
	DType         arrayview.DType
	Shape, Origin []int64
	Labels        []string // "" = unlabelled
	// InnerOrder lists the dimensions from slowest to fastest as the chunks
	// hold them.
	InnerOrder []int
	Units      []Unit // nil, or one per dimension
	Fill       []byte // the fill value: one element, little-endian; nil: zero
}

// Unit is the size of one step along a dimension: Multiplier times Base. An
// empty Base with Multiplier 0 is unknown.
type Unit struct {
	Multiplier float64
	Base       string // "nm", "s", ...
}

// Format is one file format. Implementations are stateless.
type Format interface {
	// Ext returns the file name extension without its dot.
	Ext() string
	// Layout returns how the view is laid out, or an *Unfit error when this
	// format cannot hold it.
	Layout(View) (Layout, error)
}

// Unfit says why a format cannot hold a view.
type Unfit struct {
	Ext, Reason string
}

func (e *Unfit) Error() string { return e.Ext + ": " + e.Reason }

// Layout is a view as a file: Header, then Payload bytes of elements, then
// Trailer. Layouts are immutable and may be shared.
type Layout struct {
	Header []byte
	// View is the box of the view, in its own coordinates, that the payload
	// holds.
	View arrayview.Box
	// Order lists the view's dimensions from slowest to fastest in the payload.
	Order     []int
	BigEndian bool
	ElemSize  int   // bytes per element
	Payload   int64 // bytes
	Trailer   []byte
	Size      int64 // bytes of the whole file

	// equivalent, when set, reports whether another header of the same length
	// means the same.
	equivalent func(header []byte) bool
}

// newLayout returns the layout of a view with the given header and order.
func newLayout(ext string, v View, header []byte, order []int) (Layout, error) {
	size := v.DType.Size()
	n, err := arrayview.Product(v.Shape)
	if err != nil || n > (math.MaxInt64-int64(len(header)))/int64(size) {
		return Layout{}, &Unfit{ext, "its size does not fit 64 bits"}
	}
	view := arrayview.NewBox(len(v.Shape))
	copy(view.Min, v.Origin)
	copy(view.Shape, v.Shape)
	return Layout{
		Header: header, View: view, Order: order, ElemSize: size,
		Payload: n * int64(size), Size: int64(len(header)) + n*int64(size),
	}, nil
}

// CheckHeader judges a complete header that somebody wrote in place of ours. It
// is accepted when it is equal or, in formats that say so, means the same;
// otherwise the error is fs.ErrInvalid.
func (l *Layout) CheckHeader(header []byte) error {
	if bytes.Equal(header, l.Header) || len(header) == len(l.Header) && l.equivalent != nil && l.equivalent(header) {
		return nil
	}
	return fmt.Errorf("header describes another file: %w", fs.ErrInvalid)
}
