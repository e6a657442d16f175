package integration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// smallTarget makes an array with edges everywhere, of 7 x 10 x 12 elements.
func smallTarget(t testing.TB, kind string) *target {
	t.Helper()
	return makeTarget(t, kind, []int64{7, 10, 12}, []int64{3, 4, 5}, 42)
}

// anyBytesAnywhere lets several handles write pieces of a permutation of all
// bytes at the same time.
func anyBytesAnywhere(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			a := smallTarget(t, kind)
			m := writable(t, a.spec())
			want := noise(1, len(a.data))
			r := rand.New(rand.NewPCG(3, 4))
			var pieces [][2]int
			for lo := 0; lo < len(want); {
				hi := min(len(want), lo+1+r.IntN(23))
				pieces = append(pieces, [2]int{lo, hi})
				lo = hi
			}
			r.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
			var writers sync.WaitGroup
			for i := range 4 {
				writers.Go(func() {
					f, err := os.OpenFile(m.path("array.raw"), os.O_RDWR, 0)
					if err != nil {
						t.Error(err)
						return
					}
					for _, p := range pieces[i*len(pieces)/4 : (i+1)*len(pieces)/4] {
						if n, err := f.WriteAt(want[p[0]:p[1]], int64(p[0])); n != p[1]-p[0] || err != nil {
							t.Errorf("%d bytes of %v, %v", n, p, err)
						}
					}
					if err := f.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			writers.Wait()
			expect(t, "through the mount", readFile(t, m.path("array.raw")), want)
			m.stop()
			expect(t, "through another mount", readFile(t, start(t, a.spec()).path("array.raw")), want)
		})
	}
}

// equivalentHeader says the same as the header of an npy file in other bytes.
func equivalentHeader(own []byte) []byte {
	dict := bytes.TrimRight(own[10:], " \n")
	other := bytes.Replace(dict, []byte("{'descr': "), []byte("{  'descr':"), 1)
	header := append(bytes.Clone(own[:10]), other...)
	for len(header) < len(own)-1 {
		header = append(header, ' ')
	}
	return append(header, '\n')
}

func headersAreJudged(t *testing.T) {
	a := smallTarget(t, "zarr")
	m := writable(t, a.spec())
	file := readFile(t, m.path("array.npy"))
	head := len(file) - len(a.data)
	own := file[:head]
	equivalent := equivalentHeader(own)
	if bytes.Equal(own, equivalent) {
		t.Fatal("the equivalent header is the same")
	}
	other := bytes.Replace(own, []byte("(7,"), []byte("(8,"), 1)
	f := m.openFlags("array.npy", os.O_RDWR)
	put(t, f, own, 0)
	put(t, f, equivalent, 0)
	for _, cut := range []int{1, 11, head - 1} { // in two pieces, the last one first
		put(t, f, equivalent[cut:], int64(cut))
		put(t, f, equivalent[:cut], 0)
	}
	_, err := f.WriteAt(other, 0)
	expectErrno(t, "a header of another shape", err, syscall.EINVAL)
	if err := f.Sync(); err != nil {
		t.Errorf("fsync after a header that was refused: %v", err)
	}
	g := m.openFlags("array.npy", os.O_RDWR)
	put(t, g, other[:head/2], 0) // may become anything yet
	_, err = g.WriteAt(other[head/2:], int64(head/2))
	expectErrno(t, "the second half of that header", err, syscall.EINVAL)
	h := m.openFlags("array.npy", os.O_RDWR)
	at := bytes.Index(other, []byte("(8,"))
	put(t, h, other[:at+3], 0)
	expectErrno(t, "fsync of half a header", h.Sync(), syscall.EINVAL)
	c := m.openFlags("array.npy", os.O_RDWR)
	put(t, c, other[:at+3], 0)
	expectErrno(t, "close of half a header", c.Close(), syscall.EINVAL)
	expect(t, "the file afterwards", readFile(t, m.path("array.npy")), file)
}

