package integration

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// medium is a volume of 4 MiB in 32 chunks of 128 KiB.
var medium = volume{dtype: "<u4", shape: []int64{64, 128, 128}, chunk: []int64{16, 32, 64}}

// openFile opens a file of the mount; it is closed when the test ends.
func (m *mount) openFile(name string) *os.File {
	m.t.Helper()
	f, err := os.Open(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { f.Close() })
	return f
}

func readsAreComplete(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	f := m.openFile("array.raw")
	size := int64(len(d.data))
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		off, n := r.Int64N(size+10), r.Int64N(size)
		buf := make([]byte, n)
		got, err := syscall.Pread(int(f.Fd()), buf, off)
		if err != nil {
			t.Fatal(err)
		}
		off = min(off, size)
		expect(t, fmt.Sprintf("%d bytes at %d", n, off), buf[:got], d.data[off:min(size, off+n)])
	}
}

func allFilesShowTheSame(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	npy := readFile(t, m.path("array.npy"))
	expect(t, "array.npy", npy[len(npy)-len(d.data):], d.data)
	for z := range small.shape[0] {
		want := d.payload([]cut{{z, z + 1, 1, true}, {0, 10, 1, false}, {0, 12, 1, false}})
		for _, name := range []string{"slices/0/%d.raw", "at/%d.raw", "slices/0/%d/array.raw", "at/%d/array.raw", "at/0=%d.raw"} {
			file := fmt.Sprintf(name, z)
			if strings.Contains(name, "=") {
				expectMissing(t, m.path(file)) // the dimension has no label
				continue
			}
			expect(t, file, readFile(t, m.path(file)), want)
		}
	}
}

func npyHeaderIsNumPys(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	dict := "{'descr': '<u2', 'fortran_order': False, 'shape': (7, 10, 12), }"
	header := "\x93NUMPY\x01\x00\x76\x00" + dict + strings.Repeat(" ", 128-10-len(dict)-1) + "\n"
	got := readFile(t, m.path("array.npy"))
	expect(t, "the header", got[:128], []byte(header))
	fortran := small
	fortran.order = "F"
	m = start(t, makeDataset(t, fortran).spec())
	got = readFile(t, m.path("array.npy"))
	if !bytes.Contains(got[:128], []byte("'fortran_order': True")) {
		t.Errorf("an array in Fortran order has the header %q", got[:128])
	}
}

func rawIsPayload(t *testing.T) {
	for _, v := range []volume{{dtype: ">u2"}, {dtype: "<f4", order: "F"}, {dtype: ">i8", plain: true}} {
		v.shape, v.chunk = []int64{5, 6, 7}, []int64{2, 6, 3}
		d := makeDataset(t, v)
		m := start(t, d.spec())
		raw := readFile(t, m.path("array.raw"))
		expect(t, v.dtype, raw, d.payload(d.whole()))
		npy := readFile(t, m.path("array.npy"))
		expect(t, v.dtype+" npy", npy[len(npy)-len(raw):], raw)
	}
}

func missingIsFill(t *testing.T) {
	v := small
	v.missing = func([]int64) bool { return true }
	d := makeDataset(t, v)
	m := start(t, d.spec())
	expect(t, "an array without chunks", readFile(t, m.path("array.raw")), bytes.Repeat([]byte{42, 0}, len(d.data)/2))
}

func unreadableIsAnError(t *testing.T) {
	d := makeDataset(t, small)
	stored := d.storedChunk(t, 0, 0, 0)
	d.replaceChunk(t, []byte("not a blosc frame at all"), 0, 0, 0)
	m := start(t, d.spec())
	for _, name := range []string{"chunks/0.0.0.raw", "slices/0/0.raw", "array.raw"} {
		if _, err := os.ReadFile(m.path(name)); !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: got %v, want EIO", name, err)
		}
	}
	expect(t, "another chunk", readFile(t, m.path("chunks/0.0.1.raw")), d.payload([]cut{{0, 3, 1, false}, {0, 4, 1, false}, {5, 10, 1, false}}))
	if !strings.Contains(m.said(), "0.0.0") {
		t.Errorf("the log does not name the chunk:\n%s", m.said())
	}
	d.replaceChunk(t, stored, 0, 0, 0)
	expect(t, "the array after the repair", readFile(t, m.path("array.raw")), d.data)
}

func manyReaders(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec(pool(1<<20)))
	var readers sync.WaitGroup
	for i := range 64 {
		readers.Go(func() {
			f, err := os.Open(m.path("array.raw"))
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			r := rand.New(rand.NewPCG(7, uint64(i)))
			for range 8 {
				off := r.Int64N(int64(len(d.data)) - 1)
				buf := make([]byte, min(r.Int64N(300_000)+1, int64(len(d.data))-off))
				if _, err := f.ReadAt(buf, off); err != nil {
					t.Errorf("reader %d: %v", i, err)
				}
				expect(t, fmt.Sprintf("reader %d at %d", i, off), buf, d.data[off:off+int64(len(buf))])
			}
		})
	}
	readers.Wait()
}

func mappingsShowTheSame(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec())
	want := fmt.Sprintf("%x", sha256.Sum256(d.data))
	for _, kind := range []string{"shared", "private"} {
		if got := childSays(t, "mmap", m.path("array.raw"), kind); got != want {
			t.Errorf("a %s mapping shows other bytes", kind)
		}
	}
}

func eachChunkIsDecodedOnce(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec(pool(0)))
	f := m.openFile("array.raw")
	var got bytes.Buffer
	if _, err := io.CopyBuffer(&got, onlyReader{f}, make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	expect(t, "the array", got.Bytes(), d.data)
	if n := counter(t, m, "cache", "engine", "decodes"); n != 32 {
		t.Errorf("%v chunks were decoded to read 32 from front to back", n)
	}
}

// onlyReader hides what else a file can do.
type onlyReader struct{ io.Reader }

func onePoolForAllFiles(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec(pool(64<<20)))
	readFile(t, m.path("array.raw"))
	before := counter(t, m, "cache", "engine", "decodes")
	readFile(t, m.path("array.npy"))
	readFile(t, m.path("slices/1/77.npy"))
	readFile(t, m.path("at/3:60:7,5.raw"))
	readFile(t, m.path("chunks/1.2.1.npy"))
	if after := counter(t, m, "cache", "engine", "decodes"); before != 32 || after != before {
		t.Errorf("32 chunks were decoded %v times for the first file and %v times for the others", before, after-before)
	}
}

func handledSignalsDoNotShow(t *testing.T) {
	m := start(t, makeDataset(t, medium).spec(pool(0)))
	childSays(t, "signals", m.path("array.raw"), "40")
}

func fatalSignalsEndReaders(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec(pool(0)))
	var readers []*exec.Cmd
	for range 4 {
		reader := exec.Command("dd", "if="+m.path("array.raw"), "of=/dev/null", "bs=1", "status=none")
		if err := reader.Start(); err != nil {
			t.Fatal(err)
		}
		readers = append(readers, reader)
	}
	reads := counter(t, m, "requests", "read")
	eventually(t, "the readers read", func() bool { return counter(t, m, "requests", "read") > reads+100 })
	for _, reader := range readers {
		if err := reader.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() { got <- reader.Wait() }()
		eventually(t, "the reader has ended", func() bool { return len(got) == 1 })
	}
	expect(t, "the array afterwards", readFile(t, m.path("array.raw")), d.data)
}
