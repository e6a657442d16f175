package integration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// storedChunks returns the names of the chunks that an array has on disk.
func storedChunks(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// openToWrite opens a file of a mount, to be closed when the test ends.
func openToWrite(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() }) // closed before, as a rule
	return f
}

// The first element of each chunk is written, in any order, too far apart for any
// position of the file to keep a chunk in use.
func TestWritebackBeginsAtTheLimit(t *testing.T) {
	const size = 2 << 20
	a := newDataset(t, filepath.Join(folder(t, "data"), "v.zarr"), volume{shape: []int64{4096, 4096}, chunk: []int64{256, 4096}})
	const limit = 4 * size
	m := start(t, a.spec(object{"context": object{"cache_pool": object{"total_bytes_limit": 1 << 30, "queued_for_writeback_bytes_limit": limit}}}), "--writable")
	f := openToWrite(t, m.path("array.raw"))
	want := make([]byte, 16*size)
	for n, i := range rand.New(rand.NewPCG(1, 2)).Perm(16) {
		copy(want[i*size:], "ab")
		if _, err := f.WriteAt([]byte("ab"), int64(i*size)); err != nil {
			t.Fatal(err)
		}
		if p := poolIn(t, m.at, "cache_pool"); p.Dirty > limit+size {
			t.Errorf("after %d chunks %d bytes are dirty, limit %d", n+1, p.Dirty, limit)
		}
	}
	if n := len(storedChunks(t, a.dir)); n < 11 || n == 16 {
		t.Errorf("%d of 16 chunks are stored while the file is open, want all but those that the limit allows", n)
	}
	expect(t, "while the file is open", readFile(t, m.path("array.npy"))[128:], want)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if p := poolIn(t, m.at, "cache_pool"); p.Dirty != 0 || len(storedChunks(t, a.dir)) != 16 {
		t.Errorf("after close %d bytes are dirty and %v stored", p.Dirty, storedChunks(t, a.dir))
	}
}

// With a limit of 0 a stream is still stored chunk by chunk: those under its
// position are in use.
func TestAStreamStoresEachChunkOnceWithoutAnyPool(t *testing.T) {
	a := newDataset(t, filepath.Join(folder(t, "data"), "v.zarr"), chunked)
	m := start(t, a.spec(pool(0)), "--writable")
	want := bytes.Repeat([]byte("0123456789abcdef"), 64*256*2/16)
	f := openToWrite(t, m.path("array.raw"))
	for off := 0; off < len(want); off += 1000 {
		if _, err := f.WriteAt(want[off:min(off+1000, len(want))], int64(off)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if s := statsIn(t, m.at); s.Engine.Stores != 16 || s.Engine.Decodes != 0 {
		t.Errorf("%d chunks were stored and %d decoded, want 16 and 0", s.Engine.Stores, s.Engine.Decodes)
	}
	expect(t, "array.raw", readFile(t, m.path("array.raw")), want)
}

func TestChunksOfFillAreDeletedUnlessToBeStored(t *testing.T) {
	for keep, want := range map[bool]int{false: 0, true: 16} {
		a := makeDataset(t, chunked)
		m := start(t, a.spec(object{"store_data_equal_to_fill_value": keep}), "--writable")
		if err := os.WriteFile(m.path("array.raw"), make([]byte, 64*256*2), 0); err != nil {
			t.Fatal(err)
		}
		if n := len(storedChunks(t, a.dir)); n != want {
			t.Errorf("store_data_equal_to_fill_value %v: %d chunks are stored, want %d", keep, n, want)
		}
	}
}

// Two fields of one array share its chunks and a cache_pool, and each shows, and
// changes, its own.
func TestFieldsOfOneArrayAreToldApart(t *testing.T) {
	for _, driver := range []string{"zarr", "zarr3"} {
		dir := filepath.Join(folder(t, "fields"), "v")
		metadata := object{"zarr": object{"shape": []int{4}, "chunks": []int{4}, "dtype": []any{[]any{"a", "|u1"}, []any{"b", "|u1"}}},
			"zarr3": object{"shape": []int{4}, "data_type": object{"name": "struct", "configuration": object{"fields": []any{
				object{"name": "a", "data_type": "uint8"}, object{"name": "b", "data_type": "uint8"}}}}}}[driver]
		start(t, with(driver, dir, object{"create": true, "metadata": metadata, "field": "a"}))
		d := startTogether(t, object{"cache_pool": object{"total_bytes_limit": 1 << 20}},
			object{"spec": with(driver, dir, object{"field": "a"}), "writable": true},
			object{"spec": with(driver, dir, object{"field": "b"}), "writable": true})
		for i, text := range []string{"aaaa", "bbbb"} {
			if err := os.WriteFile(d.in(i, "array.raw"), []byte(text), 0); err != nil {
				t.Fatal(err)
			}
		}
		for i, text := range []string{"aaaa", "bbbb"} {
			expect(t, fmt.Sprint(driver, " field ", i), readFile(t, d.in(i, "array.raw")), []byte(text))
		}
	}
}

func TestDeleteExistingReplacesTheArrayOfAWritableMount(t *testing.T) {
	a := makeDataset(t, chunked)
	beside := a.dir + "-beside"
	if err := os.WriteFile(beside, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := start(t, a.spec(object{"create": true, "delete_existing": true, "metadata": object{
		"shape": []int{3}, "chunks": []int{2}, "dtype": "|u1", "fill_value": 7, "compressor": nil}}), "--writable")
	expect(t, "the new array", readFile(t, m.path("array.raw")), []byte{7, 7, 7})
	if found := storedChunks(t, a.dir); len(found) != 0 {
		t.Errorf("chunks of the old array are left: %v", found)
	}
	if err := os.WriteFile(m.path("array.raw"), []byte{1, 7, 7}, 0); err != nil {
		t.Fatal(err)
	}
	if found := storedChunks(t, a.dir); len(found) != 1 {
		t.Errorf("stored chunks: %v, want the first", found)
	}
	expect(t, "what lies beside the path", readFile(t, beside), []byte("x"))
}
