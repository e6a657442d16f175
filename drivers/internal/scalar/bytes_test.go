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
	cases := []struct {
		dtype arrayview.DType
		part  int
	}{
		{arrayview.Uint8, 1}, {arrayview.Uint16, 2}, {arrayview.Float32, 4}, {arrayview.Int64, 8}, {arrayview.Complex64, 4}, {arrayview.Complex128, 8},
	}
	eachKernel(t, func(t *testing.T) {
		for _, c := range cases {
			for _, elements := range []int{0, 1, 2, 3, 5, 8, 15, 16, 17, 19, 31, 33, 63, 64, 65, 100, 127, 129, 200} {
				src := ramp(elements * c.dtype.Size())
				want := slices.Clone(src)
				for part := range slices.Chunk(want, c.part) {
					slices.Reverse(part)
				}
				got := bytes.Repeat([]byte{0xa5}, len(src)+64)
				CopySwapped(got[32:32+len(src)], src, c.dtype)
				if !bytes.Equal(got[32:32+len(src)], want) || bytes.Count(got, []byte{0xa5}) < 64 || got[31] != 0xa5 || got[32+len(src)] != 0xa5 {
					t.Errorf("copy of %d elements of %v: got %x, want %x", elements, c.dtype, got, want)
				}
				if Swap(src, c.dtype); !bytes.Equal(src, want) {
					t.Errorf("%d elements of %v: got %x, want %x", elements, c.dtype, src, want)
				}
			}
		}
	})
}

func BenchmarkCopySwapped(b *testing.B) {
	src, dst := ramp(512<<10), make([]byte, 512<<10)
	for _, dtype := range []arrayview.DType{arrayview.Uint16, arrayview.Uint32, arrayview.Uint64} {
		b.Run(dtype.String(), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				CopySwapped(dst, src, dtype)
			}
		})
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
