package cache

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"tsmount/arrayview"
)

// mask says which bytes of a decoded chunk have been written. A nil mask says
// that none has. What a stream writes is a few runs; only more than maxRuns of
// them take a bit for each byte.
type mask struct {
	runs []run    // ascending and apart, unless there are bits
	bits []uint64 // the lowest bit first
	room *buffer  // that bits lie in
	n    int64    // bytes of the chunk
	from *buffers
}

// run is the bytes [lo, hi).
type run struct{ lo, hi int64 }

// maxRuns is how many runs are searched as fast as bits.
const maxRuns = 32

// newMask returns an empty mask for n bytes. It is to be dropped.
func newMask(n int64, from *buffers) *mask { return &mask{n: n, from: from} }

// drop gives the memory of m back.
func (m *mask) drop() {
	if m != nil {
		m.room.drop()
		m.runs, m.bits, m.room = nil, nil, nil
	}
}

// set marks the bytes [lo, lo+n).
func (m *mask) set(lo, n int64) {
	switch {
	case n <= 0:
	case m.bits != nil:
		m.setBits(lo, n)
	case len(m.runs) > 0 && m.runs[len(m.runs)-1].hi == lo:
		m.runs[len(m.runs)-1].hi += n
	default:
		m.insert(lo, lo+n)
	}
}

// insert adds a run to those that there are, or to bits if they become too many.
func (m *mask) insert(lo, hi int64) {
	i := m.search(lo)
	if i > 0 && m.runs[i-1].hi == lo {
		i--
	}
	j := i
	for ; j < len(m.runs) && m.runs[j].lo <= hi; j++ {
		lo, hi = min(lo, m.runs[j].lo), max(hi, m.runs[j].hi)
	}
	if i == j && len(m.runs) == maxRuns {
		m.spread()
		m.setBits(lo, hi-lo)
		return
	}
	m.runs = slices.Replace(m.runs, i, j, run{lo, hi})
}

// search returns the first run that ends behind at.
func (m *mask) search(at int64) int {
	i := 0
	for i < len(m.runs) && m.runs[i].hi <= at {
		i++
	}
	return i
}

// spread makes bits of the runs.
func (m *mask) spread() {
	words := (m.n + 63) / 64
	m.room = m.from.get(int(words * 8))
	m.bits = unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(m.room.data))), words)
	clear(m.bits)
	for _, r := range m.runs {
		m.setBits(r.lo, r.hi-r.lo)
	}
	m.runs = nil
}

func (m *mask) setBits(lo, n int64) {
	first, last := lo/64, (lo+n-1)/64
	head, tail := ^uint64(0)<<uint(lo%64), ^uint64(0)>>uint(63-(lo+n-1)%64)
	if first == last {
		m.bits[first] |= head & tail
		return
	}
	m.bits[first] |= head
	for i := range m.bits[first+1 : last] {
		m.bits[first+1+int64(i)] = ^uint64(0)
	}
	m.bits[last] |= tail
}

// span reports whether the byte at is marked, and from where on that may be
// different.
func (m *mask) span(at int64) (marked bool, end int64) {
	switch {
	case m == nil:
		return false, math.MaxInt64
	case m.bits != nil:
		word, base := m.bits[at/64]>>uint(at%64), at/64*64+64
		if word&1 == 0 {
			return false, min(base, at+int64(bits.TrailingZeros64(word)))
		}
		return true, min(base, at+int64(bits.TrailingZeros64(^word)))
	}
	i := m.search(at)
	switch {
	case i == len(m.runs):
		return false, math.MaxInt64
	case at < m.runs[i].lo:
		return false, m.runs[i].lo
	}
	return true, m.runs[i].hi
}

// has reports whether all bytes of [lo, lo+n) are marked.
func (m *mask) has(lo, n int64) bool {
	for hi := lo + n; lo < hi; {
		marked, end := m.span(lo)
		if !marked {
			return false
		}
		lo = end
	}
	return true
}

// full reports whether all bytes are marked.
func (m *mask) full() bool { return m != nil && m.has(0, m.n) }

// add marks everything that o marks.
func (m *mask) add(o *mask) {
	if o == nil {
		return
	}
	if o.bits != nil && m.bits == nil {
		m.spread()
	}
	for i, w := range o.bits {
		m.bits[i] |= w
	}
	for _, r := range o.runs {
		m.set(r.lo, r.hi-r.lo)
	}
}

// fillGaps copies the bytes of src that neither m nor o marks to dst. All are of
// one chunk; both masks may be nil.
func fillGaps(dst, src []byte, m, o *mask) {
	for at := int64(0); at < int64(len(dst)); {
		lo, hi := gap(at, int64(len(dst)), m, o)
		copy(dst[lo:hi], src[lo:hi])
		at = hi
	}
}

// gap returns the first run of unmarked bytes at or behind at, empty at the end.
func gap(at, n int64, m, o *mask) (lo, hi int64) {
	for lo = at; lo < n; {
		marked, end := spanOfBoth(m, o, lo)
		if !marked {
			break
		}
		lo = end
	}
	for hi = lo; hi < n; {
		marked, end := spanOfBoth(m, o, hi)
		if marked {
			break
		}
		hi = end
	}
	return min(lo, n), min(hi, n)
}

// spanOfBoth is span of what either marks.
func spanOfBoth(m, o *mask, at int64) (marked bool, end int64) {
	one, end := m.span(at)
	two, other := o.span(at)
	switch {
	case one == two:
		return one, min(end, other)
	case two:
		return true, other
	}
	return true, end
}

// area is the elements of a strided box in a decoded chunk.
type area struct {
	shape, strides []int64 // bytes per step; may be negative or zero
	off, elem      int64   // bytes
}

// runs calls yield with each run of bytes of a, until that returns false, which
// it then returns. The order of the runs is arbitrary.
func (a area) runs(yield func(lo, n int64) bool) bool {
	var n, step, at [arrayview.MaxRank]int64
	k, off := 0, a.off
	for d, count := range a.shape {
		stride := a.strides[d]
		if count == 0 {
			return true
		}
		if count == 1 || stride == 0 {
			continue
		}
		if stride < 0 {
			off += stride * (count - 1)
			stride = -stride
		}
		i := k // smallest step first
		for ; i > 0 && step[i-1] > stride; i-- {
			n[i], step[i] = n[i-1], step[i-1]
		}
		n[i], step[i] = count, stride
		k++
	}
	length, first := a.elem, 0
	for first < k && step[first] == length {
		length *= n[first]
		first++
	}
	for {
		if !yield(off, length) {
			return false
		}
		d := first
		for ; d < k; d++ {
			if at[d]++; at[d] < n[d] {
				off += step[d]
				break
			}
			off -= step[d] * (n[d] - 1)
			at[d] = 0
		}
		if d == k {
			return true
		}
	}
}

// mark marks the elements of a.
func (m *mask) mark(a area) {
	a.runs(func(lo, n int64) bool {
		m.set(lo, n)
		return true
	})
}

// covers reports whether m and o together mark all elements of a.
func covers(m, o *mask, a area) bool {
	return a.runs(func(lo, n int64) bool {
		if m != nil && m.has(lo, n) || o != nil && o.has(lo, n) {
			return true
		}
		if m == nil || o == nil {
			return false
		}
		gapLo, _ := gap(lo, lo+n, m, o)
		return gapLo == lo+n
	})
}
