package cache

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryLimit returns the bytes that the process may use: the smallest of the
// machine's memory, the limits of its control groups and Go's own soft limit.
func memoryLimit() int64 {
	limit := meminfoTotal()
	for _, file := range cgroupLimitFiles() {
		if n, ok := readBytes(file); ok {
			limit = min(limit, n)
		}
	}
	if soft := debug.SetMemoryLimit(-1); soft < math.MaxInt64 {
		limit = min(limit, soft)
	}
	return limit
}

// MemoryLimit is how many bytes the process may use: the machine's memory or
// less, where a control group or GOMEMLIMIT says so.
func MemoryLimit() int64 { return memoryLimit() }

// meminfoTotal returns the machine's memory, 1 GiB where it cannot be known.
func meminfoTotal() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 1 << 30
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			if kib, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return kib << 10
			}
		}
	}
	return 1 << 30
}

// cgroupLimitFiles lists the files that may hold a memory limit of one of the
// process's control groups, version 2 (each level) or 1.
func cgroupLimitFiles() []string {
	files := []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return files
	}
	for line := range strings.Lines(string(data)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		for ; ok && path != "/" && path != ""; path = path[:strings.LastIndexByte(path, '/')] {
			files = append(files, "/sys/fs/cgroup"+path+"/memory.max")
		}
	}
	return files
}

func readBytes(file string) (int64, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64) // "max" is no number
	return n, err == nil && n > 0
}
