package main

import (
	"runtime/metrics"
	"testing"
	"time"

	"tsmount/cache"
)

// allocated returns how many bytes have been allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// maxFuzzBytes is what the smallest specs may cost; no number in a spec may make
// it more.
const maxFuzzBytes = 64 << 20

// FuzzOpen plans mounts of arbitrary specs and opens those that lie in memory,
// also creating them, with all formats.
func FuzzOpen(f *testing.F) {
	for _, spec := range []string{
		`{"driver":"zarr","kvstore":"memory://a","create":true,"dtype":"uint8","schema":{"domain":{"shape":[20,30]},"fill_value":5}}`,
		`{"driver":"zarr3","kvstore":"memory://a","create":true,"dtype":"int64","schema":{"domain":{"shape":[4000000000,30],"labels":["y","x"]},"chunk_layout":{"read_chunk":{"shape":[5,5]},"write_chunk":{"shape":[10,30]}},"dimension_units":["4 nm",null]}}`,
		`{"driver":"n5","kvstore":{"driver":"memory","path":"b"},"open":true,"create":true,"metadata":{"dimensions":[9,9],"blockSize":[4,4],"dataType":"uint16","compression":{"type":"gzip"}}}`,
		`{"driver":"neuroglancer_precomputed","kvstore":"memory://","create":true,"dtype":"uint8","schema":{"domain":{"shape":[64,64,64,1]},"chunk_layout":{"read_chunk":{"shape":[8,8,8,1]},"write_chunk":{"shape":[64,64,64,1]}}}}`,
		`{"driver":"zarr","kvstore":"memory://","create":true,"metadata":{"shape":[9],"dtype":"<u2"},"transform":{"input_shape":[4],"output":[{"input_dimension":0,"stride":2}]},"cache_pool":"cache_pool#x","context":{"cache_pool#x":null}}`,
		`{"driver":"zarr","kvstore":"memory://","delete_existing":true,"create":true,"metadata":{"shape":[1],"dtype":[["a","<u2"]]},"field":"a","recheck_cached_data":1e300}`,
	} {
		f.Add([]byte(spec))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<14 {
			return
		}
		before := allocated()
		tryOpen(t, text)
		if used := allocated() - before; used > maxFuzzBytes {
			t.Errorf("%d bytes were allocated for a spec of %d", used, len(text))
		}
	})
}

func tryOpen(t *testing.T, text []byte) {
	doc, err := parseDocument(text, "spec")
	if err != nil {
		return
	}
	p, err := (&request{Mounts: []mountRequest{{MountPoint: "/mnt", Spec: doc}}}).plan()
	if err != nil {
		return
	}
	m := p.mounts[0]
	config, err := p.config(m)
	if err != nil {
		t.Fatalf("%s has no config.json: %v", text, err)
	}
	if _, err := parseDocument(config, ""); err != nil {
		t.Fatalf("%s: %s is no document: %v", text, config, err)
	}
	if m.spec.KvStore.Driver() != "memory" {
		return
	}
	e := cache.New(cache.Config{})
	defer e.Close()
	set, err := openDataset(t.Context(), e, p, m, nil)
	if err != nil {
		return
	}
	found, err := set.source().Look(t.Context(), "", time.Now())
	if err != nil || found.Open == nil {
		return
	}
	if opened, err := found.Open(t.Context(), time.Now()); err == nil {
		opened.Array.Close()
	}
}
