//go:build !amd64

package codec

import "testing"

// eachKernel runs the test with the only kernels there are.
func eachKernel(t *testing.T, test func(*testing.T)) { t.Run("portable", test) }
