package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configOf is what config.json tells.
type configOf struct {
	Context object
	Mounts  []struct {
		Spec object
	}
}

func readConfig(t *testing.T, at string) (c configOf) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, filepath.Join(at, ".tsmount/config.json")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Mounts) != 1 {
		t.Fatalf("config.json holds %d mounts", len(c.Mounts))
	}
	return c
}

func TestRecheckDefaultsAreThoseOfThePage(t *testing.T) {
	a := makeDataset(t, small)
	for _, c := range []struct {
		spec           any
		data, metadata any
	}{
		{a.spec(), true, "open"},
		{"file://" + a.dir + "/|zarr2:", "open", "open"},
		{a.dir, "open", "open"},
		{a.spec(object{"recheck_cached_data": false, "recheck_cached_metadata": true}), false, true},
		{a.spec(object{"recheck_cached_data": 1.5, "recheck_cached_metadata": false}), 1.5, false},
		{a.spec(object{"recheck_cached_data": "open", "recheck_cached_metadata": 0}), "open", 0.0},
	} {
		m := start(t, c.spec)
		spec := readConfig(t, m.at).Mounts[0].Spec
		if spec["recheck_cached_data"] != c.data || spec["recheck_cached_metadata"] != c.metadata {
			t.Errorf("%v: config.json shows %v and %v, want %v and %v", c.spec, spec["recheck_cached_data"], spec["recheck_cached_metadata"], c.data, c.metadata)
		}
		var info struct {
			Data     any `json:"recheck_cached_data"`
			Metadata any `json:"recheck_cached_metadata"`
		}
		if err := json.Unmarshal(readFile(t, m.path("info.json")), &info); err != nil || info.Data != c.data || info.Metadata != c.metadata {
			t.Errorf("%v: info.json shows %+v, %v", c.spec, info, err)
		}
	}
	for _, bad := range []any{"Open", nil, object{}, []int{1}} {
		if text := refused(t, 2, a.spec(object{"recheck_cached_data": bad})); !strings.Contains(text, "recheck_cached_data: ") {
			t.Errorf("%v: got %q", bad, text)
		}
	}
}

// TestConfigShowsTheEffectiveSpecAndContext feeds config.json to the program.
func TestConfigShowsTheEffectiveSpecAndContext(t *testing.T) {
	a := makeDataset(t, small)
	m := start(t, a.spec(object{"context": object{"data_copy_concurrency": object{}}}), "--context", `{"cache_pool#big": {"total_bytes_limit": 1000}}`)
	c := readConfig(t, m.at)
	pool, _ := c.Context["cache_pool"].(object)
	if limit, _ := pool["total_bytes_limit"].(float64); limit <= 0 || pool["queued_for_writeback_bytes_limit"] != float64(int64(limit)/2) {
		t.Errorf("the context is %v, want the limits of the pool that the program adds", c.Context)
	}
	copies, _ := c.Mounts[0].Spec["context"].(object)["data_copy_concurrency"].(object)
	if copies["limit"] != "shared" || c.Mounts[0].Spec["fill_missing_data_reads"] != true {
		t.Errorf("the spec is %v, want the values that nobody wrote too", c.Mounts[0].Spec)
	}
	again := filepath.Join(folder(t, "again"), "config.json")
	if err := os.WriteFile(again, readFile(t, m.path(".tsmount/config.json")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := tsmount(t, "check", "--config", again); got.status != 0 {
		t.Errorf("check --config: status %d: %s", got.status, got.stderr)
	}
}

// TestMetricsShowEveryResource compares the two forms of the same numbers.
func TestMetricsShowEveryResource(t *testing.T) {
	a := makeDataset(t, small)
	m := start(t, a.spec(object{"context": object{"cache_pool#p": object{"total_bytes_limit": 123456}}, "cache_pool": "cache_pool#p"}))
	readFile(t, m.path("array.raw"))
	text := string(readFile(t, m.path(".tsmount/metrics")))
	for _, line := range []string{
		"cache_pool_p_total_bytes_limit 123456", "cache_pool_p_bytes ", "cache_pool_p_bytes_in_use ", "cache_pool_p_hits ", "cache_pool_p_misses ",
		"cache_pool_p_evictions ", "cache_pool_p_dirty_bytes 0", "data_copy_concurrency_limit ", "data_copy_concurrency_in_use 0",
		"data_copy_concurrency_waiting 0", "file_io_concurrency_limit ",
	} {
		if !strings.Contains(text, "_resources_"+line) {
			t.Errorf("metrics has no %q", line)
		}
	}
}
