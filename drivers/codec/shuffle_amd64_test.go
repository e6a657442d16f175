package codec

import "testing"

// eachKernel runs the test with each set of kernels that this machine has.
func eachKernel(t *testing.T, test func(*testing.T)) {
	avx2 := hasAVX2
	defer func() { hasAVX2 = avx2 }()
	if avx2 {
		t.Run("avx2", test)
	}
	hasAVX2 = false
	t.Run("portable", test)
}
