package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// chunked is a volume of 16 chunks of 2 KiB, all of them stored.
var chunked = volume{shape: []int64{64, 256}, chunk: []int64{16, 64}}

// chunkBytes is the size of a decoded chunk of it.
const chunkBytes = 16 * 64 * 2

func TestTenMountsOfOnePoolAreOneBudget(t *testing.T) {
	var sets []*dataset
	var mounts []object
	for range 10 {
		d := makeDataset(t, chunked)
		sets = append(sets, d)
		mounts = append(mounts, object{"spec": d.spec(object{"cache_pool": "cache_pool#shared", "recheck_cached_data": false})})
	}
	const limit = 40 * chunkBytes
	d := startTogether(t, object{"cache_pool#shared": object{"total_bytes_limit": limit}}, mounts...)
	for i, s := range sets {
		expect(t, fmt.Sprint("mount ", i), readFile(t, d.in(i, "array.raw")), s.data)
		if p := poolIn(t, d.ats[i], "cache_pool#shared"); p.Bytes > p.Limit {
			t.Errorf("after mount %d: %d clean bytes are kept, limit %d", i, p.Bytes, p.Limit)
		}
	}
	first, last := poolIn(t, d.ats[0], "cache_pool#shared"), poolIn(t, d.ats[9], "cache_pool#shared")
	if first.Hits = last.Hits; first != last { // whoever looks makes hits
		t.Errorf("two mounts of one pool tell %+v and %+v", first, last)
	}
	if first.Limit != limit || first.Writeback != limit/2 || first.Evictions < 10*16-40 || first.Dirty != 0 {
		t.Errorf("got %+v, want the limits %d and %d and at least %d evictions", first, limit, limit/2, 10*16-40)
	}
}

func TestArrayMountedTwiceIsFetchedOnce(t *testing.T) {
	group := folder(t, "group")
	if err := os.WriteFile(filepath.Join(group, ".zgroup"), []byte(`{"zarr_format": 2}`), 0o644); err != nil {
		t.Fatal(err)
	}
	a := storeDataset(t, filepath.Join(group, "a"), chunked)
	keep := object{"recheck_cached_data": false, "recheck_cached_metadata": false}
	d := startTogether(t, object{"cache_pool": object{"total_bytes_limit": 1 << 20}},
		object{"spec": a.spec(keep)},
		object{"spec": a.spec(keep), "formats": []string{"raw"}},
		object{"spec": object{"driver": "auto", "kvstore": "file://" + group + "/", "recheck_cached_data": false}})
	for i, name := range []string{"array.raw", "array.raw", "a/array.raw"} {
		expect(t, d.in(i, name), readFile(t, d.in(i, name)), a.data)
	}
	s := statsIn(t, d.at)
	if s.Engine.Decodes != 16 || s.Engine.Arrays != 1 {
		t.Errorf("%d chunks were decoded and %d arrays are open, want 16 and 1", s.Engine.Decodes, s.Engine.Arrays)
	}
	if p := poolIn(t, d.at, "cache_pool"); p.Bytes > 16*chunkBytes+4096 || p.Hits < 2*16 {
		t.Errorf("got %+v, want the chunks kept once and used again", p)
	}
}

func TestPoolOfLimitZeroKeepsNothing(t *testing.T) {
	a := makeDataset(t, chunked)
	m := start(t, a.spec(object{"context": object{"cache_pool": object{}}, "recheck_cached_data": false}))
	for range 2 {
		readFile(t, m.path("array.raw"))
	}
	if p := poolIn(t, m.at, "cache_pool"); p.Limit != 0 || p.Bytes != 0 || p.Writeback != 0 {
		t.Errorf("got %+v, want nothing kept: total_bytes_limit is 0 by default", p)
	}
	if s := statsIn(t, m.at); s.Engine.Decodes < 16 {
		t.Errorf("%d chunks were decoded, want all 16 at least once", s.Engine.Decodes)
	}
}

func TestNullIsANewInstanceOfTheDefault(t *testing.T) {
	a := makeDataset(t, chunked)
	spec := a.spec(object{"cache_pool": "cache_pool#own", "context": object{"cache_pool#own": nil}, "recheck_cached_data": false})
	d := startTogether(t, object{"cache_pool": object{"total_bytes_limit": 1 << 20}}, object{"spec": spec})
	readFile(t, d.in(0, "array.raw"))
	if p := poolIn(t, d.at, "cache_pool#own"); p.Limit != 0 || p.Misses == 0 {
		t.Errorf("got %+v, want a pool of its own with the default limit 0", p)
	}
	if text := refused(t, 2, a.spec(object{"cache_pool": nil})); !strings.Contains(text, "cache_pool: ") {
		t.Errorf("null outside a context: got %q", text)
	}
}

