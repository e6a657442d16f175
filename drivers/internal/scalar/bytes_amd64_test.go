package scalar

import "testing"

// eachKernel runs a test with the assembly, where the machine has what it
// needs, and without.
func eachKernel(t *testing.T, test func(*testing.T)) {
	avx2 := hasAVX2
	defer func() { hasAVX2 = avx2 }()
	if avx2 {
		t.Run("avx2", test)
	}
	hasAVX2 = false
	t.Run("portable", test)
}
