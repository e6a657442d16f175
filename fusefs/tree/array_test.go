package tree

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
)

func TestNamesOfAnArray(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{12, 5}, []int64{4, 3})
	tree := w.mount("", Config{})
	got := names(t, tree, "", 0)
	for _, want := range []string{"array.npy", "array.raw", "slices", "chunks", "at", "info.json", "attributes.json"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not listed in %v", want, got)
		}
	}
	wantNames(t, names(t, tree, "slices", 0), "0", "1")
	wantNames(t, names(t, tree, "slices/1", 0), "0.npy", "1.npy", "2.npy", "3.npy", "4.npy")
	wantNames(t, names(t, tree, "slices/0", 9), "09.npy", "10.npy", "11.npy")
	wantNames(t, names(t, tree, "chunks", 4), "2.0.npy", "2.1.npy")
	wantNames(t, names(t, tree, "at", 0), "README.txt")
	wantNames(t, names(t, w.mount("", Config{Formats: []string{"nonsense", "raw", "npy"}}), "slices/0", 11), "11.raw")
}

func TestNamesThatDoNotExist(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{12, 5}, []int64{4, 3})
	tree := w.mount("", Config{})
	for _, path := range []string{
		"array", "array.", "array.nope", "nonsense", "slices/2", "slices/-1", "slices/00", "slices/0/12.npy", "slices/0/-1.npy",
		"slices/0/1.0", "slices/0/1x", "slices/0/", "slices/0/+1.npy", "slices/0/0x1.npy", "slices/0/.npy", "slices/0/99999999999999999999.npy",
		"chunks/0.npy", "chunks/0.0.0.npy", "chunks/3.0.npy", "chunks/00.0.npy", "chunks/-1.0.npy", "chunks/0.0", "chunks/a.0.npy",
		"at/.npy", "at/nonsense.npy", "at/0:13.npy", "at/5:4.npy", "at/0:5:0.npy", "at/:,:,:.npy", "at/...,....npy", "at/12", "at/1:2/chunks",
		"at/1:2/.store", "slices/0/3/chunks", ".tsmount/nonsense", ".store/nonsense", ".store/..",
	} {
		wantAbsent(t, tree, path)
	}
}

func TestSpellingsShareTheInode(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{12, 5}, []int64{4, 3})
	tree := w.mount("", Config{})
	for _, group := range [][]string{
		{"slices/0/03.npy", "slices/0/3.npy", "slices/0/003.npy"},
		{"at/3.npy", "at/3,:.npy", "at/3,....npy"},
		{"at/3,:/array.npy", "at/3/array.npy"},
		{"slices/0/3/array.raw", "slices/0/03/array.raw"},
	} {
		id := find[File](t, tree, group[0]).ID()
		for _, path := range group[1:] {
			if got := find[File](t, tree, path).ID(); got != id {
				t.Errorf("%s has %v, %s has %v", path, got, group[0], id)
			}
		}
	}
	if a, b := find[Dir](t, tree, "at/3").ID(), find[Dir](t, tree, "at/3,:").ID(); a == b {
		t.Errorf("two names of a directory share the inode %v", a)
	}
}

// everything visits each entry below path.
func everything(t *testing.T, d Dir, visit func(Dir, Entry, Node)) {
	t.Helper()
	for e, err := range d.List(context.Background(), 0) {
		if err != nil {
			t.Fatalf("list %q: %v", d.Path(), err)
		}
		n, err := d.Lookup(context.Background(), e.Name)
		if err != nil {
			t.Fatalf("lookup %s in %q: %v", e.Name, d.Path(), err)
		}
		visit(d, e, n)
		if sub, ok := n.(Dir); ok {
			everything(t, sub, visit)
		}
	}
}

func TestInodesAreUniqueAndTheSameInListings(t *testing.T) {
	w := newWorld(t)
	w.count("a/", []int64{300, 40}, []int64{4, 3})
	w.put(".zgroup", []byte(`{"zarr_format": 2}`))
	seen := map[uint64]string{rootIno: ""}
	everything(t, w.mountGroup(Config{}).Root(), func(d Dir, e Entry, n Node) {
		id := n.ID()
		if id.Ino != e.Ino {
			t.Errorf("%s: listed as %d, is %d", n.Path(), e.Ino, id.Ino)
		}
		if other, ok := seen[id.Ino]; ok || id.Ino < 2 || id.Ino>>63 != 0 {
			t.Errorf("%s: inode %d, which is also %q", n.Path(), id.Ino, other)
		}
		seen[id.Ino] = n.Path()
		if st, err := n.Stat(context.Background()); err != nil || st.Dir != e.Dir {
			t.Errorf("%s: stat: %v %v", n.Path(), st, err)
		}
	})
	if len(seen) < 300+40+75*14 {
		t.Errorf("only %d nodes were seen", len(seen))
	}
}

