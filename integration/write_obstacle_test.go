package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// obstruct puts a folder where a chunk is to be stored: that stops every user.
// It returns what takes it away.
func obstruct(t testing.TB, a *target, cell ...int64) func() {
	t.Helper()
	path := a.key(cell)
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

// whatCannotBeStoredStays puts something in the place of a chunk that is to be
// stored, and takes it away.
func whatCannotBeStoredStays(t *testing.T) {
	for _, kind := range []string{"zarr", "zarr3", "n5", "precomputed"} {
		t.Run(kind, func(t *testing.T) {
			a := smallTarget(t, kind)
			copy(a.data, noise(16, len(a.data)))
			want := a.payload(a.whole())
			m := writable(t, a.spec())
			clear := obstruct(t, a, []int64{1, 1, 1, 0}[:len(a.shape)]...)
			f := m.openFlags("array.raw", os.O_RDWR)
			put(t, f, want, 0)
			if err := f.Sync(); err == nil {
				t.Error("fsync succeeded although a chunk cannot be stored")
			}
			expect(t, "the array meanwhile", whole(t, f, len(want)), want)
			if err := f.Close(); err == nil {
				t.Error("close succeeded although a chunk cannot be stored")
			}
			clear()
			g := m.openFlags("array.raw", os.O_RDWR)
			if err := g.Sync(); err != nil {
				t.Errorf("fsync when nothing is in the way any more: %v", err)
			}
			m.kill()
			expect(t, "after a crash", readFile(t, start(t, a.spec()).path("array.raw")), want)
		})
	}
}

// fullStoresAreErrors fills the file system of the store.
func fullStoresAreErrors(t *testing.T) {
	dir := folder(t, "tmpfs")
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("cannot mount a small file system:", err)
	}
	t.Cleanup(func() { takeOff(dir) })
	a := makeTarget(t, "zarr", []int64{8, 4096}, []int64{1, 4096}, 0)
	if err := os.Rename(filepath.Join(a.dir, ".zarray"), a.dir+"z"); err != nil {
		t.Fatal(err)
	}
	a.dir = filepath.Join(dir, "a")
	if err := os.Mkdir(a.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	a.storeDocument(t, ".zarray", object{"zarr_format": 2, "shape": a.shape, "chunks": a.chunk, "dtype": "<u2", "order": "C", "fill_value": 0, "filters": nil, "compressor": nil})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 220<<10), 0o644); err != nil {
		t.Fatal(err)
	}
	m := writable(t, a.spec())
	want := noise(17, len(a.data))
	f := m.openFlags("array.raw", os.O_RDWR)
	put(t, f, want, 0)
	expectErrno(t, "fsync with a full store", f.Sync(), syscall.ENOSPC)
	expectErrno(t, "once more", f.Sync(), syscall.ENOSPC)
	expect(t, "meanwhile", whole(t, f, len(want)), want)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Errorf("fsync when there is room: %v", err)
	}
	expect(t, "the stored array", readFile(t, start(t, a.spec()).path("array.raw")), want)
	for _, name := range names(t, a.dir) {
		if len(name) > 3 && name != ".zarray" {
			t.Errorf("%s is left behind", name)
		}
	}
}

// endings are how a mount ends: each returns what the user is told.
var endings = map[string]func(t testing.TB, m *mount) string{
	"fusermount3": func(t testing.TB, m *mount) string {
		tool(t, "fusermount3", "-u", m.at)
		return ""
	},
	"tsmount umount": func(t testing.TB, m *mount) string {
		got := tsmount(t, "umount", m.at)
		if lost := strings.Contains(got.stderr, "lost"); lost != (got.status == 1) || !lost && got.status != 0 {
			t.Errorf("umount: status %d, %q", got.status, got.stderr)
		}
		return got.stderr
	},
	"SIGTERM": func(t testing.TB, m *mount) string { return m.signal(syscall.SIGTERM) },
	"SIGINT":  func(t testing.TB, m *mount) string { return m.signal(syscall.SIGINT) },
}

func (m *mount) signal(s syscall.Signal) string {
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Error(err)
	}
	return ""
}

// unmountsStore ends a mount in which something is dirty: once without an
// obstacle, then with one.
func unmountsStore(t *testing.T) {
	for how, end := range endings {
		for _, obstacle := range []bool{false, true} {
			t.Run(fmt.Sprint(how, "/", obstacle), func(t *testing.T) { unmountDirty(t, end, obstacle) })
		}
	}
}

func unmountDirty(t *testing.T, end func(testing.TB, *mount) string, obstacle bool) {
	a := smallTarget(t, "zarr")
	copy(a.data, noise(18, len(a.data)))
	m := writable(t, a.spec(), "--drain-timeout", "5s")
	clear := obstruct(t, a, 1, 1, 1) // so that the close leaves something dirty
	f := m.openFlags("array.raw", os.O_RDWR)
	put(t, f, a.data, 0)
	if err := f.Close(); err == nil {
		t.Error("close succeeded although a chunk cannot be stored")
	}
	if !obstacle {
		clear()
	}
	told := end(t, m)
	if !m.wait() {
		t.Fatal("the program did not end")
	}
	status, said := m.cmd.ProcessState.ExitCode(), m.said()
	last := said[strings.LastIndex(strings.TrimRight(said, "\n"), "\n")+1:]
	switch {
	case obstacle && (status != 1 || !strings.Contains(last, a.key([]int64{1, 1, 1}))):
		t.Errorf("status %d, want 1, and a last line that names the chunk:\n%s", status, said)
	case !obstacle && status != 0:
		t.Errorf("status %d, want 0:\n%s", status, said)
	case obstacle && told != "" && !strings.Contains(told, a.key([]int64{1, 1, 1})):
		t.Errorf("umount does not name what is lost: %q", told)
	}
	if !obstacle {
		expect(t, "the stored array", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
		return
	}
	clear()
	again := readFile(t, start(t, a.spec()).path("array.raw"))
	for cell := range a.cells() {
		for _, at := range a.places(a.box(cell)) {
			want := a.data[at : at+2]
			if cell[0] == 1 && cell[1] == 1 && cell[2] == 1 {
				want = number(a.fill)[:2]
			}
			if !bytes.Equal(again[at:at+2], want) {
				t.Fatalf("chunk %v: got %v, want %v", cell, again[at:at+2], want)
			}
		}
	}
}

// openFilesAreStored ends a mount with SIGTERM while a file is open that nobody
// has closed or fsynced.
func openFilesAreStored(t *testing.T) {
	a := smallTarget(t, "zarr")
	m := writable(t, a.spec(), "--drain-timeout", "1s")
	f := m.openFlags("array.raw", os.O_RDWR)
	put(t, f, noise(19, len(a.data)-50), 20)
	copy(a.data[20:], noise(19, len(a.data)-50))
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !m.wait() {
		t.Fatal("the program did not end")
	}
	if m.err != nil {
		t.Errorf("the program ended with %v\n%s", m.err, m.said())
	}
	expect(t, "the stored array", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
}
