package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFormatsOverHTTP reads arrays that others have written, of each format and
// of shards above all, through a web server and from the disk: the bytes are the
// same.
func TestFormatsOverHTTP(t *testing.T) {
	fixtures := filepath.Join("..", "..", "shared", "fixtures")
	if _, err := os.Stat(fixtures); err != nil {
		t.Skipf("no fixtures: %v", err)
	}
	root, err := filepath.Abs(fixtures)
	if err != nil {
		t.Fatal(err)
	}
	w := serveWeb(t, root)
	for _, pattern := range []string{"zarr3-*shard*", "ng-*shard*", "n5-gzip*", "zarr2-blosc*", "ng-jpeg*"} {
		cases, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(cases) == 0 {
			t.Errorf("%s: no fixture, %v", pattern, err)
		}
		for _, dir := range cases {
			t.Run(filepath.Base(dir), func(t *testing.T) { sameOverHTTP(t, w, dir) })
		}
	}
}

func sameOverHTTP(t *testing.T, w *web, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Spec object }
	text = bytes.ReplaceAll(text, []byte("DATA"), []byte(filepath.Join(dir, "data")))
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	kvstore, ok := c.Spec["kvstore"].(object)
	if !ok || kvstore["driver"] != "file" {
		t.Skip("not a store of files")
	}
	near := start(t, c.Spec)
	path, ok := strings.CutPrefix(kvstore["path"].(string), w.root)
	if !ok {
		t.Fatalf("%v is not below %s", kvstore, w.root)
	}
	c.Spec["kvstore"] = object{"driver": "http", "base_url": w.url, "path": path}
	far := start(t, c.Spec)
	names, err := os.ReadDir(near.path("chunks"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d chunks, %v", len(names), err)
	}
	for _, name := range []string{"array.raw", "info.json", "chunks/" + names[0].Name(), "chunks/" + names[len(names)-1].Name()} {
		want, got := readFile(t, near.path(name)), readFile(t, far.path(name))
		if name == "info.json" { // the same but for where it is
			want, got = withoutURL(t, want), withoutURL(t, got)
		}
		expect(t, name, got, want)
	}
}

// withoutURL returns a JSON object without its member "url".
func withoutURL(t *testing.T, text []byte) []byte {
	t.Helper()
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	delete(o, "url")
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
