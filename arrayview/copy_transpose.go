package arrayview

import "unsafe"

// lineBytes is the width of a block of a transpose on either side: two cache
// lines, which processors like to fetch together. Each is fetched and written
// once. With 64, transposes of 128x128x128 elements measured a quarter to a half
// slower; 256 gained nothing more.
const lineBytes = 128

// block holds a transposed block until it is written line by line. Going through
// it, rather than from the source to the destination, keeps lines whose
// addresses differ by a power of two from evicting each other.
type block [lineBytes * lineBytes]byte

// kernels copies element by element: along the innermost loop of the
// destination, and in square blocks when another loop steps less far through the
// source.
func (p *plan) kernels(last axis) {
	j := p.nearest(last)
	if j < 0 {
		k := kernelOf(p.elem, p.swap)
		second := p.pop()
		p.walk(func(do, so int64) {
			k(unsafe.Pointer(&p.dst[do]), unsafe.Pointer(&p.src[so]), second, last)
		})
		return
	}
	across := p.axes[j]
	copy(p.axes[j:p.rank], p.axes[j+1:p.rank])
	p.rank--
	p.transpose(across, last)
}

// nearest returns the outer loop with the smallest step through the source, if
// that is smaller than the one of last, else -1.
func (p *plan) nearest(last axis) int {
	best, step := -1, abs(last.s)
	for i, a := range p.axes[:p.rank] {
		if a.s != 0 && abs(a.s) < step {
			best, step = i, abs(a.s)
		}
	}
	return best
}

// transpose copies in blocks of the plane of two loops. The other loops run
// inside: they pass through the memory that is next to the block.
func (p *plan) transpose(across, last axis) {
	e := int64(p.elem)
	k := kernelOf(p.elem, p.swap)
	if last.d == e && across.s == e && e <= 4 {
		var buf block
		p.blocks(across, last, lineBytes/e, func(dst, src unsafe.Pointer, a, b axis) { p.block(dst, src, a, b, &buf, k) })
		return
	}
	p.blocks(across, last, max(8, 64/e), k)
}

// blocks calls k for all blocks of at most side by side elements.
func (p *plan) blocks(across, last axis, side int64, k kernel) {
	for i := int64(0); i < across.n; i += side {
		a := axis{min(side, across.n-i), across.d, across.s}
		for j := int64(0); j < last.n; j += side {
			b := axis{min(side, last.n-j), last.d, last.s}
			dst, src := i*a.d+j*b.d, i*a.s+j*b.s
			p.walk(func(do, so int64) {
				k(unsafe.Pointer(&p.dst[do+dst]), unsafe.Pointer(&p.src[so+src]), a, b)
			})
		}
	}
}

// block transposes one block whose elements are adjacent along b in the
// destination and along a in the source: what is a multiple of 8 elements on
// both sides in words, the edges by the element.
func (p *plan) block(dst, src unsafe.Pointer, a, b axis, buf *block, edge kernel) {
	n, m := a.n&^7, b.n&^7
	if n > 0 && m > 0 {
		switch p.elem {
		case 1:
			squares8(src, n, m, b.s, buf)
		case 2:
			squares16(src, n, m, b.s, buf)
		case 4:
			squares32(src, n, m, b.s, buf)
		}
		if p.swap > 1 {
			swapRun(buf[:n*lineBytes], buf[:n*lineBytes], p.swap)
		}
		run := m * int64(p.elem)
		for i := range n {
			copy(unsafe.Slice((*byte)(unsafe.Add(dst, i*a.d)), run), buf[i*lineBytes:])
		}
	} else {
		n = 0
	}
	if m < b.n && n > 0 {
		edge(unsafe.Add(dst, m*b.d), unsafe.Add(src, m*b.s), axis{n, a.d, a.s}, axis{b.n - m, b.d, b.s})
	}
	if n < a.n {
		edge(unsafe.Add(dst, n*a.d), unsafe.Add(src, n*a.s), axis{a.n - n, a.d, a.s}, b)
	}
}

// set stores eight bytes of a line of the block.
func (b *block) set(line, off int64, x uint64) { setWord(unsafe.Pointer(b), line*lineBytes+off, x) }

// exchange swaps the parts of a that mask selects after a shift with those of b
// that it selects.
func exchange(a, b, mask uint64, shift int) (uint64, uint64) {
	t := (a>>shift ^ b) & mask
	return a ^ t<<shift, b ^ t
}

const (
	low32 = 0x00000000ffffffff
	low16 = 0x0000ffff0000ffff
	low8  = 0x00ff00ff00ff00ff
)

// squares8 transposes m rows of n bytes into n lines of m, 8 by 8.
func squares8(src unsafe.Pointer, n, m, stride int64, buf *block) {
	for j := int64(0); j < m; j += 8 {
		top, bottom := unsafe.Add(src, j*stride), unsafe.Add(src, (j+4)*stride)
		for i := int64(0); i < n; i += 8 {
			x0, x4 := exchange(word(top, i), word(bottom, i), low32, 32)
			x1, x5 := exchange(word(top, i+stride), word(bottom, i+stride), low32, 32)
			x2, x6 := exchange(word(top, i+2*stride), word(bottom, i+2*stride), low32, 32)
			x3, x7 := exchange(word(top, i+3*stride), word(bottom, i+3*stride), low32, 32)
			quarter8(buf, i, j, x0, x1, x2, x3)
			quarter8(buf, i+4, j, x4, x5, x6, x7)
		}
	}
}

// quarter8 finishes four lines, in which every other pair of bytes belongs to
// the line after next.
func quarter8(buf *block, i, j int64, x0, x1, x2, x3 uint64) {
	x0, x2 = exchange(x0, x2, low16, 16)
	x1, x3 = exchange(x1, x3, low16, 16)
	x0, x1 = exchange(x0, x1, low8, 8)
	x2, x3 = exchange(x2, x3, low8, 8)
	buf.set(i, j, x0)
	buf.set(i+1, j, x1)
	buf.set(i+2, j, x2)
	buf.set(i+3, j, x3)
}

// squares16 does the same for elements of 2 bytes, 4 by 4.
func squares16(src unsafe.Pointer, n, m, stride int64, buf *block) {
	for j := int64(0); j < m; j += 4 {
		row := unsafe.Add(src, j*stride)
		for i := int64(0); i < n; i += 4 {
			x0, x2 := exchange(word(row, 2*i), word(row, 2*i+2*stride), low32, 32)
			x1, x3 := exchange(word(row, 2*i+stride), word(row, 2*i+3*stride), low32, 32)
			x0, x1 = exchange(x0, x1, low16, 16)
			x2, x3 = exchange(x2, x3, low16, 16)
			buf.set(i, 2*j, x0)
			buf.set(i+1, 2*j, x1)
			buf.set(i+2, 2*j, x2)
			buf.set(i+3, 2*j, x3)
		}
	}
}

// squares32 does the same for elements of 4 bytes, 2 by 2.
func squares32(src unsafe.Pointer, n, m, stride int64, buf *block) {
	for j := int64(0); j < m; j += 2 {
		row := unsafe.Add(src, j*stride)
		for i := int64(0); i < n; i += 2 {
			x0, x1 := exchange(word(row, 4*i), word(row, 4*i+stride), low32, 32)
			buf.set(i, 4*j, x0)
			buf.set(i+1, 4*j, x1)
		}
	}
}
