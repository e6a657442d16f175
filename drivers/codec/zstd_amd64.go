package codec

import "golang.org/x/sys/cpu"

// zstdFast reports whether there is a fast loop. Without it the library is
// faster.
func zstdFast() bool { return hasAVX2 && cpu.X86.HasBMI2 }

//go:noescape
func zstdSequencesBMI2(r *zstdRun)

// zstdSequences executes sequences until one is unusual or near an end, or the
// last. That one is left to the caller.
func zstdSequences(r *zstdRun) {
	if zstdFast() && r.left > 1 {
		zstdSequencesBMI2(r)
	}
}