func sizesAreFixed(t *testing.T) {
	a := smallTarget(t, "zarr")
	m := writable(t, a.spec())
	size := int64(len(a.data))
	f := m.openFlags("array.raw", os.O_RDWR)
	for n, want := range map[int64]syscall.Errno{0: syscall.EINVAL, size - 1: syscall.EINVAL, size + 1: syscall.EFBIG, size * 100: syscall.EFBIG} {
		expectErrno(t, fmt.Sprintf("ftruncate to %d", n), f.Truncate(n), want)
		expectErrno(t, fmt.Sprintf("truncate to %d", n), os.Truncate(m.path("array.raw"), n), want)
	}
	if err := f.Truncate(size); err != nil {
		t.Errorf("ftruncate to the same size: %v", err)
	}
	if err := os.Truncate(m.path("array.raw"), size); err != nil {
		t.Errorf("truncate to the same size: %v", err)
	}
	for off, n := range map[int64]int{size - 3: 4, size: 1, size + 100: 1, 0: int(size) + 1} {
		got, err := f.WriteAt(noise(2, n), off)
		expectErrno(t, fmt.Sprintf("%d bytes at %d", n, off), err, syscall.EFBIG)
		if got != 0 {
			t.Errorf("%d of %d bytes at %d were taken", got, n, off)
		}
	}
	end := m.openFlags("array.raw", os.O_WRONLY|os.O_APPEND)
	_, err := end.Write([]byte{1})
	expectErrno(t, "O_APPEND", err, syscall.EFBIG)
	put(t, f, a.data[size-3:], size-3) // up to the end
	expect(t, "the array", readFile(t, m.path("array.raw")), a.data)
	if got := stat(t, m.path("array.raw")).Size; got != size {
		t.Errorf("the size is %d, was %d", got, size)
	}
}