func TestInodesOfAMillionNamesAreUnique(t *testing.T) {
	inos := make([]uint64, 1<<20)
	h := hashPath("slices/z/")
	for i := range inos {
		inos[i] = h.add(padding(7).name(int64(i)) + ".npy").ino()
	}
	slices.Sort(inos)
	if n := len(slices.Compact(inos)); n != 1<<20 {
		t.Errorf("%d names share an inode", 1<<20-n)
	}
}

func TestElements(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{3, 4}, []int64{2, 3})
	tree := w.mount("", Config{})
	for path, want := range map[string][]uint16{
		"array.raw":                 {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
		"slices/0/1.raw":            {4, 5, 6, 7},
		"slices/1/3.raw":            {3, 7, 11},
		"chunks/1.1.raw":            {11},
		"chunks/0.0.raw":            {0, 1, 2, 4, 5, 6},
		"at/1:3,::2.raw":            {4, 6, 8, 10},
		"at/1:3,1:/slices/0/2.raw":  {9, 10, 11},
		"at/1:3,1:/at/2,2:.raw":     {10, 11},
		"slices/1/2/slices/0/0.raw": {2},
		"at/1:1.raw":                {},
	} {
		if got := elements(t, tree, path); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestEveryWindow(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{3, 7}, []int64{2, 3})
	never := drivers.Recheck{Mode: drivers.RecheckNever}
	tree := w.mount("", Config{RecheckData: never, RecheckMetadata: never})
	for _, path := range []string{"array.npy", "array.raw", "slices/1/2.npy"} {
		whole, h := content(t, tree, path), open(t, tree, path)
		p := make([]byte, len(whole)+4)
		for off := 0; off <= len(whole)+1; off++ {
			for length := 0; length <= len(p); length++ {
				n, err := h.ReadAt(context.Background(), p[:length], int64(off))
				want := whole[min(off, len(whole)):min(off+length, len(whole))]
				if string(p[:n]) != string(want) || err != nil && err != io.EOF || (err == io.EOF) != (n < length || off >= len(whole)) {
					t.Fatalf("%s: %d bytes at %d: got %d and %v, want %d", path, length, off, n, err, len(want))
				}
			}
		}
	}
}

func TestTenThousandMillionSlicesAreListedAsAStream(t *testing.T) {
	w := newWorld(t)
	w.array("", []int64{1e10, 2}, []int64{1000, 2})
	tree := w.mount("", Config{})
	for _, from := range []int64{0, 5e9, 1e10 - 2} {
		var got []string
		for e, err := range find[Dir](t, tree, "slices/0").List(context.Background(), from) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, e.Name); len(got) == 2 {
				break
			}
		}
		wantNames(t, got, fmt.Sprintf("%010d.npy", from), fmt.Sprintf("%010d.npy", from+1))
	}
	wantNames(t, names(t, tree, "slices/0", 1e10))
	wantNames(t, names(t, tree, "chunks", 1e7-1), "9999999.0.npy")
}

func TestSizesThatOverflowAreNotOffered(t *testing.T) {
	w := newWorld(t)
	w.array("", []int64{1 << 40, 1 << 40}, []int64{1, 1})
	tree := w.mount("", Config{})
	wantAbsent(t, tree, "array.raw")
	wantNames(t, names(t, tree, "", 0), "slices", "chunks", "at", "info.json", "attributes.json")
	if st, err := find[File](t, tree, "slices/1/5.raw").Stat(context.Background()); err != nil || st.Size != 2<<40 {
		t.Errorf("slice: got %d, %v", st.Size, err)
	}
}

