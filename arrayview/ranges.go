package arrayview

// LinearBoxes cuts the elements [lo, hi) of a dense file of the view, which
// holds the view's elements in the given order of dimensions (slowest to
// fastest), into at most 2*rank-1 boxes. They come in file order, and the
// elements of each lie together in the file. The boxes replace those of dst,
// whose memory is reused; the product of view's extents must fit int64 and
// 0 <= lo <= hi <= that product.
func LinearBoxes(dst []Box, view Box, order []int, lo, hi int64) []Box {
	dst = dst[:0]
	if lo >= hi {
		return dst
	}
	if len(order) == 0 {
		return append(dst, Box{})
	}
	var block [MaxRank]int64 // elements of one step along order[k]
	blocks(&block, view.Shape, order)
	for lo < hi {
		// The outermost dimension that can move by whole steps from here.
		k := 0
		for block[k] > hi-lo || lo%block[k] != 0 {
			k++
		}
		dst = pushBox(dst, len(order))
		b := dst[len(dst)-1]
		n := takeSteps(b, view, order[:k+1], &block, lo, hi)
		for _, d := range order[k+1:] {
			b.Min[d], b.Shape[d] = view.Min[d], view.Shape[d]
		}
		lo += n
	}
	return dst
}

// takeSteps sets one index along every dimension of order but the last, along
// which it takes as many steps as there are, and returns their elements.
func takeSteps(b, view Box, order []int, block *[MaxRank]int64, lo, hi int64) int64 {
	rest := lo
	for i, d := range order {
		b.Min[d], b.Shape[d] = view.Min[d]+rest/block[i], 1
		rest %= block[i]
	}
	k := len(order) - 1
	d := order[k]
	b.Shape[d] = min((hi-lo)/block[k], view.Max(d)-b.Min[d])
	return b.Shape[d] * block[k]
}

// blocks sets block[k] to the elements that one step along order[k] passes.
func blocks(block *[MaxRank]int64, shape []int64, order []int) {
	n := int64(1)
	for k := len(order) - 1; k >= 0; k-- {
		block[k] = n
		n *= shape[order[k]]
	}
}

// pushBox lengthens dst by a box of the given rank, whose memory is that of a
// former element when there is one. Its contents are arbitrary.
func pushBox(dst []Box, rank int) []Box {
	if n := len(dst); n < cap(dst) && len(dst[:n+1][n].Min) == rank && len(dst[:n+1][n].Shape) == rank {
		return dst[:n+1]
	}
	return append(dst, NewBox(rank))
}

// LinearIndex returns the place of p among the elements of view in the given
// order of dimensions, slowest to fastest.
func LinearIndex(view Box, order []int, p []int64) int64 {
	n := int64(0)
	for _, d := range order {
		n = n*view.Shape[d] + p[d] - view.Min[d]
	}
	return n
}

// LinearPoint sets p to the element of view at the given place, the inverse of
// LinearIndex. No extent of view may be zero.
func LinearPoint(view Box, order []int, place int64, p []int64) {
	for k := len(order) - 1; k >= 0; k-- {
		d := order[k]
		p[d] = view.Min[d] + place%view.Shape[d]
		place /= view.Shape[d]
	}
}

// DenseStrides sets strides to the bytes per step of each dimension of a dense
// array whose dimensions are laid out in order, slowest to fastest.
func DenseStrides(shape []int64, order []int, elemSize int64, strides []int64) {
	for k := len(order) - 1; k >= 0; k-- {
		d := order[k]
		strides[d] = elemSize
		elemSize *= shape[d]
	}
}
