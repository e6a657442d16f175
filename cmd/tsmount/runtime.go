package main

import (
	"os"
	"runtime/debug"
	"time"
)

// settle is how long after the start memory is given back that starting took.
const settle = 500 * time.Millisecond

// leanRuntime makes the collector prefer a small heap: what a daemon holds for
// long are a few words per mount and chunk buffers that are recycled, so that
// collecting more often costs little. GOGC, when set, is obeyed.
func leanRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	time.AfterFunc(settle, debug.FreeOSMemory)
}
