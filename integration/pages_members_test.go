package integration

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestStoreAndPathAreSpelledInManyWays(t *testing.T) {
	a := makeDataset(t, small)
	above, name := filepath.Split(a.dir)
	file := func(path string) object { return object{"driver": "file", "path": path} }
	for _, spec := range []any{
		object{"driver": "zarr", "kvstore": file(a.dir)},
		object{"driver": "zarr2", "kvstore": "file://" + a.dir + "/"},
		object{"driver": "zarr", "kvstore": file(above), "path": name},
		object{"driver": "zarr", "kvstore": "file://" + above, "path": name + "/"},
		object{"driver": "auto", "kvstore": file(a.dir + "/")},
		object{"kvstore": file(a.dir + "/")},
		file(a.dir + "/"),
		"file://" + above + "|zarr2:" + name,
		"file://" + a.dir + "/|zarr:",
		"file://" + a.dir + "/|auto:",
	} {
		expect(t, "array.raw", readFile(t, start(t, spec).path("array.raw")), a.data)
	}
}

func TestMissingChunksAreErrorsWhenTheyMustNotBeFilled(t *testing.T) {
	a := makeDataset(t, small)
	m := start(t, a.spec(object{"fill_missing_data_reads": false}))
	if _, err := os.ReadFile(m.path("chunks/1.1.1.raw")); !errors.Is(err, syscall.EIO) {
		t.Errorf("a missing chunk: got %v, want EIO", err)
	}
	if _, err := os.ReadFile(m.path("chunks/0.0.0.raw")); err != nil {
		t.Errorf("a chunk that is there: %v", err)
	}
}

func TestAssumedMetadataIsNeitherReadNorStored(t *testing.T) {
	a := makeDataset(t, small)
	metadata := object{
		"shape": small.shape, "chunks": small.chunk, "dtype": "<u2", "fill_value": small.fill, "order": "C",
		"compressor": object{"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1},
	}
	if err := os.Remove(filepath.Join(a.dir, ".zarray")); err != nil {
		t.Fatal(err)
	}
	for _, assume := range []object{
		{"assume_metadata": true},
		{"assume_metadata": true, "recheck_cached_metadata": true},
		{"assume_cached_metadata": true, "recheck_cached_metadata": false}, // until something newer is asked for
	} {
		m := start(t, a.spec(assume, object{"metadata": metadata}))
		expect(t, fmt.Sprint(assume), readFile(t, m.path("array.raw")), a.data)
	}
	if _, err := os.Stat(filepath.Join(a.dir, ".zarray")); err == nil {
		t.Error("metadata was stored")
	}
}

func TestMetadataKeyAndSeparatorCanBeNamed(t *testing.T) {
	a := makeDataset(t, volume{shape: []int64{6, 4}, chunk: []int64{3, 2}})
	if err := os.Rename(filepath.Join(a.dir, ".zarray"), filepath.Join(a.dir, "other")); err != nil {
		t.Fatal(err)
	}
	m := start(t, a.spec(object{"metadata_key": "other", "key_encoding": "."}))
	expect(t, "array.raw", readFile(t, m.path("array.raw")), a.data)
}

func TestFieldSelectsAComponent(t *testing.T) {
	dir := filepath.Join(folder(t, "fields"), "v")
	fields := object{"create": true, "metadata": object{"shape": []int{4}, "dtype": []any{[]any{"a", "<u2"}, []any{"b", "|u1"}}}}
	m := start(t, with("zarr", dir, fields, object{"field": "a"}))
	if n := len(readFile(t, m.path("array.raw"))); n != 4*2 {
		t.Errorf("%d bytes, want 8", n)
	}
	m = start(t, with("zarr", dir, object{"field": "b"}))
	if n := len(readFile(t, m.path("array.raw"))); n != 4 {
		t.Errorf("%d bytes, want 4", n)
	}
	refused(t, 1, with("zarr", dir))
	refused(t, 1, with("zarr", dir, object{"field": "c"}))
}
