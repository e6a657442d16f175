package cache

import (
	"math/bits"

	"tsmount/arrayview"
)

// mask says which bytes of a decoded chunk have been written: a bit for each,
// the lowest first. A nil mask says that none has.
type mask []uint64

// newMask returns an empty mask for n bytes.
func newMask(n int64) mask { return make(mask, (n+63)/64) }

// set marks the bytes [lo, lo+n).
func (m mask) set(lo, n int64) {
	if n <= 0 {
		return
	}
	first, last := lo/64, (lo+n-1)/64
	head, tail := ^uint64(0)<<uint(lo%64), ^uint64(0)>>uint(63-(lo+n-1)%64)
	if first == last {
		m[first] |= head & tail
		return
	}
	m[first] |= head
	for i := range m[first+1 : last] {
		m[first+1+int64(i)] = ^uint64(0)
	}
	m[last] |= tail
}

// has reports whether all bytes of [lo, lo+n) are marked.
func (m mask) has(lo, n int64) bool {
	for hi := lo + n; lo < hi; {
		word, from := lo/64, uint(lo%64)
		count := min(hi-lo, int64(64-from))
		if want := run(from, uint(count)); m[word]&want != want {
			return false
		}
		lo += count
	}
	return true
}

// run returns n bits from bit from on.
func run(from, n uint) uint64 { return ^uint64(0) >> (64 - n) << from }

// full reports whether all n bytes are marked.
func (m mask) full(n int64) bool {
	if m == nil {
		return false
	}
	for _, w := range m[:n/64] {
		if w != ^uint64(0) {
			return false
		}
	}
	return m.has(n/64*64, n%64)
}

// add marks everything that o marks.
func (m mask) add(o mask) {
	for i, w := range o {
		m[i] |= w
	}
}

// fillGaps copies the bytes of src that neither m nor o marks to dst. All are of
// one chunk; both masks may be nil.
func fillGaps(dst, src []byte, m, o mask) {
	for at := int64(0); at < int64(len(dst)); {
		lo, hi := gap(at, int64(len(dst)), m, o)
		copy(dst[lo:hi], src[lo:hi])
		at = hi
	}
}

// gap returns the first run of unmarked bytes at or behind at, empty at the end.
func gap(at, n int64, m, o mask) (lo, hi int64) {
	for lo = at; lo < n; {
		free := ^both(m, o, lo/64) >> uint(lo%64)
		if free != 0 {
			lo += int64(bits.TrailingZeros64(free))
			break
		}
		lo = (lo/64 + 1) * 64
	}
	for hi = lo; hi < n; {
		taken := both(m, o, hi/64) >> uint(hi%64)
		if taken != 0 {
			hi += int64(bits.TrailingZeros64(taken))
			break
		}
		hi = (hi/64 + 1) * 64
	}
	return min(lo, n), min(hi, n)
}

func both(m, o mask, word int64) (w uint64) {
	if m != nil {
		w = m[word]
	}
	if o != nil {
		w |= o[word]
	}
	return w
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
func (m mask) mark(a area) {
	a.runs(func(lo, n int64) bool {
		m.set(lo, n)
		return true
	})
}

// covers reports whether m and o together mark all elements of a.
func covers(m, o mask, a area) bool {
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