func TestContextsNestAndShadow(t *testing.T) {
	a := makeDataset(t, chunked)
	spec := a.spec(object{"context": object{"data_copy_concurrency": object{"limit": 3}}})
	spec["kvstore"].(object)["context"] = object{"file_io_concurrency": object{"limit": 5}}
	d := startTogether(t, object{"cache_pool": object{"total_bytes_limit": 1000}, "data_copy_concurrency": object{"limit": 7}},
		object{"spec": spec, "context": object{"cache_pool": object{"total_bytes_limit": 2000}}},
		object{"spec": a.spec()})
	if p := poolIn(t, d.ats[0], "cache_pool"); p.Limit != 2000 {
		t.Errorf("the mount's context does not shadow the daemon's: %+v", p)
	}
	if p := poolIn(t, d.ats[1], "cache_pool"); p.Limit != 1000 {
		t.Errorf("the daemon's context does not reach the second mount: %+v", p)
	}
	for i, want := range []int{3, 7} {
		if l := limitOf(t, d.ats[i], "data_copy_concurrency"); l.Limit != want {
			t.Errorf("mount %d: data_copy_concurrency %+v, want the limit %d", i, l, want)
		}
	}
	if l := limitOf(t, d.ats[0], "file_io_concurrency"); l.Limit != 5 {
		t.Errorf("the store's context is not used: %+v", l)
	}
}

func TestConcurrencyLimitsHoldAndShow(t *testing.T) {
	a := makeDataset(t, chunked)
	one := object{"limit": 1}
	m := start(t, a.spec(object{"context": object{"data_copy_concurrency": one, "file_io_concurrency": one}}))
	expect(t, "with one at a time", readFile(t, m.path("array.raw")), a.data)
	for _, key := range []string{"data_copy_concurrency", "file_io_concurrency"} {
		if l := limitOf(t, m.at, key); l != (limitIn{Limit: 1}) {
			t.Errorf("%s: got %+v, want the limit 1 and nobody at it", key, l)
		}
	}
	for _, bad := range []any{0, -1, "many", 1.5, nil} {
		text := refused(t, 2, a.spec(object{"data_copy_concurrency": object{"limit": bad}}))
		if !strings.Contains(text, "data_copy_concurrency.limit: ") {
			t.Errorf("limit %v: got %q", bad, text)
		}
	}
}

func TestSharedLimitsAreThoseOfTheProcess(t *testing.T) {
	a := makeDataset(t, chunked)
	d := startTogether(t, object{"data_copy_concurrency": object{"limit": "shared"}}, object{"spec": a.spec()})
	files, copies := limitOf(t, d.at, "file_io_concurrency"), limitOf(t, d.at, "data_copy_concurrency")
	if copies.Limit < 1 || files.Limit != max(4, copies.Limit) {
		t.Errorf("got %+v for files and %+v for copies, want as many as processors, at least 4 for files", files, copies)
	}
}

func TestCyclesAndDanglingReferencesAreNamed(t *testing.T) {
	a := makeDataset(t, chunked)
	for _, c := range []struct {
		more  object
		parts []string
	}{
		{object{"context": object{"cache_pool": "cache_pool"}}, []string{"cache_pool: ", `"cache_pool" -> "cache_pool"`}},
		{object{"context": object{"cache_pool": "cache_pool#a", "cache_pool#a": "cache_pool#b", "cache_pool#b": "cache_pool#a"}},
			[]string{"cache_pool: ", `"cache_pool#a" -> "cache_pool#b" -> "cache_pool#a"`}},
		{object{"cache_pool": "cache_pool#none"}, []string{"cache_pool: ", `"cache_pool#none"`}},
		{object{"context": object{"cache_pool": "cache_pool#none"}}, []string{"cache_pool: ", `"cache_pool#none"`}},
		{object{"cache_pool": "data_copy_concurrency"}, []string{"cache_pool: ", "data_copy_concurrency"}},
		{object{"context": object{"nope": object{}}}, []string{"context.nope: ", `"nope"`}},
		{object{"context": object{"cache_pool": object{"total_bytes_limit": -1}}}, []string{"context.cache_pool.total_bytes_limit: "}},
	} {
		text := refused(t, 2, a.spec(c.more))
		for _, part := range c.parts {
			if !strings.Contains(text, part) {
				t.Errorf("%v: got %q, want it to name %s", c.more, text, part)
			}
		}
	}
}
