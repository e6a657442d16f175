package integration

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func (s *writeModel) open(rt *rapid.T) {
	if len(s.files) == 4 {
		rt.Skip("enough files are open")
	}
	flags := rapid.SampledFrom([]int{os.O_RDONLY, os.O_RDWR, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_TRUNC}).Draw(rt, "flags")
	name, places := s.draw(rt)
	file, err := os.OpenFile(s.m.path(name), flags, 0)
	if err != nil {
		rt.Fatalf("open: %v", err)
	}
	f := &modelFile{File: file, name: name, places: places, write: flags != os.O_RDONLY}
	s.t.Cleanup(func() { file.Close() })
	f.head = stat(s.t, file.Name()).Size - int64(len(places))*2
	s.files = append(s.files, f)
	if flags&os.O_TRUNC != 0 {
		s.change(places, 0, bytes.Repeat(number(s.a.fill)[:2], len(places)))
	}
}

// part draws a range of the bytes of a file behind its header.
func part(rt *rapid.T, f *modelFile) (off int64, n int) {
	size := int64(len(f.places)) * 2
	off = rapid.Int64Range(0, size-1).Draw(rt, "offset")
	if rapid.IntRange(0, 3).Draw(rt, "all") == 0 {
		off = 0
	}
	return off, int(rapid.Int64Range(1, size-off).Draw(rt, "bytes"))
}

func (s *writeModel) write(rt *rapid.T) {
	f := s.pick(rt, true)
	off, n := part(rt, f)
	s.seed++
	data := noise(s.seed, n)
	if rapid.IntRange(0, 4).Draw(rt, "fill") == 0 {
		data = bytes.Repeat(number(s.a.fill)[:2], n/2+1)[off%2:][:n]
	}
	if got, err := f.WriteAt(data, f.head+off); err != nil || got != n {
		rt.Fatalf("%s: wrote %d of %d bytes at %d: %v", f.name, got, n, off, err)
	}
	s.change(f.places, off, data)
}

func (s *writeModel) read(rt *rapid.T) {
	f := s.pick(rt, false)
	if flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0); err != nil || flags&unix.O_ACCMODE == unix.O_WRONLY {
		rt.Skip("opened for writing only")
	}
	off, n := part(rt, f)
	got := make([]byte, n)
	if _, err := f.ReadAt(got, f.head+off); err != nil {
		rt.Fatalf("%s: %d bytes at %d: %v", f.name, n, off, err)
	}
	expect(s.t, fmt.Sprintf("%s at %d", f.name, off), got, s.content(f)[off:][:n])
}

func (s *writeModel) truncate(rt *rapid.T) {
	f := s.pick(rt, true)
	if err := f.Truncate(f.head + int64(len(f.places))*2); err != nil {
		rt.Fatalf("%s: ftruncate to the same size: %v", f.name, err)
	}
}

// storeMapped stores through a mapping. Pages of it may be older than the last
// write through another file for a moment.
func (s *writeModel) storeMapped(rt *rapid.T) {
	name, places := s.draw(rt)
	file, err := os.OpenFile(s.m.path(name), os.O_RDWR, 0)
	if err != nil {
		rt.Fatalf("open: %v", err)
	}
	defer file.Close()
	f := &modelFile{File: file, name: name, places: places, head: stat(s.t, file.Name()).Size - int64(len(places))*2}
	data, err := unix.Mmap(int(file.Fd()), 0, int(f.head)+2*len(places), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		rt.Fatalf("mmap: %v", err)
	}
	want := s.content(f)
	eventually(s.t, "the mapping of "+name+" is up to date", func() bool { return bytes.Equal(touch(data).data[f.head:], want) })
	off, n := part(rt, f)
	s.seed++
	copy(data[f.head+off:], noise(s.seed, n))
	if err := unix.Msync(data, unix.MS_SYNC); err != nil {
		rt.Fatalf("msync: %v", err)
	}
	s.change(places, off, noise(s.seed, n))
	s.durable()
	if err := unix.Munmap(data); err != nil {
		rt.Fatalf("munmap: %v", err)
	}
}

func (s *writeModel) sync(rt *rapid.T) {
	f := s.pick(rt, true)
	if err := f.Sync(); err != nil {
		rt.Fatalf("%s: fsync: %v", f.name, err)
	}
	s.durable()
}

func (s *writeModel) close(rt *rapid.T) {
	f := s.pick(rt, false)
	if err := f.Close(); err != nil {
		rt.Fatalf("%s: close: %v", f.name, err)
	}
	s.files = slices.DeleteFunc(s.files, func(g *modelFile) bool { return f == g })
	if f.write {
		s.durable()
	}
}

// outside lets another program replace a chunk to which nothing was written
// that may not be stored.
func (s *writeModel) outside(rt *rapid.T) {
	var free [][]int64
	for cell := range s.a.cells() {
		if !s.touched[fmt.Sprint(cell)] {
			free = append(free, slices.Clone(cell))
		}
	}
	if !s.fresh || len(free) == 0 || s.a.key(free[0]) == "" {
		rt.Skip("nothing to replace")
	}
	cell := free[rapid.IntRange(0, len(free)-1).Draw(rt, "cell")]
	s.seed++
	places := s.a.places(s.a.box(cell))
	data := noise(s.seed, 2*len(places))
	for _, version := range append(s.versions, s.a.data) {
		for i, at := range places {
			copy(version[at:at+2], data[2*i:])
		}
	}
	s.a.storeCell(s.t, cell)
}

// drop closes everything.
func (s *writeModel) drop(rt *rapid.T, lost bool) {
	for _, f := range s.files {
		if err := f.Close(); err != nil && !lost {
			rt.Fatalf("%s: close: %v", f.name, err)
		}
	}
	s.files = nil
}

func (s *writeModel) remount(rt *rapid.T) {
	s.drop(rt, false)
	s.m.stop()
	s.durable()
	s.m = writable(s.t, s.spec)
}

// crash ends the program, and looks at what is stored: each chunk must be as it
// was at some time since everything was durable, or at a time in a write.
func (s *writeModel) crash(rt *rapid.T) {
	s.m.kill()
	s.drop(rt, true)
	s.m = writable(s.t, s.spec)
	now := bytes.Clone(s.a.data)
	file := readFile(s.t, s.m.path("array.raw"))
	for i, at := range s.a.places(s.a.whole()) {
		copy(now[at:at+2], file[2*i:])
	}
	for cell := range s.a.cells() {
		if !s.left(s.a.places(s.a.box(cell)), now) {
			rt.Fatalf("chunk %v is as it never was, after %d writes", cell, len(s.versions)-1)
		}
	}
	s.a.data = now
	s.durable()
}

// left reports whether the elements at places are those of a version, or of two
// that follow each other.
func (s *writeModel) left(places []int64, now []byte) bool {
	for i, before := range s.versions {
		after, ok := s.versions[min(i+1, len(s.versions)-1)], true
		for _, at := range places {
			for b := at; b < at+2; b++ {
				ok = ok && (now[b] == before[b] || now[b] == after[b])
			}
		}
		if ok {
			return true
		}
	}
	return false
}

// look compares all elements.
func (s *writeModel) look(*rapid.T) {
	expect(s.t, "the array", readFile(s.t, s.m.path("array.raw")), s.a.payload(s.a.whole()))
}