func boolsAreChecked(t *testing.T) {
	a := makeTarget(t, "zarr", []int64{4, 6}, []int64{2, 6}, 0)
	a.editMetadata(t, object{"dtype": "|b1", "fill_value": false})
	m := writable(t, a.spec())
	f := m.openFlags("array.raw", os.O_RDWR)
	put(t, f, []byte{1, 0, 1}, 3)
	n, err := f.WriteAt([]byte{1, 1, 2}, 0)
	expectErrno(t, "a bool that is 2", err, syscall.EINVAL)
	if n != 0 {
		t.Errorf("%d bytes were taken", n)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	want := make([]byte, 24)
	want[3], want[5] = 1, 1
	expect(t, "the array", readFile(t, m.path("array.raw")), want)
}

// truncationIsSeenByAll writes a full array and truncates a part of it at open.
func truncationIsSeenByAll(t *testing.T) {
	for _, kind := range kinds {
		for _, bound := range []any{true, "open", false} {
			t.Run(fmt.Sprint(kind, "/", bound), func(t *testing.T) {
				a := smallTarget(t, kind)
				copy(a.data, noise(5, len(a.data)))
				m := writable(t, a.spec(recheck(bound, "open")))
				m.putFile("array.raw", a.payload(a.whole()), 0)
				reader := m.openFile("array.raw")
				expect(t, "at first", whole(t, reader, len(a.data)), a.payload(a.whole()))
				cuts := a.whole()
				cuts[1] = cut{2, 9, 2, false}
				view := "at/:,2:9:2.raw"
				if len(cuts) == 4 {
					view = "at/:,2:9:2,:,:.raw"
				}
				f := m.openFlags(view, os.O_WRONLY|os.O_TRUNC)
				for _, at := range a.places(cuts) {
					copy(a.data[at:at+2], number(a.fill))
				}
				expect(t, "through a file that was open", whole(t, reader, len(a.data)), a.payload(a.whole()))
				expect(t, "through another", readFile(t, m.path("array.raw")), a.payload(a.whole()))
				put(t, f, []byte{1, 2, 3, 4}, 2)
				places := a.places(cuts)
				copy(a.data[places[1]:], []byte{1, 2})
				copy(a.data[places[2]:], []byte{3, 4})
				expect(t, "with new elements", whole(t, reader, len(a.data)), a.payload(a.whole()))
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				m.kill()
				expect(t, "after a crash", readFile(t, start(t, a.spec()).path("array.raw")), a.payload(a.whole()))
			})
		}
	}
}

// truncationDeletes expects that chunks which are erased as a whole are not
// stored any more once the file is closed.
func truncationDeletes(t *testing.T) {
	for _, kind := range []string{"zarr", "zarr3", "n5", "precomputed"} {
		a := smallTarget(t, kind)
		copy(a.data, noise(6, len(a.data)))
		for cell := range a.cells() {
			a.storeCell(t, cell)
		}
		settle()
		m := writable(t, a.spec())
		f := m.openFlags("slices/0/6.raw", os.O_WRONLY|os.O_TRUNC) // chunks with index 2 have nothing else
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for cell := range a.cells() {
			if _, err := os.Stat(a.key(cell)); (err == nil) != (cell[0] < 2) {
				t.Errorf("%s: chunk %v: %v", kind, cell, err)
			}
		}
		cuts := a.whole()
		cuts[0] = cut{6, 7, 1, true}
		for _, at := range a.places(cuts) {
			copy(a.data[at:], number(a.fill)[:2])
		}
		expect(t, kind, readFile(t, m.path("array.raw")), a.payload(a.whole()))
	}
}

// gapsAreLogged truncates a file and writes it with a gap, and without.
func gapsAreLogged(t *testing.T) {
	for fill, want := range map[uint64]int{0: 0, 42: 1} {
		a := makeTarget(t, "zarr", []int64{7, 10}, []int64{3, 4}, fill)
		m := writable(t, a.spec())
		copy(a.data, noise(7, len(a.data)))
		for _, gap := range []int{40, 0} {
			f := m.openFlags("array.raw", os.O_WRONLY|os.O_TRUNC)
			put(t, f, a.data[gap:], int64(gap))
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			said := m.said()
			if got := strings.Count(said, "the rest is the fill value"); got != want || want > 0 && !strings.Contains(said, "bytes=40") {
				t.Errorf("fill %d, gap %d: %d warnings, want %d that name 40 bytes:\n%s", fill, gap, got, want, said)
			}
		}
	}
}

// spaceIsReserved calls what programs call before or instead of writing.
func spaceIsReserved(t *testing.T) {
	a := smallTarget(t, "zarr")
	copy(a.data, noise(8, len(a.data)))
	m := writable(t, a.spec())
	size := int64(len(a.data))
	f := m.openFlags("array.raw", os.O_RDWR)
	from, err := os.CreateTemp(work, "source-")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	put(t, from, a.data, 0)
	copyRange(t, int(from.Fd()), int(f.Fd()), size)
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	expect(t, "after copy_file_range", readFile(t, m.path("array.raw")), a.data)
	out, err := os.CreateTemp(work, "copy-")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	copyRange(t, int(f.Fd()), int(out.Fd()), size)
	expect(t, "copied out", readFile(t, out.Name()), a.data)
	row := m.openFlags("slices/0/1.raw", os.O_RDWR) // of the same file system
	n, err := unix.CopyFileRange(int(m.openFile("slices/0/0.raw").Fd()), nil, int(row.Fd()), nil, 240, 0)
	if n != 240 || err != nil {
		t.Errorf("copy_file_range from slice to slice: %d of 240 bytes, %v", n, err)
	}
	copy(a.data[240:480], a.data[:240])
	expect(t, "after copy_file_range from slice to slice", readFile(t, m.path("array.raw")), a.data)
	fd := int(f.Fd())
	if err := unix.Fallocate(fd, 0, 10, size-10); err != nil {
		t.Errorf("fallocate inside the file: %v", err)
	}
	expectErrno(t, "fallocate beyond the end", unix.Fallocate(fd, 0, size-10, 11), syscall.EFBIG)
	for what, mode := range map[string]uint32{
		"punching a hole": unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE,
		"zeroing a range": unix.FALLOC_FL_ZERO_RANGE, "collapsing a range": unix.FALLOC_FL_COLLAPSE_RANGE,
	} {
		expectErrno(t, what, unix.Fallocate(fd, mode, 0, 4096), syscall.EOPNOTSUPP)
	}
	expect(t, "at the end", readFile(t, m.path("array.raw")), a.data)
}

// copyRange copies as cp does: where the kernel cannot copy between the two
// file systems itself, by reading and writing.
func copyRange(t *testing.T, from, to int, size int64) {
	t.Helper()
	for at := int64(0); at < size; {
		in, out := at, at
		n, err := unix.CopyFileRange(from, &in, to, &out, int(size-at), 0)
		if err == syscall.EXDEV || err == syscall.EOPNOTSUPP || err == syscall.EINVAL {
			buf := make([]byte, size-at)
			if n, err = unix.Pread(from, buf, at); err == nil {
				n, err = unix.Pwrite(to, buf[:n], at)
			}
		}
		if err != nil || n == 0 {
			t.Fatalf("copying at %d: %d bytes, %v", at, n, err)
		}
		at += int64(n)
	}
}
