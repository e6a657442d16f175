package integration

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const mib = 1 << 20

// peak returns the most memory that the program has had, in bytes.
func (m *mount) peak() int64 {
	m.t.Helper()
	status := readFile(m.t, fmt.Sprintf("/proc/%d/status", m.cmd.Process.Pid))
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kib, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	if err != nil {
		m.t.Fatal(err)
	}
	return kib << 10
}

func (m *mount) expectPeakBelow(limit int64) {
	m.t.Helper()
	if p := m.peak(); p > limit {
		m.t.Errorf("the program has used %d MiB, more than %d", p/mib, limit/mib)
	}
}

// TestEmptyGiant looks at an array of a trillion elements without a chunk.
func TestEmptyGiant(t *testing.T) {
	const n = 10_000
	v := volume{dtype: "<u2", shape: []int64{n, n, n}, chunk: []int64{512, 512, 512}, fill: 7}
	d := newDataset(t, filepath.Join(folder(t, "data"), "v.zarr"), v)
	m := start(t, d.spec())
	for file, size := range map[string]int64{"array.npy": 2*n*n*n + 128, "slices/1/5000.raw": 2 * n * n, "at/0:10,0:10,0:10.raw": 2000, "chunks/19.19.19.raw": 2 * 272 * 272 * 272} {
		if got := stat(t, m.path(file)).Size; got != size {
			t.Errorf("%s has %d bytes, want %d", file, got, size)
		}
	}
	fill := bytes.Repeat([]byte{7, 0}, mib/2)
	f := m.openFile("array.raw")
	for _, off := range []int64{0, n * n * n, 2*n*n*n - mib} {
		buf := make([]byte, mib)
		if _, err := f.ReadAt(buf, off); err != nil {
			t.Fatal(err)
		}
		expect(t, fmt.Sprint("at ", off), buf, fill)
	}
	expect(t, "head", []byte(tool(t, "head", "-c", "1000000", m.path("slices/0/9999.raw"))), fill[:1000000])
	if got := strings.Count(tool(t, "find", m.path("slices"), "-name", "*.npy"), "\n"); got != 3*n {
		t.Errorf("find finds %d slices, want %d", got, 3*n)
	}
	if got := strings.Count(tool(t, "find", m.at), "\n"); got < 3*n+20*20*20 {
		t.Errorf("find finds %d names", got)
	}
	want := 3 * n * ((2*n*n + 128 + 1023) / 1024)
	blocks, err := strconv.Atoi(strings.Fields(tool(t, "du", "-sk", m.path("slices")))[0])
	if err != nil || blocks < want || blocks > want+3*n {
		t.Errorf("du says %d KiB, %v, want %d", blocks, err, want)
	}
	m.expectPeakBelow(200 * mib)
}

// A stripe is a large volume whose rows are pieces of one random text.
type stripe struct {
	volume
	text []byte
}

// newStripe returns a volume of depth layers of 1 MiB.
func newStripe(depth int64) stripe {
	text := make([]byte, 2048)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range text {
		text[i] = byte(r.Uint32())
	}
	return stripe{volume{dtype: "|u1", shape: []int64{depth, 1024, 1024}, chunk: []int64{64, 64, 64}}, text}
}

// row returns the elements x, x+1, ... of a row.
func (s *stripe) row(z, y, x, n int64) []byte {
	at := (z*13+y*7)%1021 + x
	return s.text[at : at+n]
}

func (s *stripe) store(t testing.TB) *dataset {
	d := newDataset(t, filepath.Join(folder(t, "data"), "v.zarr"), s.volume)
	store := d.store(t)
	chunk := make([]byte, 64*64*64)
	for cell := range d.cells() {
		for z := range int64(64) {
			for y := range int64(64) {
				copy(chunk[(z*64+y)*64:], s.row(cell[0]*64+z, cell[1]*64+y, cell[2]*64, 64))
			}
		}
		d.put(t, store, cell, chunk)
	}
	return d
}

// TestStreamWithSmallPool reads an array that is larger than the pool from front
// to back. $TSMOUNT_LARGE=1 makes it one of 512 MiB.
func TestStreamWithSmallPool(t *testing.T) {
	depth := int64(128)
	if os.Getenv("TSMOUNT_LARGE") != "" {
		depth = 512
	}
	s := newStripe(depth)
	d := s.store(t)
	m := start(t, d.spec(pool(64*mib)))
	cat := exec.Command("cat", m.path("array.raw"))
	out, err := cat.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cat.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(out, mib)
	row := make([]byte, 1024)
	for z := range depth {
		for y := range int64(1024) {
			if _, err := io.ReadFull(in, row); err != nil {
				t.Fatalf("row %d of layer %d: %v", y, z, err)
			}
			if !bytes.Equal(row, s.row(z, y, 0, 1024)) {
				t.Fatalf("row %d of layer %d has other elements", y, z)
			}
		}
	}
	if err := cat.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := counter(t, m, "cache", "engine", "decodes"); n != float64(depth/64*256) {
		t.Errorf("%v chunks were decoded to read %d", n, depth/64*256)
	}
	m.expectPeakBelow(256 * mib)
}
