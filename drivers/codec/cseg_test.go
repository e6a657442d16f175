package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func csegWords(numbers ...uint32) (b []byte) {
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

func newCSeg(t testing.TB, shape [4]int64, block [3]int64, size int) *CSeg {
	t.Helper()
	c, err := NewCSeg(shape, block, size)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// labels returns labels as bytes of the given size.
func labels(size int, list ...uint64) (b []byte) {
	for _, v := range list {
		if size == 8 {
			b = binary.LittleEndian.AppendUint64(b, v)
		} else {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	return b
}

// TestCSegIsTensorStores holds the vectors of TensorStore's
// neuroglancer_compressed_segmentation_test.cc and driver_test.cc, with the one
// word of a channel before those of single channels.
func TestCSegIsTensorStores(t *testing.T) {
	for _, c := range []struct {
		shape  [4]int64
		block  [3]int64
		size   int
		labels []uint64
		want   []uint32
	}{
		{[4]int64{2, 2, 1, 1}, [3]int64{2, 2, 1}, 8, []uint64{3, 3, 3, 3}, []uint32{1, 2, 2, 3, 0}},
		{[4]int64{2, 2, 1, 1}, [3]int64{2, 2, 1}, 8, []uint64{4, 3, 4, 4}, []uint32{1, 3 | 1<<24, 2, 0b1101, 3, 0, 4, 0}},
		{[4]int64{2, 2, 1, 1}, [3]int64{2, 2, 1}, 8, []uint64{4, 3, 5, 4}, []uint32{1, 3 | 2<<24, 2, 0b01100001, 3, 0, 4, 0, 5, 0}},
		{[4]int64{2, 2, 1, 1}, [3]int64{3, 2, 1}, 8, []uint64{4, 3, 4, 3}, []uint32{1, 3 | 1<<24, 2, 0b001001, 3, 0, 4, 0}},
		{[4]int64{2, 2, 2, 1}, [3]int64{2, 2, 1}, 8, []uint64{4, 3, 5, 4, 1, 3, 3, 3},
			[]uint32{1, 5 | 2<<24, 4, 12 | 1<<24, 11, 0b01100001, 3, 0, 4, 0, 5, 0, 0b1110, 1, 0, 3, 0}},
		{[4]int64{2, 2, 4, 1}, [3]int64{2, 2, 1}, 8, []uint64{4, 3, 5, 4, 1, 3, 3, 3, 3, 1, 1, 1, 5, 5, 3, 4},
			[]uint32{1, 9 | 2<<24, 8, 16 | 1<<24, 15, 16 | 1<<24, 20, 9 | 2<<24, 21,
				0b01100001, 3, 0, 4, 0, 5, 0, 0b1110, 1, 0, 3, 0, 0b00000001, 0b01001010}},
		{[4]int64{3, 4, 2, 1}, [3]int64{3, 2, 1}, 4, slices.Concat(slices.Repeat([]uint64{1}, 6), slices.Repeat([]uint64{2}, 6), slices.Repeat([]uint64{3}, 6), slices.Repeat([]uint64{4}, 6)),
			[]uint32{1, 8, 8, 9, 9, 10, 10, 11, 11, 1, 2, 3, 4}},
		{[4]int64{1, 1, 1, 2}, [3]int64{8, 8, 8}, 4, []uint64{7, 9}, []uint32{2, 5, 2, 2, 7, 2, 2, 9}},
	} {
		cs := newCSeg(t, c.shape, c.block, c.size)
		src, want := labels(c.size, c.labels...), csegWords(c.want...)
		enc, err := cs.Encode(nil, src)
		if err != nil || !bytes.Equal(enc, want) {
			t.Errorf("%v: encoded % x, %v, want % x", c.labels, enc, err, want)
			continue
		}
		dst, err := cs.Decode(nil, enc, len(src))
		if err != nil || !bytes.Equal(dst, src) {
			t.Errorf("%v: decoded % x, %v", c.labels, dst, err)
		}
	}
}

// supervoxels fills a chunk with n labels that form runs.
func supervoxels(size, elements, n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	list := make([]uint64, elements)
	for i := 0; i < elements; {
		v := r.Uint64N(uint64(n)) + 1<<40
		for run := 1 + r.IntN(6); run > 0 && i < elements; run-- {
			list[i] = v
			i++
		}
	}
	return labels(size, list...)
}

func TestCSegRoundTrips(t *testing.T) {
	for _, shape := range [][4]int64{{1, 1, 1, 1}, {8, 8, 8, 1}, {17, 9, 10, 2}, {64, 3, 20, 1}, {24, 16, 8, 3}} {
		for _, block := range [][3]int64{{8, 8, 8}, {2, 3, 4}, {8, 1, 1}, {16, 8, 4}, {64, 64, 2}, {1, 1, 1}} {
			for _, n := range []int{1, 2, 4, 10, 40, 300, 70000} {
				for _, size := range []int{4, 8} {
					c := newCSeg(t, shape, block, size)
					src := supervoxels(size, int(shape[0]*shape[1]*shape[2]*shape[3]), n)
					enc, err := c.Encode(nil, src)
					if err != nil {
						t.Fatal(err)
					}
					if got, err := c.Decode(nil, enc, len(src)); err != nil || !bytes.Equal(got, src) {
						t.Errorf("shape %v, block %v, %d labels of %d bytes: %v", shape, block, n, size, err)
					}
				}
			}
		}
	}
}

func TestCSegThatLeadsOutIsCorrupt(t *testing.T) {
	c := newCSeg(t, [4]int64{2, 2, 1, 1}, [3]int64{2, 2, 1}, 4)
	for _, words := range [][]uint32{
		nil, {2}, {1}, {1, 2}, {9, 2, 2, 3}, // cut
		{1, 2, 2}, {1, 3, 2, 5}, {1, 1<<24 - 1, 2, 5}, // table
		{1, 2 | 3<<24, 2, 5, 5}, {1, 2 | 33<<24, 2, 5, 5}, {1, 2 | 64<<24, 2, 5, 5}, // bits
		{1, 2 | 1<<24, 1 << 31, 5, 6}, {1, 2 | 1<<24, 1<<32 - 1, 5, 6}, {1, 2 | 32<<24, 2, 0, 0}, // voxels
		{1, 4 | 8<<24, 2, 0x03020100, 0, 5, 6}, {1, 3 | 1<<24, 2, 0b0010, 5}, {1, 6 | 32<<24, 2, 0, 1, 2, 1 << 31, 8, 9}, // index
	} {
		if got, err := c.Decode(nil, csegWords(words...), 16); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%x: got %x, %v, want ErrCorrupt", words, got, err)
		}
	}
	wide, err := c.Decode(nil, csegWords(1, 6|32<<24, 2, 0, 1, 1, 0, 8, 9), 16)
	if want := labels(4, 8, 9, 9, 8); err != nil || !bytes.Equal(wide, want) {
		t.Errorf("32 bits per voxel: got % x, %v, want % x", wide, err, want)
	}
}

func TestCSegRefusesWhatCannotBe(t *testing.T) {
	for _, size := range []int{1, 2, 16} {
		if _, err := NewCSeg([4]int64{1, 1, 1, 1}, [3]int64{1, 1, 1}, size); err == nil {
			t.Errorf("labels of %d bytes: no error", size)
		}
	}
	for _, block := range [][3]int64{{0, 1, 1}, {1 << 20, 1 << 20, 1}} {
		if _, err := NewCSeg([4]int64{1, 1, 1, 1}, block, 4); err == nil {
			t.Errorf("block %v: no error", block)
		}
	}
	c := newCSeg(t, [4]int64{1 << 17, 1, 1, 1}, [3]int64{1 << 17, 1, 1}, 4)
	src := make([]byte, 4<<17)
	for i := range 1 << 17 {
		binary.LittleEndian.PutUint32(src[4*i:], uint32(i))
	}
	if _, err := c.Encode(nil, src); err == nil {
		t.Error("more than 65536 labels in a block: no error, but TensorStore reads other labels")
	}
}

func FuzzCSeg(f *testing.F) {
	codecs := []*CSeg{newCSeg(f, [4]int64{9, 4, 3, 2}, [3]int64{8, 2, 2}, 4), newCSeg(f, [4]int64{8, 3, 2, 1}, [3]int64{3, 3, 3}, 8)}
	for i, c := range codecs {
		for _, n := range []int{1, 3, 30} {
			enc, err := c.Encode(nil, supervoxels(c.labelBytes(), c.channelBytes()*c.shape[3]/c.labelBytes(), n))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), enc)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, src []byte) {
		c := codecs[int(which)%len(codecs)]
		n := c.channelBytes() * c.shape[3]
		got, err := c.Decode(nil, src, n)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			return
		}
		enc, err := c.Encode(nil, got)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := c.Decode(nil, enc, n); err != nil || !bytes.Equal(again, got) {
			t.Errorf("encoded again: %v", err)
		}
	})
}

