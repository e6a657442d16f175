//go:build !amd64

package scalar

// swapBlocks has no fast form here: it copies nothing.
func swapBlocks(dst, src []byte, part int) int { return 0 }
