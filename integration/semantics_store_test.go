package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func nothingCanBeChanged(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	file := m.path("array.npy")
	for what, err := range map[string]error{
		"mkdir":    os.Mkdir(m.path("new"), 0o755),
		"create":   os.WriteFile(m.path("new"), nil, 0o644),
		"remove":   os.Remove(file),
		"rename":   os.Rename(file, m.path("new")),
		"link":     os.Link(file, m.path("new")),
		"symlink":  os.Symlink(file, m.path("new")),
		"truncate": os.Truncate(file, 0),
		"chmod":    os.Chmod(file, 0o600),
		"setxattr": unix.Setxattr(file, "user.a", []byte("b"), 0),
		"open rw":  openFor(file, os.O_RDWR),
		"open wr":  openFor(m.path("slices/0/1.raw"), os.O_WRONLY|os.O_TRUNC),
	} {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: got %v, want EROFS", what, err)
		}
	}
}

func openFor(path string, flags int) error {
	f, err := os.OpenFile(path, flags, 0)
	if err == nil {
		f.Close()
	}
	return err
}

func removingRemovesNothing(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	if err := exec.Command("rm", "-rf", m.at).Run(); err == nil {
		t.Error("rm -rf of the mount succeeded")
	}
	expect(t, "the array afterwards", readFile(t, m.path("array.raw")), d.data)
}

func nothingIsStored(t *testing.T) {
	d := makeDataset(t, small)
	before := snapshot(t, d.dir)
	m := start(t, d.spec())
	readFile(t, m.path("array.raw"))
	tool(t, "find", m.at)
	m.stop()
	after := snapshot(t, d.dir)
	for name := range after {
		if before[name] != after[name] {
			t.Errorf("%s: %q became %q", name, before[name], after[name])
		}
	}
	if len(before) != len(after) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
}

// snapshot returns what is in a folder: names, contents and times.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err == nil && !e.IsDir() {
			found[path] = st.ModTime().String() + string(readFile(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// other returns the dataset as it is when every stored byte of chunk 0.0.0 has
// been replaced by those of chunk 0.0.1, and stores it so.
func (d *dataset) other(t testing.TB) []byte {
	t.Helper()
	d.replaceChunk(t, d.storedChunk(t, 0, 0, 1), 0, 0, 0)
	return d.payload([]cut{{0, 3, 1, false}, {0, 4, 1, false}, {5, 10, 1, false}})
}

// first is what chunk 0.0.0 holds.
func (d *dataset) first() []byte {
	return d.payload([]cut{{0, 3, 1, false}, {0, 4, 1, false}, {0, 5, 1, false}})
}

func recheck(data, metadata any) object {
	return object{"recheck_cached_data": data, "recheck_cached_metadata": metadata, "context": pool(1 << 20)["context"]}
}

// whole reads an open file of the mount from its beginning.
func whole(t testing.TB, f *os.File, size int) []byte {
	t.Helper()
	buf := make([]byte, size)
	if _, err := f.ReadAt(buf, 0); err != nil {
		t.Fatal(err)
	}
	return buf
}

func trueSeesEveryChange(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(recheck(true, true)))
	f := m.openFile("chunks/0.0.0.raw")
	want := d.first()
	expect(t, "at first", whole(t, f, len(want)), want)
	stored := d.storedChunk(t, 0, 0, 0)
	expectAfter(t, f, d.other(t))
	d.replaceChunk(t, nil, 0, 0, 0)
	expectAfter(t, f, bytes.Repeat([]byte{42, 0}, len(want)/2))
	d.replaceChunk(t, stored, 0, 0, 0)
	expectAfter(t, f, want)
}

// expectAfter reads an open file after a change of the store.
func expectAfter(t testing.TB, f *os.File, want []byte) {
	t.Helper()
	expect(t, "after a change", whole(t, f, len(want)), want)
}

func openSeesWhatWasStoredBefore(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(recheck("open", "open")))
	before := m.openFile("chunks/0.0.0.raw")
	want := d.first()
	expect(t, "at first", whole(t, before, len(want)), want)
	changed := d.other(t)
	expect(t, "through the file that was open", whole(t, before, len(want)), want)
	expect(t, "through a new open", readFile(t, m.path("chunks/0.0.0.raw")), changed)
	expect(t, "through another file", readFile(t, m.path("at/0:3,0:4,0:5.raw")), changed)
}

func falseNeverLooksAgain(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(recheck(false, false)))
	want := d.first()
	expect(t, "at first", readFile(t, m.path("chunks/0.0.0.raw")), want)
	d.other(t)
	for range 3 {
		expect(t, "later", readFile(t, m.path("chunks/0.0.0.raw")), want)
	}
}

func timeLooksOnce(t *testing.T) {
	d := makeDataset(t, small)
	past := start(t, d.spec(recheck(float64(time.Now().Unix()-1000), "open")))
	want := d.first()
	expect(t, "at first", readFile(t, past.path("chunks/0.0.0.raw")), want)
	changed := d.other(t)
	expect(t, "later", readFile(t, past.path("chunks/0.0.0.raw")), want)
	future := start(t, d.spec(recheck(float64(time.Now().Unix()+1000), "open")))
	expect(t, "with a time to come", readFile(t, future.path("chunks/0.0.0.raw")), changed)
	d.replaceChunk(t, nil, 0, 0, 0)
	expect(t, "with a time to come, later", readFile(t, future.path("chunks/0.0.0.raw")), bytes.Repeat([]byte{42, 0}, len(want)/2))
}

// editMetadata changes the array's document.
func (d *dataset) editMetadata(t testing.TB, change object) {
	t.Helper()
	path := filepath.Join(d.dir, ".zarray")
	var doc object
	if err := json.Unmarshal(readFile(t, path), &doc); err != nil {
		t.Fatal(err)
	}
	for name, value := range change {
		doc[name] = value
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func growingArraysGrow(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(recheck(true, true)))
	f := m.openFile("array.raw")
	d.editMetadata(t, object{"shape": []int64{9, 10, 12}})
	want := append(bytes.Clone(d.data), bytes.Repeat([]byte{42, 0}, 2*10*12)...)
	if got := stat(t, m.path("array.raw")).Size; got != int64(len(want)) {
		t.Errorf("the size is %d, want %d", got, len(want))
	}
	expect(t, "the array", readFile(t, m.path("array.raw")), want)
	expect(t, "the array through the file that was open", whole(t, f, len(want)), want)
	if n := len(names(t, m.path("slices/0"))); n != 9 {
		t.Errorf("there are %d slices, want 9", n)
	}
}

func otherArraysAreStale(t *testing.T) {
	d := makeDataset(t, volume{shape: []int64{4, 6}, chunk: []int64{2, 6}, plain: true})
	m := start(t, d.spec(recheck(true, true)))
	f := m.openFile("array.raw")
	whole(t, f, len(d.data))
	d.editMetadata(t, object{"dtype": "<i2"})
	if _, err := f.ReadAt(make([]byte, 8), 0); !errors.Is(err, syscall.ESTALE) {
		t.Errorf("a file of the array before: got %v, want ESTALE", err)
	}
	expect(t, "a file of the array after", readFile(t, m.path("array.raw")), d.data)
	if got := attribute(t, m.path("array.raw"), "dtype"); got != "int16" {
		t.Errorf("the dtype is %s, want int16", got)
	}
}
