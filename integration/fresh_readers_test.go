package integration

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// errFault is what a mapping gives where its file cannot be read (SIGBUS).
var errFault = errors.New("SIGBUS")

// freshReaders are what looks at a subject: some of it since before the change.
type freshReaders struct {
	*subject
	m        *mount
	raw, npy *os.File
	touched  []byte // a mapping that has been read
	mapped   []byte // a mapping that has not, of a file of its own
	modified time.Time
}

// look opens everything that is kept over the change and reads all of it, so
// that it is cached.
func look(t *testing.T, m *mount, s *subject) *freshReaders {
	t.Helper()
	r := &freshReaders{subject: s, m: m, raw: m.openFile(s.change + "/" + s.file)}
	expect(t, s.change+": at first", whole(t, r.raw, len(s.old)), s.old)
	r.modified = r.mtime(t)
	if s.kind == "attributes" {
		return r
	}
	r.npy = m.openFile(s.change + "/array.npy")
	r.expectOld(t, "npy", contentOf(r.npy, true))
	r.touched = mapFile(t, r.raw)
	r.expectOld(t, "mapping", touch(r.touched))
	r.mapped = mapFile(t, m.openFile(s.change+"/at/0:6,0:8.raw"))
	if n := len(names(t, m.path(s.change+"/slices/0"))); n != s.slices[0] {
		t.Errorf("%s: there are %d slices, want %d", s.change, n, s.slices[0])
	}
	return r
}

func (r *freshReaders) expectOld(t *testing.T, what string, got result) {
	t.Helper()
	if got.err != nil {
		t.Fatalf("%s: %s: %v", r.change, what, got.err)
	}
	expect(t, r.change+": "+what, got.data, r.old)
}

func (r *freshReaders) mtime(t *testing.T) time.Time {
	t.Helper()
	st := stat(t, r.m.path(r.change+"/"+r.file))
	return time.Unix(st.Mtim.Unix())
}

// result is what a reader got.
type result struct {
	data []byte
	err  error
}

// contentOf reads all of a file, of an npy file what is behind the header.
func contentOf(f *os.File, npy bool) result {
	buf := make([]byte, 4096)
	n, err := f.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return result{err: err}
	}
	data := buf[:n]
	if npy {
		data = data[10+binary.LittleEndian.Uint16(data[8:]):]
	}
	return result{data: data}
}

// opened is contentOf of a file that is opened for it.
func opened(path string, npy bool) result {
	f, err := os.Open(path)
	if err != nil {
		return result{err: err}
	}
	defer f.Close()
	return contentOf(f, npy)
}

// mapFile maps a file as it is now; the mapping ends with the test.
func mapFile(t testing.TB, f *os.File) []byte {
	t.Helper()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(data); err != nil {
			t.Error(err)
		}
	})
	return data
}

// touch reads a mapping.
func touch(mapping []byte) (r result) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			r = result{err: errFault}
		}
	}()
	return result{data: bytes.Clone(mapping)}
}

// mappedAnew maps a file that is opened for it, and reads the mapping.
func mappedAnew(path string) result {
	f, err := os.Open(path)
	if err != nil {
		return result{err: err}
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return result{err: err}
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return result{err: err}
	}
	defer func() { _ = unix.Munmap(data) }() // it was mapped just now
	return touch(data)
}

// mappedOrRead reads a file in one way or the other.
func mappedOrRead(path string, mapped bool) result {
	if mapped {
		return mappedAnew(path)
	}
	data, err := os.ReadFile(path)
	return result{data, err}
}

// see returns what a reader sees: old, new, or how it fails.
func (r *freshReaders) see(t *testing.T, reader string) string {
	t.Helper()
	file := r.m.path(r.change + "/" + r.file)
	npy := r.m.path(r.change + "/array.npy")
	switch reader {
	case "kept fd", "kept fd, last":
		return r.verdict(contentOf(r.raw, false))
	case "kept npy", "kept npy, last":
		return r.verdict(contentOf(r.npy, true))
	case "kept mapping, read before":
		return r.verdict(touch(r.touched))
	case "kept mapping, read now":
		return r.verdict(touch(r.mapped))
	case "stat":
		return r.size(file)
	case "readdir":
		return r.list()
	case "new open":
		return r.verdict(opened(file, false))
	case "new mapping":
		return r.verdict(mappedAnew(file))
	case "new npy":
		return r.verdict(opened(npy, true))
	case "mtime":
		return r.times(t)
	}
	t.Fatalf("there is no reader %q", reader)
	return ""
}

func (r *freshReaders) verdict(got result) string {
	switch {
	case got.err != nil:
		return freshFailure(got.err)
	case bytes.Equal(got.data, r.new):
		return "new"
	case bytes.Equal(got.data, r.old):
		return "old"
	}
	return fmt.Sprintf("%d bytes that are neither old nor new: %x", len(got.data), got.data)
}

// freshFailure names an error as the table does.
func freshFailure(err error) string {
	switch {
	case errors.Is(err, syscall.ESTALE):
		return "ESTALE"
	case errors.Is(err, syscall.ENOENT):
		return "ENOENT"
	}
	return err.Error()
}

func (r *freshReaders) size(path string) string {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return freshFailure(err)
	}
	return which(int(st.Size), len(r.old), len(r.new))
}

func (r *freshReaders) list() string {
	entries, err := os.ReadDir(r.m.path(r.change + "/slices/0"))
	if err != nil {
		return freshFailure(err)
	}
	return which(len(entries), r.slices[0], r.slices[1])
}

// which tells the number before the change from the one after it.
func which(got, before, after int) string {
	switch {
	case got == before && got == after:
		return "new" // no difference to be seen
	case got == after:
		return "new"
	case got == before:
		return "old"
	}
	return fmt.Sprint(got)
}

func (r *freshReaders) times(t *testing.T) string {
	t.Helper()
	now := r.mtime(t)
	switch {
	case now.After(r.modified):
		return "new"
	case now.Equal(r.modified):
		return "old"
	}
	return fmt.Sprintf("back by %v", r.modified.Sub(now))
}
