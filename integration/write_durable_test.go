package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// storedIsDurable ends the program as soon as a call has returned that makes
// what was written durable.
func storedIsDurable(t *testing.T) {
	for _, kind := range kinds {
		a := smallTarget(t, kind)
		for i, call := range []func(*os.File) error{
			func(f *os.File) error { return f.Sync() },
			func(f *os.File) error { return unix.Fdatasync(int(f.Fd())) },
			func(f *os.File) error { return f.Close() },
			func(f *os.File) error { // the close of one of two descriptors
				d, err := unix.Dup(int(f.Fd()))
				if err != nil {
					return err
				}
				return unix.Close(d)
			},
		} {
			t.Run(fmt.Sprint(kind, "/", i), func(t *testing.T) {
				m := writable(t, a.spec())
				f := m.openFlags("array.raw", os.O_RDWR)
				want := a.payload(a.whole())
				copy(want[100*i:], noise(i, len(want)-200*i))
				for i, at := range a.places(a.whole()) {
					copy(a.data[at:at+2], want[2*i:])
				}
				put(t, f, want, 0)
				if err := call(f); err != nil {
					t.Fatal(err)
				}
				m.kill()
				expect(t, "after a crash", readFile(t, start(t, a.spec()).path("array.raw")), want)
			})
		}
	}
}

// chunksAreOldOrNew kills the program while it stores chunks, and looks at each.
func chunksAreOldOrNew(t *testing.T) {
	for _, kind := range []string{"zarr", "zarr3 sharded", "precomputed sharded"} {
		a := makeTarget(t, kind, []int64{64, 64, 16}, []int64{16, 16, 8}, 0)
		for round := range 3 {
			m := writable(t, a.spec())
			f := m.openFlags("array.raw", os.O_RDWR)
			old := readFile(t, m.path("array.raw"))
			put(t, f, bytes.Repeat([]byte{byte(round + 1), 7}, len(old)/2), 0)
			go f.Sync() // ends with the program
			eventually(t, "something is being stored", func() bool { return len(listAll(t, a.dir)) > 4 || round > 0 })
			m.kill()
			again := start(t, a.spec())
			for cell := range a.cells() {
				name := "chunks/" + strings.Trim(strings.ReplaceAll(fmt.Sprint(cell), " ", "."), "[]") + ".raw"
				chunk := readFile(t, again.path(name))
				if bytes.Count(chunk, chunk[:2]) != len(chunk)/2 {
					t.Errorf("%s: chunk %v is a mix", kind, cell)
				}
			}
			again.stop()
		}
	}
}

// listAll returns the files below a folder, which may change meanwhile.
func listAll(t testing.TB, dir string) (list []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, path)
		}
		return nil
	})
	return list
}

func fillIsDeleted(t *testing.T) {
	for _, kind := range []string{"zarr", "zarr3", "n5", "precomputed"} {
		for _, keep := range []bool{false, true} {
			a := smallTarget(t, kind)
			copy(a.data, noise(11, len(a.data)))
			for cell := range a.cells() {
				a.storeCell(t, cell)
			}
			settle()
			m := writable(t, a.spec(object{"store_data_equal_to_fill_value": keep}))
			name, cell := "chunks/"+"1.1.2.0"[:2*len(a.shape)-1]+".raw", []int64{1, 1, 2, 0}[:len(a.shape)]
			size := stat(t, m.path(name)).Size
			fill := bytes.Repeat(number(a.fill)[:2], int(size/2))
			m.putFile(name, fill[:size/2], size/2) // each half alone is not all of it
			if _, err := os.Stat(a.key(cell)); err != nil {
				t.Errorf("%s: half of the chunk is fill: %v", kind, err)
			}
			m.putFile(name, fill[:size/2], 0)
			if _, err := os.Stat(a.key(cell)); (err == nil) != keep {
				t.Errorf("%s: store_data_equal_to_fill_value %v, chunk equal to fill: %v", kind, keep, err)
			}
			expect(t, kind, readFile(t, m.path(name)), fill)
		}
	}
}