func benchmarkCSeg(b *testing.B, do func(b *testing.B, c *CSeg, src, enc []byte)) {
	for _, size := range []int{4, 8} {
		b.Run([]string{4: "uint32", 8: "uint64"}[size], func(b *testing.B) {
			c := newCSeg(b, [4]int64{64, 64, 64, 1}, [3]int64{8, 8, 8}, size)
			list := make([]uint64, 0, 64*64*64)
			for z := range 64 {
				for y := range 64 {
					for x := range 64 {
						list = append(list, 720575940600000000+uint64((x+y/7)/19)+uint64((y+z/5)/17)*100+uint64(z/20)*7000)
					}
				}
			}
			src := labels(size, list...)
			enc, err := c.Encode(nil, src)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			do(b, c, src, enc)
			b.ReportMetric(float64(len(enc))/float64(len(src)), "ratio")
		})
	}
}

func BenchmarkCSegDecode(b *testing.B) {
	benchmarkCSeg(b, func(b *testing.B, c *CSeg, src, enc []byte) {
		for b.Loop() {
			if _, err := c.Decode(src, enc, len(src)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCSegEncode(b *testing.B) {
	benchmarkCSeg(b, func(b *testing.B, c *CSeg, src, enc []byte) {
		for b.Loop() {
			if _, err := c.Encode(enc, src); err != nil {
				b.Fatal(err)
			}
		}
	})
}
