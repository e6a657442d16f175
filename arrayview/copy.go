package arrayview

import (
	"errors"
	"math/bits"
)

// ErrRange marks a copy that would leave its buffers.
var ErrRange = errors.New("copy outside the buffer")

// Copy moves the elements of a strided array into another of the same shape. It
// is a value to be filled in and run; running it allocates nothing.
type Copy struct {
	// Shape holds the extents. DstStrides and SrcStrides hold the bytes per
	// step along each dimension; they may be negative, those of the source also
	// zero. All three have the same length, at most MaxRank.
	Shape, DstStrides, SrcStrides []int64
	// ElemSize is the size of an element in bytes.
	ElemSize int
	// SwapPart, when above 1, reverses the bytes of each part of that size (2, 4
	// or 8, a divisor of ElemSize) on the way.
	SwapPart int
}

// axis is one loop of a copy: n steps of d bytes in the destination and s in the
// source.
type axis struct{ n, d, s int64 }

// plan is a copy with its loops sorted from the largest to the smallest step in
// the destination and merged where they run on.
type plan struct {
	dst, src []byte
	do, so   int64 // offsets of the first element
	elem     int
	swap     int // 1 or the bytes to reverse, then equal to elem
	rank     int
	axes     [MaxRank + 1]axis
}

// Run copies from src to dst, which must not overlap. dstOff and srcOff are
// where the element with all indices zero begins. If any element would lie
// outside a buffer, the error is ErrRange and nothing is written.
func (c *Copy) Run(dst []byte, dstOff int64, src []byte, srcOff int64) error {
	for _, n := range c.Shape {
		if n <= 0 {
			return nil
		}
	}
	if len(c.Shape) > MaxRank || len(c.DstStrides) != len(c.Shape) || len(c.SrcStrides) != len(c.Shape) || c.ElemSize <= 0 {
		return ErrRange
	}
	if !inside(c.Shape, c.DstStrides, dstOff, c.ElemSize, len(dst)) || !inside(c.Shape, c.SrcStrides, srcOff, c.ElemSize, len(src)) {
		return ErrRange
	}
	p := plan{dst: dst, src: src, do: dstOff, so: srcOff, elem: c.ElemSize, swap: 1}
	p.load(c)
	p.merge()
	p.run()
	return nil
}

// inside reports whether all elements lie in a buffer of size bytes.
func inside(shape, strides []int64, off int64, elem, size int) bool {
	if off < 0 || off > int64(size) {
		return false
	}
	below, above := uint64(off), uint64(size)-uint64(off)
	if uint64(elem) > above {
		return false
	}
	above -= uint64(elem)
	for d, n := range shape {
		hi, reach := bits.Mul64(uint64(n-1), magnitude(strides[d]))
		room := &above
		if strides[d] < 0 {
			room = &below
		}
		if hi != 0 || reach > *room {
			return false
		}
		*room -= reach
	}
	return true
}

// load takes over the loops of c that step at all, with steps of the
// destination made positive, sorted by them.
func (p *plan) load(c *Copy) {
	for i, n := range c.Shape {
		if n == 1 {
			continue
		}
		a := axis{n, c.DstStrides[i], c.SrcStrides[i]}
		if a.d < 0 {
			p.do += a.d * (n - 1)
			p.so += a.s * (n - 1)
			a.d, a.s = -a.d, -a.s
		}
		p.insert(a)
	}
	if c.SwapPart > 1 {
		p.swap = c.SwapPart
		if c.ElemSize != c.SwapPart {
			p.split(c.SwapPart)
		}
	} else if !kernelSize(p.elem) {
		p.split(1)
	}
}

// insert keeps the axes sorted by falling step in the destination.
func (p *plan) insert(a axis) {
	i := p.rank
	for ; i > 0 && p.axes[i-1].d < a.d; i-- {
		p.axes[i] = p.axes[i-1]
	}
	p.axes[i] = a
	p.rank++
}

// split makes elements of size bytes out of larger ones.
func (p *plan) split(size int) {
	p.insert(axis{int64(p.elem / size), int64(size), int64(size)})
	p.elem = size
}

// merge joins loops that run on from each other, and takes a short run of
// elements that are adjacent on both sides as one larger element.
func (p *plan) merge() {
	k := 0
	for i := 1; i < p.rank; i++ {
		outer, inner := &p.axes[k], p.axes[i]
		if outer.d == inner.d*inner.n && outer.s == inner.s*inner.n {
			*outer = axis{outer.n * inner.n, inner.d, inner.s}
		} else {
			k++
			p.axes[k] = inner
		}
	}
	p.rank = min(p.rank, k+1)
	if p.rank < 2 || p.swap > 1 {
		return
	}
	last, e := p.axes[p.rank-1], int64(p.elem)
	if run := last.n * e; last.d == e && last.s == e && kernelSize(int(run)) && run <= 16 {
		p.elem = int(run)
		p.rank--
	}
}

func kernelSize(n int) bool { return n == 1 || n == 2 || n == 4 || n == 8 || n == 16 }

// run chooses the innermost one or two loops and walks the others.
func (p *plan) run() {
	if p.rank == 0 {
		p.axes[0], p.rank = axis{1, int64(p.elem), int64(p.elem)}, 1
	}
	e := int64(p.elem)
	last := p.axes[p.rank-1]
	p.rank--
	switch {
	case last.d == e && last.s == e:
		p.rows(last.n * e)
	case last.d == e && last.s == 0:
		p.fills(last.n * e)
	default:
		p.kernels(last)
	}
}

// walk calls f with the offsets of every position of the outer loops.
func (p *plan) walk(f func(do, so int64)) {
	var at [MaxRank + 1]int64
	do, so := p.do, p.so
	for {
		f(do, so)
		i := p.rank - 1
		for ; i >= 0; i-- {
			a := &p.axes[i]
			if at[i]++; at[i] < a.n {
				do += a.d
				so += a.s
				break
			}
			do -= a.d * (a.n - 1)
			so -= a.s * (a.n - 1)
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// pop takes the innermost of the remaining loops.
func (p *plan) pop() axis {
	if p.rank == 0 {
		return axis{n: 1}
	}
	p.rank--
	return p.axes[p.rank]
}

// rows copies runs of bytes that are contiguous on both sides.
func (p *plan) rows(run int64) {
	a, dst, src := p.pop(), p.dst, p.src
	p.walk(func(do, so int64) {
		for range a.n {
			if p.swap > 1 {
				swapRun(dst[do:do+run], src[so:so+run], p.swap)
			} else {
				copy(dst[do:do+run], src[so:so+run])
			}
			do += a.d
			so += a.s
		}
	})
}

// fills repeats one element over each run of the destination.
func (p *plan) fills(run int64) {
	a, dst, src, e := p.pop(), p.dst, p.src, int64(p.elem)
	p.walk(func(do, so int64) {
		for range a.n {
			fill(dst[do:do+run], src[so:so+e], p.swap)
			do += a.d
			so += a.s
		}
	})
}

// fillBlock is how far a pattern is doubled: what is then repeated stays in the
// fastest cache.
const fillBlock = 8 << 10

// fill repeats the element, with reversed bytes if swap is above 1, over row,
// whose length is a multiple of it.
func fill(row, element []byte, swap int) {
	n := copy(row, element)
	if swap > 1 {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			row[i], row[j] = row[j], row[i]
		}
	}
	if isZero(row[:n]) {
		clear(row)
		return
	}
	for n < len(row) && n < fillBlock {
		n += copy(row[n:], row[:n])
	}
	for block := n; n < len(row); {
		n += copy(row[n:], row[:block])
	}
}

func isZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
