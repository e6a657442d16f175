package scalar

import "golang.org/x/sys/cpu"

// hasAVX2 is a variable so that tests reach the portable loops too.
var hasAVX2 = cpu.X86.HasAVX2

// swapOrder has, for each size of a part, where the bytes of 32 come from.
var swapOrder = func() (order [9][32]byte) {
	for _, part := range []int{2, 4, 8} {
		for i := range 32 {
			order[part][i] = byte(i&15 ^ (part - 1))
		}
	}
	return order
}()

// swapAVX2 copies n bytes, a multiple of 32, in the given order.
//
//go:noescape
func swapAVX2(dst, src *byte, n int, order *[32]byte)

// swapBlocks does what CopySwapped does, for as many leading bytes as it
// returns.
func swapBlocks(dst, src []byte, part int) int {
	n := len(dst) &^ 31
	if !hasAVX2 || n == 0 || part != 2 && part != 4 && part != 8 {
		return 0
	}
	swapAVX2(&dst[0], &src[0], n, &swapOrder[part])
	return n
}
