package integration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestFsx is the exerciser of file systems of that name (Apple, 1988) for files
// whose size is fixed: reads, writes and mappings of one file in random order,
// compared with a buffer. $TSMOUNT_LONG runs more, $TSMOUNT_SEED the same again.
func TestFsx(t *testing.T) {
	rounds, ops, seed := len(kinds), 300, uint64(time.Now().UnixNano())
	if long {
		rounds, ops = 10*len(kinds), 4000
	}
	if s, err := strconv.ParseUint(os.Getenv("TSMOUNT_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("TSMOUNT_SEED=%d", seed)
	for i := range rounds {
		kind, bound := kinds[i%len(kinds)], []any{true, "open", false}[i%3]
		t.Run(fmt.Sprint(kind, "/", bound), func(t *testing.T) {
			limits := object{}
			if i%2 == 0 {
				limits = object{"total_bytes_limit": 100_000, "queued_for_writeback_bytes_limit": 50_000}
			}
			runFsx(t, kind, object{"recheck_cached_data": bound, "context": object{"cache_pool": limits}}, fmt.Sprint(seed+uint64(i)), fmt.Sprint(ops))
		})
	}
}

// runFsx lets a child exercise array.raw of a mount, and compares what it leaves.
func runFsx(t *testing.T, kind string, more object, seed, ops string) {
	a := makeTarget(t, kind, []int64{64, 110, 100}, []int64{15, 32, 27}, 0)
	m := writable(t, a.spec(more))
	last := filepath.Join(folder(t, "fsx"), "last")
	run := child("fsx", m.path("array.raw"), seed, ops, last)
	limit := time.AfterFunc(mountLimit-10*time.Second, m.abort) // a child in a fault cannot be killed
	text, err := run.CombinedOutput()
	limit.Stop()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	m.kill() // it was closed
	expect(t, "after a crash", readFile(t, start(t, a.spec()).path("array.raw")), readFile(t, last))
}

// fsx is one run: a file, what it must hold, and what was done last.
type fsx struct {
	path string
	file *os.File
	want []byte
	r    *rand.Rand
	done []string
}

// playFsx does random things to a file: FILE SEED COUNT LAST. LAST gets what the
// file has at the end.
func playFsx(args []string) (err error) {
	seed, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	x := &fsx{path: args[0], r: rand.New(rand.NewPCG(seed, 0))}
	if x.want, err = os.ReadFile(x.path); err != nil {
		return err
	}
	if x.file, err = os.OpenFile(x.path, os.O_RDWR, 0); err != nil {
		return err
	}
	steps := []func() (string, error){x.read, x.read, x.write, x.write, x.mapRead, x.mapWrite, x.mapWrite, x.rare}
	for n := range count {
		what, err := steps[x.r.IntN(len(steps))]()
		x.done = append(x.done[max(0, len(x.done)-30):], what)
		if err != nil {
			return fmt.Errorf("operation %d: %w, after\n%s", n, err, strings.Join(x.done, "\n"))
		}
	}
	if err := x.file.Close(); err != nil {
		return err
	}
	return os.WriteFile(args[3], x.want, 0o600)
}

// area draws a range of the file, short ones as often as long ones.
func (x *fsx) area() (off, n int) {
	off = x.r.IntN(len(x.want))
	return off, 1 + x.r.IntN(min(len(x.want)-off, 1<<(4+x.r.IntN(14))))
}

func (x *fsx) compare(got []byte, off int) error {
	want := x.want[off : off+len(got)]
	if bytes.Equal(got, want) {
		return nil
	}
	first, bad := -1, 0
	for i := range got {
		if got[i] != want[i] {
			if bad++; first < 0 {
				first = i
			}
		}
	}
	return fmt.Errorf("%d bytes differ, the first at %d: got %#x, want %#x", bad, off+first, got[first], want[first])
}

func (x *fsx) read() (string, error) {
	off, n := x.area()
	got := make([]byte, n)
	what := fmt.Sprintf("read %d+%d", off, n)
	if _, err := x.file.ReadAt(got, int64(off)); err != nil {
		return what, err
	}
	return what, x.compare(got, off)
}

func (x *fsx) write() (string, error) {
	off, n := x.area()
	x.fill(x.want[off : off+n])
	_, err := x.file.WriteAt(x.want[off:off+n], int64(off))
	return fmt.Sprintf("write %d+%d", off, n), err
}

// fill makes bytes new, zeros now and then.
func (x *fsx) fill(data []byte) {
	add := uint64(0)
	if x.r.IntN(8) > 0 {
		add = x.r.Uint64() | 1
	}
	for i := range data {
		data[i] = byte(add * uint64(i+1) >> 24)
	}
}

// mapped calls f with a mapping of the whole file.
func (x *fsx) mapped(protection int, f func([]byte) error) error {
	data, err := unix.Mmap(int(x.file.Fd()), 0, len(x.want), protection, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	if err := f(data); err != nil {
		return err
	}
	return unix.Munmap(data)
}

func (x *fsx) mapRead() (string, error) {
	off, n := x.area()
	return fmt.Sprintf("map read %d+%d", off, n), x.mapped(unix.PROT_READ, func(data []byte) error { return x.compare(data[off:off+n], off) })
}

// mapWrite stores into a mapping, with msync or without.
func (x *fsx) mapWrite() (string, error) {
	off, n := x.area()
	sync := x.r.IntN(2) == 0
	return fmt.Sprintf("map write %d+%d, msync %v", off, n, sync), x.mapped(unix.PROT_READ|unix.PROT_WRITE, func(data []byte) error {
		x.fill(x.want[off : off+n])
		copy(data[off:], x.want[off:off+n])
		if !sync {
			return nil
		}
		return unix.Msync(data, unix.MS_SYNC)
	})
}

// rare is what happens less often.
func (x *fsx) rare() (string, error) {
	switch x.r.IntN(4) {
	case 0:
		return "fsync", x.file.Sync()
	case 1:
		return "truncate", x.file.Truncate(int64(len(x.want)))
	case 2:
		return "fallocate", unix.Fallocate(int(x.file.Fd()), 0, 0, int64(len(x.want)))
	}
	if err := x.file.Close(); err != nil {
		return "close", err
	}
	var err error
	x.file, err = os.OpenFile(x.path, os.O_RDWR, 0)
	return "close, open", err
}
