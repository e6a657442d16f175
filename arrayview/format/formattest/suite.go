// Package formattest is the conformance suite of file formats: what every
// format.Format must do, whatever it is called.
package formattest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"testing/iotest"

	"tsmount/arrayview"
	"tsmount/arrayview/format"
)

// windowLimit is the largest payload, with a little of what stands around it,
// of which every window is read; of larger ones every offset is a window's
// begin, with lengths that grow by half.
const windowLimit = 128

// shapes are the views that the suite tries, each in C and Fortran order.
var shapes = [][]int64{{}, {1}, {5}, {0}, {3, 4}, {1, 6}, {0, 3}, {2, 3, 4}, {3, 2, 1, 5}, {2, 2, 2, 2, 2}}

// Run checks a format over all data types and a range of shapes. A view that the
// format cannot hold must be refused with an *format.Unfit.
func Run(t *testing.T, f format.Format) {
	offered, read := 0, map[string]bool{}
	for dt := arrayview.Bool; dt <= arrayview.Complex128; dt++ {
		for _, shape := range shapes {
			for _, fortran := range []bool{false, true} {
				v := view(dt, shape, fortran)
				t.Run(fmt.Sprintf("%v%v/%v", dt, shape, v.InnerOrder), func(t *testing.T) {
					if check(t, f, v, read) {
						offered++
					}
				})
			}
		}
	}
	if offered == 0 {
		t.Error("the format holds no view at all")
	}
	t.Run("overflow", func(t *testing.T) { overflow(t, f) })
}

// view makes a view with an origin and labels.
func view(dt arrayview.DType, shape []int64, fortran bool) format.View {
	rank := len(shape)
	v := format.View{DType: dt, Shape: shape, Origin: make([]int64, rank), Labels: make([]string, rank), InnerOrder: make([]int, rank)}
	for d := range rank {
		v.Origin[d], v.Labels[d], v.InnerOrder[d] = int64(10*d-7), "xyztc"[d:d+1], d
	}
	if fortran {
		slices.Reverse(v.InnerOrder)
	}
	return v
}

// check runs everything for one view and reports whether the format holds it.
// Reading in pieces, which is slow, is left out for layouts that differ in no
// size or order from one in read.
func check(t *testing.T, f format.Format, v format.View, read map[string]bool) bool {
	l, err := f.Layout(v)
	if err != nil {
		var unfit *format.Unfit
		if !errors.As(err, &unfit) || unfit.Reason == "" || unfit.Ext != f.Ext() {
			t.Errorf("got %v, want an *Unfit with a reason", err)
		}
		return false
	}
	again, _ := f.Layout(v)
	if !bytes.Equal(l.Header, again.Header) || !bytes.Equal(l.Trailer, again.Trailer) || l.Size != again.Size {
		t.Error("the same view has two layouts")
	}
	e := newElements(v, &l)
	whole := make([]byte, l.Size)
	if n, err := l.ReadAt(whole, 0, e.read); err != nil || int64(n) != l.Size {
		t.Fatalf("read %d of %d bytes: %v", n, l.Size, err)
	}
	if want := slices.Concat(l.Header, e.payload(), l.Trailer); !bytes.Equal(whole, want) {
		t.Fatalf("got %x, want %x", whole, want)
	}
	headers(t, &l)
	if same := fmt.Sprint(v.Shape, l.Order, l.ElemSize, l.BigEndian, len(l.Header), len(l.Trailer)); !read[same] {
		read[same] = true
		pieces(t, &l, e, whole)
	}
	return true
}

// pieces reads and writes parts of the file.
func pieces(t *testing.T, l *format.Layout, e *elements, whole []byte) {
	if err := iotest.TestReader(&reader{layout: l, elements: e}, whole); err != nil {
		t.Error(err)
	}
	windows(t, l, e, whole)
	identicalWrite(t, l, e, whole)
}

// windows reads byte ranges from a little before the payload to the end.
func windows(t *testing.T, l *format.Layout, e *elements, whole []byte) {
	size := int64(len(whole))
	got := make([]byte, size)
	for off := max(0, int64(len(l.Header))-3); off <= size; off++ {
		for n := int64(0); off+n <= size; n++ {
			if k, err := l.ReadAt(got[:n], off, e.read); err != nil || !bytes.Equal(got[:k], whole[off:off+n]) {
				t.Fatalf("%d bytes at %d: got %x, %v, want %x", n, off, got[:k], err, whole[off:off+n])
			}
			if l.Payload > windowLimit {
				n += n / 2
			}
		}
	}
}

// identicalWrite puts the bytes of every window back: no element may change.
func identicalWrite(t *testing.T, l *format.Layout, e *elements, whole []byte) {
	before := slices.Clone(e.data)
	var parts []format.Part
	for off := range l.Size {
		parts = l.Parts(parts, off, min(97, l.Size-off))
		for _, p := range parts {
			if p.Kind != format.PartBytes {
				e.write(p, whole[off+p.At:off+p.At+p.N])
			} else if !bytes.Equal(p.Bytes, whole[off+p.At:off+p.At+p.N]) {
				t.Fatalf("constant bytes at %d differ from the file's", off+p.At)
			}
		}
	}
	if !bytes.Equal(before, e.data) {
		t.Error("writing the same bytes changed elements")
	}
}

// headers checks that the header is accepted and that no change of one byte of
// it that changes its meaning is.
func headers(t *testing.T, l *format.Layout) {
	if err := l.CheckHeader(slices.Clone(l.Header)); err != nil {
		t.Errorf("own header: %v", err)
	}
	others := [][]byte{append(slices.Clone(l.Header), 0)}
	if len(l.Header) > 0 {
		others = append(others, l.Header[:len(l.Header)-1], make([]byte, len(l.Header)))
	}
	for _, h := range others {
		if err := l.CheckHeader(h); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("header %q: got %v, want fs.ErrInvalid", h, err)
		}
	}
}

// overflow offers views whose size does not fit.
func overflow(t *testing.T, f format.Format) {
	for _, shape := range [][]int64{{1 << 62}, {1 << 40, 1 << 40}, {1<<63 - 1}, {1 << 31, 1 << 31, 1 << 31}} {
		if l, err := f.Layout(view(arrayview.Float32, shape, false)); err == nil {
			t.Errorf("shape %v: got a file of %d bytes, want an error", shape, l.Size)
		}
	}
}
