package arrayview

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// naive copies element by element.
func (c *Copy) naive(dst []byte, dstOff int64, src []byte, srcOff int64) {
	box := NewBox(len(c.Shape))
	copy(box.Shape, c.Shape)
	if box.Empty() {
		return
	}
	e, part := int64(c.ElemSize), max(1, c.SwapPart)
	p := make([]int64, len(c.Shape))
	for more := true; more; more = step(p, box) {
		d, s := dstOff, srcOff
		for i, x := range p {
			d += x * c.DstStrides[i]
			s += x * c.SrcStrides[i]
		}
		elem := slices.Clone(src[s : s+e])
		for i := 0; i+part <= len(elem) && part > 1; i += part {
			slices.Reverse(elem[i : i+part])
		}
		copy(dst[d:d+e], elem)
	}
}

// randomCopy draws a copy whose destination elements do not overlap, and what
// buffers it needs.
func randomCopy(t *rapid.T) (c Copy, dstOff, srcOff, dstLen, srcLen int64) {
	rank := rapid.IntRange(0, 5).Draw(t, "rank")
	elem := rapid.SampledFrom([]int{1, 2, 3, 4, 6, 8, 16}).Draw(t, "elem")
	c.ElemSize = elem
	if p := rapid.SampledFrom([]int{0, 1, 2, 4, 8}).Draw(t, "swap"); p < 2 || elem%p == 0 {
		c.SwapPart = p
	}
	side := func() (strides []int64, off, length int64) {
		strides = make([]int64, rank)
		order := rapid.Permutation(identityOrder(rank)).Draw(t, "order")
		length = int64(elem)
		next := length
		for _, d := range order {
			gap := rapid.SampledFrom([]int64{0, 0, 0, 1, 5}).Draw(t, "gap")
			strides[d] = next + gap
			next = strides[d] * c.Shape[d]
			length += strides[d] * (c.Shape[d] - 1)
			if rapid.IntRange(0, 3).Draw(t, "negative") == 0 {
				off += strides[d] * (c.Shape[d] - 1)
				strides[d] = -strides[d]
			}
		}
		return strides, off, length
	}
	c.Shape = make([]int64, rank)
	for d := range c.Shape {
		c.Shape[d] = rapid.SampledFrom([]int64{1, 1, 2, 3, 4, 7, 8, 16, 33}).Draw(t, "n")
	}
	for n, _ := Product(c.Shape); n > 100_000; n, _ = Product(c.Shape) {
		c.Shape[slices.Index(c.Shape, slices.Max(c.Shape))] = 2
	}
	c.DstStrides, dstOff, dstLen = side()
	c.SrcStrides, srcOff, srcLen = side()
	for d := range c.Shape {
		if rapid.IntRange(0, 4).Draw(t, "zero") == 0 {
			if c.SrcStrides[d] < 0 {
				srcOff += c.SrcStrides[d] * (c.Shape[d] - 1)
			}
			c.SrcStrides[d] = 0
		}
	}
	return c, dstOff, srcOff, dstLen, srcLen
}

func identityOrder(rank int) []int {
	order := make([]int, rank)
	for d := range order {
		order[d] = d
	}
	return order
}

func randomBytes(n int64) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestCopyEqualsNaiveLoops(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, dstOff, srcOff, dstLen, srcLen := randomCopy(t)
		src := randomBytes(srcLen)
		got, want := make([]byte, dstLen), make([]byte, dstLen)
		if err := c.Run(got, dstOff, src, srcOff); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		c.naive(want, dstOff, src, srcOff)
		if !bytes.Equal(got, want) {
			t.Fatalf("%+v: wrong bytes", c)
		}
	})
}

func TestCopyRefusesToLeaveItsBuffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, dstOff, srcOff, dstLen, srcLen := randomCopy(t)
		src, dst := make([]byte, srcLen), make([]byte, dstLen)
		for _, b := range []struct {
			dst, src       []byte
			dstOff, srcOff int64
		}{
			{dst[:dstLen-1], src, dstOff, srcOff}, {dst, src, dstOff + 1, srcOff}, {dst, src, dstOff - 1, srcOff},
			{dst, src, 1<<63 - 1, srcOff}, {dst, src, dstOff, -1 << 63},
		} {
			if err := c.Run(b.dst, b.dstOff, b.src, b.srcOff); err != ErrRange {
				t.Fatalf("%+v: got %v, want ErrRange", c, err)
			}
		}
		if len(c.Shape) > 0 && c.Shape[0] > 1 {
			c.SrcStrides[0] = -1 << 63
			if err := c.Run(dst, dstOff, src, srcOff); err != ErrRange {
				t.Fatalf("least stride: got %v, want ErrRange", err)
			}
		}
	})
}

func TestCopyDoesNotAllocate(t *testing.T) {
	src, dst := make([]byte, 1<<16), make([]byte, 1<<16)
	for name, c := range benchCopies([]int64{16, 16, 16}, 2) {
		if n := testing.AllocsPerRun(10, func() { c.Run(dst, 0, src, 0) }); n != 0 {
			t.Errorf("%s: got %v allocations, want none", name, n)
		}
	}
}

// benchCopies returns copies of a dense array into a dense C-order one.
func benchCopies(shape []int64, elem int64) map[string]*Copy {
	order := identityOrder(len(shape))
	c, f := make([]int64, len(shape)), make([]int64, len(shape))
	DenseStrides(shape, order, elem, c)
	slices.Reverse(order)
	DenseStrides(shape, order, elem, f)
	wide := slices.Clone(c)
	for d := range len(wide) - 1 {
		wide[d] *= 2
	}
	zero := make([]int64, len(shape))
	mk := func(src []int64, swap int) *Copy {
		return &Copy{Shape: shape, DstStrides: c, SrcStrides: src, ElemSize: int(elem), SwapPart: swap}
	}
	return map[string]*Copy{"same": mk(c, 0), "transpose": mk(f, 0), "swap": mk(c, int(elem)), "swapTranspose": mk(f, int(elem)), "fill": mk(zero, 0)}
}

func BenchmarkCopy(b *testing.B) {
	for _, shape := range [][]int64{{64, 64, 64}, {128, 128, 128}, {100, 100, 100}, {1000, 1000}} {
		for _, elem := range []int64{1, 2, 4, 8} {
			n, _ := Product(shape)
			src, dst := make([]byte, n*elem), make([]byte, n*elem)
			src[0] = 1
			for _, name := range []string{"same", "transpose", "swap", "swapTranspose", "fill"} {
				c := benchCopies(shape, elem)[name]
				b.Run(fmt.Sprintf("%s/%v/%d", name, shape, elem), func(b *testing.B) {
					b.SetBytes(n * elem)
					for b.Loop() {
						c.Run(dst, 0, src, 0)
					}
				})
			}
		}
	}
}

// BenchmarkCopyRows copies boxes out of a chunk in runs of a given length.
func BenchmarkCopyRows(b *testing.B) {
	for _, run := range []int64{2, 4, 8, 12, 16, 24, 32, 64, 128, 256, 512, 4096} {
		rows := (1 << 20) / run
		src, dst := make([]byte, 2<<20), make([]byte, 1<<20)
		c := Copy{Shape: []int64{rows, run / 2}, DstStrides: []int64{run, 2}, SrcStrides: []int64{2 * run, 2}, ElemSize: 2}
		b.Run(fmt.Sprint(run), func(b *testing.B) {
			b.SetBytes(rows * run)
			for b.Loop() {
				c.Run(dst, 0, src, 0)
			}
		})
	}
}
