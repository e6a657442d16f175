package integration

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// names lists a directory.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func expectNames(t testing.TB, dir string, want ...string) {
	t.Helper()
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", path.Base(dir), got, want)
	}
}

func expectMissing(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: got %v, want that it does not exist", path, err)
	}
}

func stat(t testing.TB, path string) unix.Stat_t {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatalf("stat %s: %v", path, err)
	}
	return st
}

// attribute returns an extended attribute.
func attribute(t testing.TB, path, name string) string {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := unix.Getxattr(path, "user.tensorstore."+name, buf)
	if err != nil {
		t.Errorf("%s of %s: %v", name, path, err)
		return ""
	}
	return string(buf[:n])
}

func arrayIsADirectory(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for _, want := range []string{"array.npy", "array.raw", "at", "attributes.json", "chunks", "info.json", "slices"} {
		if !slices.Contains(names(t, m.at), want) {
			t.Errorf("%s is not listed among %q", want, names(t, m.at))
		}
	}
	for _, hidden := range []string{".store", ".tsmount"} {
		if st := stat(t, m.path(hidden)); st.Mode&unix.S_IFMT != unix.S_IFDIR {
			t.Errorf("%s is not a directory", hidden)
		}
	}
	var info struct {
		Driver string
		DType  string
		Shape  []int64
		Files  map[string]struct {
			Size int64
		}
	}
	if err := json.Unmarshal(readFile(t, m.path("info.json")), &info); err != nil {
		t.Fatal(err)
	}
	if info.Driver != "zarr" || info.DType != "uint16" || !slices.Equal(info.Shape, small.shape) || info.Files["array.raw"].Size != 7*10*12*2 {
		t.Errorf("info.json: got %+v", info)
	}
	if got := string(readFile(t, m.path("attributes.json"))); strings.TrimSpace(got) != "{}" {
		t.Errorf("attributes.json: got %q, want {}", got)
	}
}

func slicesAreFiles(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(), "--formats", "raw")
	expectNames(t, m.path("slices"), "0", "1", "2")
	expectNames(t, m.path("slices/2"), "00.raw", "01.raw", "02.raw", "03.raw", "04.raw", "05.raw", "06.raw", "07.raw", "08.raw", "09.raw", "10.raw", "11.raw")
	cuts := d.whole()
	cuts[2] = cut{3, 4, 1, true}
	expect(t, "the slice", readFile(t, m.path("slices/2/03.raw")), d.payload(cuts))
	expect(t, "the slice by another spelling", readFile(t, m.path("slices/2/3.raw")), d.payload(cuts))
	expectMissing(t, m.path("slices/2/12.raw"))
	expectMissing(t, m.path("slices/3"))
}

func chunksAreFiles(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(), "--formats", "raw")
	if got := len(names(t, m.path("chunks"))); got != 3*3*3 {
		t.Errorf("got %d chunks, want 27", got)
	}
	expect(t, "a chunk inside", readFile(t, m.path("chunks/0.1.0.raw")), d.payload([]cut{{0, 3, 1, false}, {4, 8, 1, false}, {0, 5, 1, false}}))
	expect(t, "a chunk at the corner", readFile(t, m.path("chunks/2.2.2.raw")), d.payload([]cut{{6, 7, 1, false}, {8, 10, 1, false}, {10, 12, 1, false}}))
	expectMissing(t, m.path("chunks/3.0.0.raw"))
}

func cutoutsByName(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	expectNames(t, m.path("at"), "README.txt")
	all := cut{0, 10, 1, false}
	for expr, cuts := range map[string][]cut{
		"2:5,:,7":      {{2, 5, 1, false}, all, {7, 8, 1, true}},
		"...,1:12:4":   {{0, 7, 1, false}, all, {1, 12, 4, false}},
		"6":            {{6, 7, 1, true}, all, {0, 12, 1, false}},
		":3,8:,4:8":    {{0, 3, 1, false}, {8, 10, 1, false}, {4, 8, 1, false}},
		"0:7,0:10,0:1": {{0, 7, 1, false}, all, {0, 1, 1, false}},
	} {
		expect(t, expr, readFile(t, m.path("at/"+expr+".raw")), d.payload(cuts))
	}
	for _, outside := range []string{"7.raw", "0:8.raw", "-1.raw", "1,2,3,4.raw", "x.raw", "1.tiff", "5:2:0.raw"} {
		expectMissing(t, m.path("at/"+outside))
	}
}

func cutoutsAreDirectories(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(), "--formats", "raw")
	dir := m.path("at/2:5,:,3")
	if list := names(t, dir); !slices.Contains(list, "array.raw") || !slices.Contains(list, "slices") || slices.Contains(list, "chunks") {
		t.Errorf("got %q, want array.raw and slices and no chunks", list)
	}
	expectNames(t, filepath.Join(dir, "slices/0"), "2.raw", "3.raw", "4.raw")
	want := d.payload([]cut{{4, 5, 1, true}, {0, 10, 1, false}, {3, 4, 1, true}})
	expect(t, "a slice of a cutout", readFile(t, filepath.Join(dir, "slices/0/4.raw")), want)
	expect(t, "a cutout of a slice", readFile(t, m.path("slices/2/3/at/4,:.raw")), want)
}

