package integration

import (
	"bytes"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// boundsAreIndependent checks data and metadata under bounds of their own.
func boundsAreIndependent(t *testing.T) {
	d := makeDataset(t, plainVolume)
	grows := start(t, d.spec(recheck(false, true)))
	stays := start(t, d.spec(recheck(true, false)))
	for _, m := range []*mount{grows, stays} {
		expect(t, "at first", readFile(t, m.path("array.raw")), d.data)
	}
	d.replaceChunk(t, otherChunk(), 0, 0)
	d.editMetadata(t, object{"shape": []int64{7, 8}})
	expect(t, "old chunks in a new shape", readFile(t, grows.path("array.raw")), slices.Concat(d.data, fillBytes(freshRowBytes)))
	expect(t, "new chunks in the old shape", readFile(t, stays.path("array.raw")), replaced(d.data, 0, otherChunk()))
}

// timeToComeIsReached takes a bound over the moment at which it becomes true.
func timeToComeIsReached(t *testing.T) {
	d := makeDataset(t, plainVolume)
	time.Sleep(30 * time.Millisecond) // a document younger than 20 ms is not taken for unchanged
	at := time.Now().Add(1500 * time.Millisecond)
	bound := float64(at.UnixMilli()) / 1000
	m := start(t, d.spec(recheck(bound, bound)))
	f := m.openFile("array.raw")
	expect(t, "at first", whole(t, f, len(d.data)), d.data)
	first := replaced(d.data, 0, otherChunk())
	d.replaceChunk(t, otherChunk(), 0, 0)
	got := readFile(t, m.path("array.raw"))
	if time.Now().Before(at) {
		expect(t, "before the time", whole(t, f, len(d.data)), first)
	}
	expect(t, "before the time, opened anew", got, first)
	expect(t, "the mapping, before the time", touch(mapFile(t, f)).data, first) // the page stays
	second := replaced(first, freshChunkBytes, otherChunk())
	d.replaceChunk(t, otherChunk(), 1, 0)
	eventually(t, "the time has come", func() bool { return time.Now().After(at) })
	for range 3 { // the pages that older handles left must not come back
		expect(t, "after the time", readFile(t, m.path("array.raw")), second)
	}
	d.replaceChunk(t, otherChunk(), 2, 0)
	for range 3 {
		expect(t, "for good", readFile(t, m.path("array.raw")), second)
	}
}

// directIOLooksAgain opens a file past all caches.
func directIOLooksAgain(t *testing.T) {
	d := makeDataset(t, plainVolume)
	m := start(t, d.spec(recheck(false, false)))
	expect(t, "at first", readFile(t, m.path("array.raw")), d.data)
	d.replaceChunk(t, otherChunk(), 0, 0)
	expect(t, "later", readFile(t, m.path("array.raw")), d.data)
	fd, err := unix.Open(m.path("array.raw"), unix.O_RDONLY|unix.O_DIRECT, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, chunk := range [][]byte{otherChunk(), d.storedChunk(t, 2, 0)} {
		d.replaceChunk(t, chunk, 0, 0)
		memory := make([]byte, 2*len(d.data))
		n, err := unix.Pread(fd, memory, 0)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "with O_DIRECT", memory[:n], replaced(d.data, 0, chunk))
	}
}

// twoArrays mounts two arrays that are never looked at again, and changes both.
func twoArrays(t *testing.T) (m *mount, a, b *dataset) {
	t.Helper()
	top := folder(t, "fresh")
	a, b = storeDataset(t, top+"/a", plainVolume), storeDataset(t, top+"/b", plainVolume)
	m = start(t, folderSpec(top, recheck(false, false)))
	for _, name := range []string{"a", "b"} {
		for range 3 {
			expect(t, name, readFile(t, m.path(name+"/array.raw")), a.data)
		}
	}
	for _, d := range []*dataset{a, b} {
		d.replaceChunk(t, otherChunk(), 0, 0)
		d.editMetadata(t, object{"shape": []int64{7, 8}})
	}
	expect(t, "a, before", readFile(t, m.path("a/array.raw")), a.data)
	return m, a, b
}

// afterRefresh is the content of the arrays of twoArrays when they are looked at
// again.
func afterRefresh(d *dataset) []byte {
	return slices.Concat(replaced(d.data, 0, otherChunk()), fillBytes(freshRowBytes))
}

// refresh drops what is cached below a path. The program tells others of a new
// mount only a moment after it is ready.
func refresh(t *testing.T, path string) {
	t.Helper()
	eventually(t, "refresh "+path+" succeeds", func() bool { return tsmount(t, "refresh", path).status == 0 })
}

// refreshDropsBelow refreshes one of two arrays.
func refreshDropsBelow(t *testing.T) {
	m, a, b := twoArrays(t)
	kept := m.openFile("a/array.npy")
	refresh(t, m.path("a"))
	expect(t, "a, refreshed", readFile(t, m.path("a/array.raw")), afterRefresh(a))
	expect(t, "a, through a file that was open", contentOf(kept, true).data, afterRefresh(a))
	if n := len(names(t, m.path("a/slices/0"))); n != 7 {
		t.Errorf("a has %d slices, want 7", n)
	}
	expect(t, "b, not refreshed", readFile(t, m.path("b/array.raw")), b.data)
	refresh(t, m.path("b/array.raw"))
	expect(t, "b, refreshed by the name of a file", readFile(t, m.path("b/array.raw")), afterRefresh(b))
}

// hangupDropsAll refreshes everything.
func hangupDropsAll(t *testing.T) {
	m, a, b := twoArrays(t)
	if err := m.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*dataset{"a": a, "b": b} {
		eventually(t, name+" is looked at again", func() bool {
			return bytes.Equal(readFile(t, m.path(name+"/array.raw")), afterRefresh(d))
		})
	}
}

// growthIsNeverZeros grows an array under a file whose last page is cached: what
// lies behind the old end must not be the rest of that page.
func growthIsNeverZeros(t *testing.T) {
	d := makeDataset(t, plainVolume)
	m := start(t, d.spec(recheck("open", "open")))
	for range 3 { // from the second open on, what is read stays in pages
		expect(t, "at first", readFile(t, m.path("array.raw")), d.data)
	}
	f := m.openFile("array.raw")
	expect(t, "the file that stays open", whole(t, f, len(d.data)), d.data)
	path := m.path("array.raw")
	for rows := int64(7); rows < 27 && !t.Failed(); rows++ {
		d.editMetadata(t, object{"shape": []int64{rows, 8}})
		want := slices.Concat(d.data, fillBytes(int(rows-6)*freshRowBytes))
		m.openFile("array.npy") // looks at the shape
		if got := stat(t, path).Size; got != int64(len(want)) {
			t.Errorf("the size is %d, want %d", got, len(want))
		}
		expect(t, "through the file that stayed open", contentOf(f, false).data, want)
	}
}

// reopeningKeepsPages reads a file again that has not changed.
func reopeningKeepsPages(t *testing.T) {
	d := makeDataset(t, medium)
	time.Sleep(30 * time.Millisecond) // a chunk younger than 20 ms is not taken for unchanged
	m := start(t, d.spec(object{"recheck_cached_data": "open", "recheck_cached_metadata": "open"}, pool(64<<20)))
	for range 2 {
		expect(t, "at first", readFile(t, m.path("array.raw")), d.data)
	}
	before := counter(t, m, "requests", "read_bytes")
	expect(t, "again", readFile(t, m.path("array.raw")), d.data)
	if n := counter(t, m, "requests", "read_bytes") - before; n >= float64(len(d.data)) {
		t.Errorf("%v bytes of an unchanged file were read again", n)
	}
}

// unchangedIsNotDecoded reads an array again that has not changed, with true.
func unchangedIsNotDecoded(t *testing.T) {
	d := makeDataset(t, volume{shape: plainVolume.shape, chunk: plainVolume.chunk})
	time.Sleep(30 * time.Millisecond) // a chunk younger than 20 ms is not taken for unchanged
	m := start(t, d.spec(recheck(true, true)))
	f := m.openFile("array.raw")
	expect(t, "at first", whole(t, f, len(d.data)), d.data)
	decodes := counter(t, m, "cache", "engine", "decodes")
	expect(t, "again", whole(t, f, len(d.data)), d.data)
	if after := counter(t, m, "cache", "engine", "decodes"); after != decodes || decodes != 3 {
		t.Errorf("3 chunks were decoded %v times at first and %v times later", decodes, after-decodes)
	}
}

// timesNeverGoBack replaces what is stored by something older.
func timesNeverGoBack(t *testing.T) {
	d := makeDataset(t, plainVolume)
	m := start(t, d.spec(recheck(true, true)))
	readFile(t, m.path("array.raw"))
	before := stat(t, m.path("array.raw")).Mtim
	old := d.dir + "/old"
	if err := os.WriteFile(old, otherChunk(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.Chtimes(old, time.Unix(1e9, 0), time.Unix(1e9, 0)), os.Rename(old, d.chunkFile(0, 0)),
		os.Chtimes(d.dir+"/.zarray", time.Unix(1e9, 0), time.Unix(1e9, 0))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	expect(t, "after the change", readFile(t, m.path("array.raw")), replaced(d.data, 0, otherChunk()))
	if after := stat(t, m.path("array.raw")).Mtim; after.Nano() < before.Nano() {
		t.Errorf("the time went back from %v to %v", before, after)
	}
}
