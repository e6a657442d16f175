package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"tsmount/resources"
)

// settle is how long after the start memory is given back that starting took.
const settle = 500 * time.Millisecond

// leanRuntime makes the collector prefer a small heap: what a daemon holds for
// long are a few words per mount and chunk buffers that are recycled, so that
// collecting more often costs little.
//
// It also lets one more thread run Go than there are processors: one waits in
// the kernel for the next request, and the scheduler, which takes it for busy,
// notices only after up to 20 ms. How much is computed at a time is limited by
// data_copy_concurrency. GOGC and GOMAXPROCS, when set, are obeyed.
func leanRuntime() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(resources.Processors() + 1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	time.AfterFunc(settle, debug.FreeOSMemory)
}