func onePathPerFile(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for _, spellings := range [][]string{
		{"slices/2/03.npy", "slices/2/3.npy"},
		{"at/2:5,:,3.raw", "at/2:5:1,0:10,3.raw", "at/2:5,...,3.raw"},
	} {
		first := stat(t, m.path(spellings[0])).Ino
		selection := attribute(t, m.path(spellings[0]), "selection")
		for _, other := range spellings[1:] {
			if ino := stat(t, m.path(other)).Ino; ino != first {
				t.Errorf("%s has inode %d, %s has %d", other, ino, spellings[0], first)
			}
			if got := attribute(t, m.path(other), "selection"); got != selection {
				t.Errorf("%s is the selection %q, %s is %q", other, got, spellings[0], selection)
			}
		}
	}
	if a, b := stat(t, m.path("array.npy")).Ino, stat(t, m.path("array.raw")).Ino; a == b {
		t.Error("two files have one inode number")
	}
}

func attributesDescribe(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for name, want := range map[string]string{"driver": "zarr", "dtype": "uint16", "shape": "[7,10,12]", "origin": "[0,0,0]", "labels": `["","",""]`, "chunk_shape": "[3,4,5]"} {
		for _, file := range []string{"array.npy", "."} {
			if got := attribute(t, m.path(file), name); got != want {
				t.Errorf("%s of %s: got %q, want %q", name, file, got, want)
			}
		}
	}
	if got := attribute(t, m.path("slices/0/1.npy"), "shape"); got != "[10,12]" {
		t.Errorf("shape of a slice: got %q, want [10,12]", got)
	}
}

func storedKeysAreThere(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	stored := names(t, d.dir)
	expectNames(t, m.path(".store"), stored...)
	for _, key := range stored {
		expect(t, key, readFile(t, m.path(".store/"+key)), readFile(t, filepath.Join(d.dir, key)))
	}
}

func groupsAreDirectories(t *testing.T) {
	top := folder(t, "group")
	d := storeDataset(t, filepath.Join(top, "a", "v"), small)
	for dir, attributes := range map[string]string{top: `{"lab": "A"}`, filepath.Join(top, "a"): ""} {
		if err := os.WriteFile(filepath.Join(dir, ".zgroup"), []byte(`{"zarr_format": 2}`), 0o644); err != nil {
			t.Fatal(err)
		}
		if attributes == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, ".zattrs"), []byte(attributes), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := start(t, object{"kvstore": object{"driver": "file", "path": top + "/"}})
	expectNames(t, m.at, "a", "attributes.json")
	expectNames(t, m.path("a"), "attributes.json", "v")
	expect(t, "the member", readFile(t, m.path("a/v/array.raw")), d.data)
	var attributes map[string]string
	if err := json.Unmarshal(readFile(t, m.path("attributes.json")), &attributes); err != nil || attributes["lab"] != "A" {
		t.Errorf("attributes.json: got %v, %v", attributes, err)
	}
}

func sizesAreExact(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for _, file := range []string{"array.npy", "array.raw", "slices/1/4.npy", "chunks/2.2.2.raw", "at/3:,5.npy", "info.json", "attributes.json", "at/README.txt"} {
		if size, read := stat(t, m.path(file)).Size, int64(len(readFile(t, m.path(file)))); size != read {
			t.Errorf("%s: stat says %d bytes, reading gives %d", file, size, read)
		}
	}
}

func statReadsNoChunk(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	tool(t, "find", m.at, "-type", "f", "-size", "+0")
	if n := counter(t, m, "cache", "engine", "encoded_bytes"); n != 0 {
		t.Errorf("find read %v bytes of chunks", n)
	}
	readFile(t, m.path("slices/0/0.npy"))
	if n := counter(t, m, "cache", "engine", "encoded_bytes"); n == 0 {
		t.Error("the counter does not count")
	}
}

func blocksCountBytes(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for _, file := range []string{"array.npy", "slices/1/4.npy"} {
		if st := stat(t, m.path(file)); st.Blocks != (st.Size+511)/512 {
			t.Errorf("%s: %d blocks for %d bytes", file, st.Blocks, st.Size)
		}
	}
}

// counter returns a number in stats.json.
func counter(t testing.TB, m *mount, members ...string) float64 {
	t.Helper()
	var value any
	if err := json.Unmarshal(readFile(t, m.path(".tsmount/stats.json")), &value); err != nil {
		t.Fatal(err)
	}
	for _, name := range members {
		o, _ := value.(map[string]any)
		value = o[name]
	}
	n, ok := value.(float64)
	if !ok {
		t.Fatalf("stats.json has no number %v", members)
	}
	return n
}
