package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// planOf plans a config file.
func planOf(t *testing.T, text string) *plan {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	req, err := configRequest(name, "", daemonOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := req.plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestConfigIsAConfigFileWithAllDefaults reads config.json as a config file,
// which must mean the same.
func TestConfigIsAConfigFileWithAllDefaults(t *testing.T) {
	p := planOf(t, `{"context": {"cache_pool": {"total_bytes_limit": 100}, "data_copy_concurrency#one": {"limit": 1}, "cache_pool#none": null},
		"mounts": [{"mountpoint": "/a", "context": {"file_io_concurrency": {}}, "umask": "077", "uid": 5, "formats": ["raw"],
		"spec": {"driver": "zarr", "kvstore": {"driver": "file", "path": "/x", "context": {"file_io_concurrency": {"limit": 2}}},
		"context": {"cache_pool": "cache_pool#none"}, "data_copy_concurrency": "data_copy_concurrency#one", "recheck_cached_data": 5}}]}`)
	text, err := p.config(p.mounts[0])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"context": {"cache_pool": {"total_bytes_limit": 100, "queued_for_writeback_bytes_limit": 50},
			"cache_pool#none": null, "data_copy_concurrency#one": {"limit": 1}},
		"mounts": [{"mountpoint": "/a", "context": {"file_io_concurrency": {"limit": "shared"}}, "umask": "077", "uid": 5, "formats": ["raw"],
			"writable": false, "allow_other": false,
			"spec": {"driver": "zarr", "kvstore": {"driver": "file", "path": "/x/", "context": {"file_io_concurrency": {"limit": 2}}},
				"context": {"cache_pool": "cache_pool#none"}, "cache_pool": "cache_pool", "data_copy_concurrency": "data_copy_concurrency#one",
				"open": true, "create": false, "delete_existing": false, "fill_missing_data_reads": true, "store_data_equal_to_fill_value": false,
				"recheck_cached_data": 5, "recheck_cached_metadata": "open"}}]}`
	if got := normalised(t, json.RawMessage(text)); !reflect.DeepEqual(got, normalised(t, json.RawMessage(want))) {
		t.Errorf("got %s\nwant %s", text, want)
	}
	again := planOf(t, string(text))
	if second, err := again.config(again.mounts[0]); err != nil || string(second) != string(text) {
		t.Errorf("read as a config file it becomes %s, %v, want %s", second, err, text)
	}
}

// TestMountWithoutContextHasTheDefaultPool is about what the daemon adds.
func TestMountWithoutContextHasTheDefaultPool(t *testing.T) {
	p := planOf(t, `{"mounts": [{"mountpoint": "/a", "spec": "file:///x/|zarr2:"}]}`)
	text, err := p.config(p.mounts[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"total_bytes_limit":`, `"recheck_cached_data":"open"`, `"recheck_cached_metadata":"open"`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s has no %s", text, part)
		}
	}
	if strings.Contains(string(text), `"total_bytes_limit":0`) {
		t.Errorf("the pool keeps nothing: %s", text)
	}
}

// TestDeleteExistingNeedsAWritableMount names the member.
func TestDeleteExistingNeedsAWritableMount(t *testing.T) {
	doc, err := parseDocument([]byte(`{"driver": "zarr", "kvstore": "file:///x/", "create": true, "delete_existing": true}`), "spec")
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&request{Mounts: []mountRequest{{Spec: doc}}}).plan()
	if err == nil || !strings.HasPrefix(err.Error(), "spec: delete_existing: ") {
		t.Errorf("got %v, want an error about spec: delete_existing", err)
	}
}
