//go:build !amd64

package codec

// zstdFast reports whether there is a fast loop. Without it the library is
// faster.
func zstdFast() bool { return false }

// zstdSequences has no fast form here: it executes nothing.
func zstdSequences(*zstdRun) {}