// bordersKeepWhatLiesBeyond stores a chunk with data beyond the array, writes the
// part in the array, and lets the array grow.
func bordersKeepWhatLiesBeyond(t *testing.T) {
	for _, kind := range []string{"zarr", "zarr3"} {
		for _, exists := range []bool{true, false} {
			a := makeTarget(t, kind, []int64{6, 8}, []int64{4, 4}, 42)
			grown := makeTarget(t, kind, []int64{8, 8}, []int64{4, 4}, 42)
			if exists {
				copy(grown.data, noise(12, len(grown.data)))
				copy(a.data, grown.data)
				for cell := range grown.cells() {
					grown.storeCell(t, slices.Clone(cell))
				}
				if err := os.RemoveAll(a.dir); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(grown.dir, a.dir); err != nil {
					t.Fatal(err)
				}
				a.resize(t, 6)
				settle()
			}
			m := writable(t, a.spec())
			m.putFile("array.raw", noise(13, len(a.data)), 0) // each chunk as far as it shows
			m.putFile("array.raw", noise(14, 6), 5*16)        // and a part of a border chunk
			copy(grown.data, noise(13, len(a.data)))
			copy(grown.data[5*16:], noise(14, 6))
			a.resize(t, 8)
			expect(t, fmt.Sprintf("%s that has grown, chunks stored before: %v", kind, exists), readFile(t, start(t, a.spec()).path("array.raw")), grown.data)
		}
	}
}

// resize changes how many rows an array has.
func (a *target) resize(t testing.TB, rows int64) {
	t.Helper()
	name := map[string]string{"zarr": ".zarray", "zarr3": "zarr.json"}[a.driver]
	text := readFile(t, filepath.Join(a.dir, name))
	before, after, found := bytes.Cut(text, []byte(`"shape":[`))
	if !found {
		t.Fatalf("no shape in %s", text)
	}
	_, after, _ = bytes.Cut(after, []byte(","))
	renameInto(t, filepath.Join(a.dir, name), fmt.Appendf(nil, `%s"shape":[%d,%s`, before, rows, after))
}

// writersOfOneChunk lets two mounts write alternating elements of the same
// chunks at the same time.
func writersOfOneChunk(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			a := makeTarget(t, kind, []int64{8, 10, 12}, []int64{5, 4, 7}, 0)
			want := noise(15, len(a.data))
			mounts := []*mount{writable(t, a.spec(recheck(false, false))), writable(t, a.spec(recheck("open", "open")))}
			done := make(chan error, len(mounts))
			for i, m := range mounts {
				readFile(t, m.path("array.raw")) // so that both have chunks in their caches, soon old ones
				go func() { done <- writeEveryOther(m.path("array.raw"), want, i) }()
				stop := readOverAndOver(t, m.path("array.npy"))
				defer stop()
			}
			for range mounts {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			expect(t, "both writers' elements", readFile(t, start(t, a.spec()).path("array.raw")), want)
		})
	}
}

// readOverAndOver reads a file until it is told to stop.
func readOverAndOver(t *testing.T, path string) (stop func()) {
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ending:
				return
			default:
			}
			if _, err := os.ReadFile(path); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return func() {
		close(ending)
		<-ended
	}
}

// writeEveryOther writes the elements whose number is even, or odd, and fsyncs
// now and then.
func writeEveryOther(path string, data []byte, odd int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	for at, n := 2*odd, 0; at < len(data); at, n = at+4, n+1 {
		if _, err := f.WriteAt(data[at:at+2], int64(at)); err != nil {
			return err
		}
		if n%97 == 0 {
			if err := f.Sync(); err != nil {
				return err
			}
		}
	}
	return f.Close()
}

// goneArraysAreStale replaces or removes an array to which something was written
// that is not stored.
func goneArraysAreStale(t *testing.T) {
	for what, change := range map[string]func(a *target){
		"replaced": func(a *target) { a.editMetadata(t, object{"dtype": "<i4"}) },
		"deleted":  func(a *target) { discard(t, a.dir) },
	} {
		t.Run(what, func(t *testing.T) {
			a := smallTarget(t, "zarr")
			m := writable(t, a.spec(recheck(false, false)), "--drain-timeout", "2s")
			f := m.openFlags("array.raw", os.O_RDWR)
			put(t, f, a.data[:100], 3)
			change(a)
			eventually(t, "what was read of the metadata is old", func() bool {
				err := f.Sync()
				if err == nil { // within the second for which metadata are believed
					put(t, f, a.data[:100], 3)
				} else {
					expectErrno(t, "fsync", err, syscall.ESTALE)
				}
				return err != nil
			})
			expectErrno(t, "fsync once more", f.Sync(), syscall.ESTALE)
			expectErrno(t, "close", f.Close(), syscall.ESTALE)
			if !strings.Contains(m.said(), "lost") {
				t.Errorf("the log does not say that something is lost:\n%s", m.said())
			}
		})
	}
}
