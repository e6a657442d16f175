//go:build !amd64

package scalar

import "testing"

func eachKernel(t *testing.T, test func(*testing.T)) { t.Run("portable", test) }