func TestNoDimensionsAndNoElements(t *testing.T) {
	w := newWorld(t)
	w.put("scalar/.zarray", []byte(`{"zarr_format": 2, "shape": [], "chunks": [], "dtype": "<u2", "order": "C", "compressor": null, "filters": null, "fill_value": 7}`))
	w.put("scalar/0", []byte{9, 1})
	w.array("none/", []int64{0, 3}, []int64{2, 2})
	tree := w.mountGroup(Config{})
	wantNames(t, names(t, tree, "scalar/slices", 0))
	wantNames(t, names(t, tree, "scalar/chunks", 0), "0.npy")
	if got := elements(t, tree, "scalar/chunks/0.raw"); !slices.Equal(got, []uint16{265}) {
		t.Errorf("got %v", got)
	}
	wantNames(t, names(t, tree, "none/slices/0", 0))
	wantNames(t, names(t, tree, "none/slices/1", 0), "0.npy", "1.npy", "2.npy")
	wantNames(t, names(t, tree, "none/chunks", 0))
	if got := content(t, tree, "none/array.raw"); len(got) != 0 {
		t.Errorf("got %d bytes", len(got))
	}
}

// shifted is the view of the indices [lo, hi) of a vector, moved by offset and
// labelled.
func shifted(lo, hi, offset int64, label string) *arrayview.Transform {
	d := arrayview.BoxDomain(arrayview.Box{Min: []int64{lo + offset}, Shape: []int64{hi - lo}})
	d.Labels[0] = label
	tr := arrayview.Identity(d)
	tr.Output[0].Offset = -offset
	return tr
}

func TestNegativeOriginsAndLabels(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{30}, []int64{10})
	tree := w.mountSource(Single(w.open("", shifted(5, 25, -12, "z"))), Config{})
	wantNames(t, names(t, tree, "slices", 0), "z")
	wantNames(t, names(t, tree, "slices/z", 0)[:9], "-07.npy", "-06.npy", "-05.npy", "-04.npy", "-03.npy", "-02.npy", "-01.npy", "00.npy", "01.npy")
	wantNames(t, names(t, tree, "chunks", 0), "0.npy", "1.npy", "2.npy")
	for path, want := range map[string][]uint16{
		"slices/z/-7.raw": {5}, "slices/0/-07.raw": {5}, "slices/z/12.raw": {24}, "chunks/0.raw": {5, 6, 7, 8, 9},
		"chunks/2.raw": {20, 21, 22, 23, 24}, "at/z=-7:-5.raw": {5, 6}, "at/-7:3:5.raw": {5, 10},
	} {
		if got := elements(t, tree, path); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	wantAbsent(t, tree, "slices/z/13.raw")
	wantAbsent(t, tree, "slices/z/-8.raw")
}

func TestAStrideLeavesNoChunks(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{30}, []int64{10})
	tr := shifted(0, 15, 0, "")
	tr.Output[0].Stride = 2
	tree := w.mountSource(Single(w.open("", tr)), Config{})
	wantAbsent(t, tree, "chunks")
	if slices.Contains(names(t, tree, "", 0), "chunks") {
		t.Error("chunks is listed")
	}
}

func TestXattrsAndInfo(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{12, 5}, []int64{4, 3})
	w.put(".zattrs", []byte(`{"a": [1]}`))
	tree := w.mount("", Config{RecheckMetadata: drivers.Recheck{Mode: drivers.RecheckOpen}})
	attrs := func(path string) map[string]string {
		list, err := find[Node](t, tree, path).Xattrs(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]string{}
		for _, x := range list {
			m[x.Name] = x.Value
		}
		return m
	}
	for path, want := range map[string]string{"": ":,:", "at/...,3:5": ":,3:5", "at/2:9/at/3.npy": "3,:", "slices/1/2/at/4:6.npy": "4:6,2", "at/1:9:2.npy": "1:8:2,:", "slices": ":,:"} {
		if got := attrs(path)["user.tensorstore.selection"]; got != want {
			t.Errorf("%s: selection is %q, want %q", path, got, want)
		}
	}
	if got := attrs("at/2:9,1"); got["user.tensorstore.shape"] != "[7]" || got["user.tensorstore.origin"] != "[2]" || got["user.tensorstore.chunk_shape"] != "[4]" {
		t.Errorf("got %v", got)
	}
	var doc struct {
		Shape []int64
		Files map[string]struct {
			Size          int64
			PayloadOffset int64 `json:"payload_offset"`
		}
	}
	if err := json.Unmarshal(content(t, tree, "info.json"), &doc); err != nil {
		t.Fatal(err)
	}
	if f := doc.Files["array.npy"]; f.Size != 128+120 || f.PayloadOffset != 128 || !slices.Equal(doc.Shape, []int64{12, 5}) {
		t.Errorf("info.json: %+v", doc)
	}
	if got := string(content(t, tree, "attributes.json")); got != "{\n  \"a\": [\n    1\n  ]\n}\n" {
		t.Errorf("attributes.json: %q", got)
	}
}
