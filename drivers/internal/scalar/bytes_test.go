package scalar

import (
	"bytes"
	"slices"
	"testing"

	"tsmount/arrayview"
)

func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + 1)
	}
	return b
}

func TestSwapReversesEveryScalar(t *testing.T) {
	for _, c := range []struct {
		dtype arrayview.DType
		part  int
	}{
		{arrayview.Uint16, 2}, {arrayview.Float32, 4}, {arrayview.Int64, 8}, {arrayview.Complex64, 4}, {arrayview.Complex128, 8},
	} {
		for elements := range 20 {
			got := ramp(elements * c.dtype.Size())
			want := slices.Clone(got)
			for part := range slices.Chunk(want, c.part) {
				slices.Reverse(part)
			}
			Swap(got, c.dtype)
			if !bytes.Equal(got, want) {
				t.Errorf("%d elements of %v: got %x, want %x", elements, c.dtype, got, want)
			}
		}
	}
}

func TestScatterUndoesGather(t *testing.T) {
	const stride, elements = 21, 5
	record := ramp(stride * elements)
	for size := int64(0); size <= stride; size++ {
		for offset := int64(0); offset+size <= stride; offset += 3 {
			packed := make([]byte, size*elements)
			Gather(packed, record[offset:], size, stride)
			for i := range int64(elements) {
				at := i*stride + offset
				if !bytes.Equal(packed[i*size:(i+1)*size], record[at:at+size]) {
					t.Fatalf("size %d, offset %d: element %d is wrong", size, offset, i)
				}
			}
			back := slices.Clone(record)
			for i := range int64(elements) {
				clear(back[i*stride+offset : i*stride+offset+size])
			}
			Scatter(back[offset:], packed, size, stride)
			if !bytes.Equal(back, record) {
				t.Fatalf("size %d, offset %d: scatter did not restore the records", size, offset)
			}
		}
	}
}

func TestFirstBadBoolFindsAnyPosition(t *testing.T) {
	for n := range 40 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i & 1)
		}
		if got := FirstBadBool(b); got != -1 {
			t.Errorf("%d good bytes: got %d, want -1", n, got)
		}
		for i := range b {
			old := b[i]
			for _, bad := range []byte{2, 3, 128, 255} {
				b[i] = bad
				if got := FirstBadBool(b); got != i {
					t.Errorf("byte %d of %d is %d: got %d", i, n, bad, got)
				}
			}
			b[i] = old
		}
	}
}
