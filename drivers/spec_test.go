package drivers_test

import (
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// The sentences are those of TensorStore's page "Drivers", section
// KeyValueStoreBackedChunkDriver, and of this project's decisions on it.

func TestDriverAndKvstoreAreRequired(t *testing.T) {
	refuse(t, `{}`, "driver", "missing")
	refuse(t, `{"driver":"zarr"}`, "kvstore", "missing")
	refuse(t, `{"driver":"zarr","kvstore":null}`, "kvstore", "null")
	refuse(t, `{"driver":3}`, "driver", "string")
	refuse(t, `3`, "", "spec")
}

func TestUnknownDriverIsNamedWithTheKnownOnes(t *testing.T) {
	refuse(t, `{"driver":"zar","kvstore":"memory://"}`, "driver", `unknown driver "zar" (known: auto, zarr, zarr3`)
	refuse(t, `{"driver":"zarr","kvstore":{"driver":"zarr"}}`, "kvstore.driver", "array driver")
	refuse(t, `{"driver":"zarr","kvstore":{"driver":"fle"}}`, "kvstore.driver", `"fle"`)
}

func TestDriverAliasesNameOneFormat(t *testing.T) {
	for alias, name := range map[string]string{"zarr": "zarr", "zarr2": "zarr", "neuroglancer-precomputed": "neuroglancer_precomputed"} {
		s := parse(t, `{"driver":"`+alias+`","kvstore":"memory://a/"}`)
		if s.Driver != name || s.Format.Name() != name {
			t.Errorf("%s: got driver %s", alias, s.Driver)
		}
	}
}

func TestStoreInPlaceOfAnArrayIsDetected(t *testing.T) {
	s := parse(t, `{"driver":"memory","path":"a/b"}`)
	if s.Driver != drivers.Auto || s.Format != nil || !s.Open {
		t.Errorf("got %+v", s)
	}
	checkJSON(t, s.JSON(false), `{"driver":"auto","kvstore":{"driver":"memory","path":"a/b"}}`)
	refuse(t, `{"driver":"memory","path":"a","open":true}`, "open", "unknown")
}

func TestAutoKeepsTheOtherMembers(t *testing.T) {
	s := parse(t, `{"kvstore":"memory://a","driver":"auto","recheck_cached_data":"open","dtype":"uint8","cache_pool":"cache_pool#x",
		"context":{"cache_pool#x":{}},"transform":{"input_rank":2},"fill_missing_data_reads":false}`)
	found, err := s.At("sub", fakeFormats()[2], nil)
	if err != nil {
		t.Fatal(err)
	}
	checkJSON(t, found.JSON(false), `{"driver":"n5","kvstore":{"driver":"memory","path":"a/sub/"},"recheck_cached_data":"open","dtype":"uint8",
		"cache_pool":"cache_pool#x","context":{"cache_pool#x":{"total_bytes_limit":0}},"transform":{"input_rank":2},"fill_missing_data_reads":false}`)
	if c := found.Constraints(); c.DType != arrayview.Uint8 || c.Rank != 2 {
		t.Errorf("got constraints %+v", c)
	}
	refuse(t, `{"driver":"auto","kvstore":"memory://a/","metadata":{}}`, "metadata", "unknown")
	refuse(t, `{"driver":"auto","kvstore":"memory://a/","create":true}`, "create", "driver")
	refuse(t, `{"driver":"auto","kvstore":"memory://a/","assume_metadata":true,"open":true}`, "driver", "format")
	if s := parse(t, `{"kvstore":"memory://a/"}`); s.Driver != drivers.Auto {
		t.Errorf("without a driver: got %s", s.Driver)
	}
}

func TestUnknownMembersAreErrorsThatNameThePath(t *testing.T) {
	refuse(t, `{KV,"zzz":1}`, "zzz", "unknown member")
	refuse(t, `{KV,"schema":{"zz":1}}`, "schema.zz", "unknown member")
	refuse(t, `{KV,"recheck_cached":true}`, "recheck_cached", "unknown member")
	refuse(t, `{KV,"transform":{"input_rank":1,"zz":1}}`, "transform.zz", "unknown member")
}

func TestFormatsTakeTheirOwnMembers(t *testing.T) {
	checkJSON(t, parse(t, `{KV,"field":"x"}`).Constraints().Members.JSON(), `{"field":"x"}`)
	refuse(t, `{KV,"scale_index":1}`, "scale_index", "unknown member")
}

func TestDTypeIsGivenOnceOrTwiceAlike(t *testing.T) {
	if s := parse(t, `{KV,"dtype":"uint16","schema":{"dtype":"uint16"}}`); s.DType != arrayview.Uint16 {
		t.Errorf("got %v", s.DType)
	}
	refuse(t, `{KV,"dtype":"uint16","schema":{"dtype":"uint8"}}`, "dtype", "schema.dtype")
	refuse(t, `{KV,"dtype":"uint17"}`, "dtype", "uint17")
	refuse(t, `{KV,"dtype":3}`, "dtype", "string")
}

func TestRankIsTheViewsAndWithoutTransformTheArrays(t *testing.T) {
	if s := parse(t, `{KV,"rank":2.0}`); s.Rank != 2 || s.Constraints().Rank != 2 {
		t.Errorf("got %d, %d", s.Rank, s.Constraints().Rank)
	}
	if s := parse(t, `{KV}`); s.Rank != -1 || s.Constraints().Rank != -1 {
		t.Errorf("got %d, %d, want -1: not given", s.Rank, s.Constraints().Rank)
	}
	s := parse(t, `{KV,"rank":1,"transform":{"input_rank":1,"output":[{"input_dimension":0},{"offset":9}]},"schema":{"rank":2}}`)
	if s.Rank != 1 || s.Constraints().Rank != 2 {
		t.Errorf("got %d, %d, want 1 and 2", s.Rank, s.Constraints().Rank)
	}
	refuse(t, `{KV,"rank":1,"transform":{"input_rank":2}}`, "rank", "transform")
	refuse(t, `{KV,"rank":2,"schema":{"rank":3}}`, "rank", "schema.rank")
	refuse(t, `{KV,"schema":{"rank":3},"transform":{"input_rank":2}}`, "transform", "schema.rank")
	refuse(t, `{KV,"rank":33}`, "rank", "32")
	refuse(t, `{KV,"rank":-1}`, "rank", "-1")
}

func TestPathIsJoinedToTheStoreAsADirectory(t *testing.T) {
	for _, c := range []struct{ store, path, want string }{
		{"b", "a", "b/a/"}, {"b/", "/a", "b//a/"}, {"", "a", "a/"}, {"b", "", "b/"}, {"", "", ""}, {"b/", "a/", "b/a/"},
	} {
		s := parse(t, `{"driver":"n5","kvstore":{"driver":"memory","path":"`+c.store+`"},"path":"`+c.path+`"}`)
		if s.KvStore.Path != c.want {
			t.Errorf("%q and %q: got %q, want %q", c.store, c.path, s.KvStore.Path, c.want)
		}
	}
	refuse(t, `{"driver":"zarr","path":"z2"}`, "path", "kvstore")
	refuse(t, `{KV,"path":2}`, "path", "string")
	refuse(t, `{"driver":"zarr","kvstore":{"driver":"file","path":"/a/"},"path":"../b"}`, "path", "..")
}

func TestRecheckDefaultsAreOpenForMetadataAndTrueForData(t *testing.T) {
	s := parse(t, `{KV}`)
	if s.RecheckMetadata.JSON() != "open" || s.RecheckData.JSON() != true {
		t.Errorf("got %v and %v", s.RecheckMetadata.JSON(), s.RecheckData.JSON())
	}
	s = parse(t, `{KV,"recheck_cached_metadata":false,"recheck_cached_data":12.5}`)
	if s.RecheckMetadata.JSON() != false || s.RecheckData.JSON() != 12.5 {
		t.Errorf("got %v and %v", s.RecheckMetadata.JSON(), s.RecheckData.JSON())
	}
	refuse(t, `{KV,"recheck_cached_data":"Open"}`, "recheck_cached_data", "open")
	refuse(t, `{KV,"recheck_cached_metadata":null}`, "recheck_cached_metadata", "null")
}

func TestFillValueFlagsAreStrictAndHaveTheirDefaults(t *testing.T) {
	if s := parse(t, `{KV}`); !s.FillMissing || s.StoreFill {
		t.Errorf("got %v, %v", s.FillMissing, s.StoreFill)
	}
	if s := parse(t, `{KV,"fill_missing_data_reads":false,"store_data_equal_to_fill_value":true}`); s.FillMissing || !s.StoreFill {
		t.Errorf("got %v, %v", s.FillMissing, s.StoreFill)
	}
	refuse(t, `{KV,"fill_missing_data_reads":0}`, "fill_missing_data_reads", "true or false")
	refuse(t, `{KV,"store_data_equal_to_fill_value":"true"}`, "store_data_equal_to_fill_value", "true or false")
}

func TestResourceMembersAreReferencesOrDefinitions(t *testing.T) {
	s := parse(t, `{KV}`)
	if !s.CachePool.IsDefault() || !s.DataCopyConcurrency.IsDefault() || s.MetadataCachePool.Kind() != "" {
		t.Errorf("absent members: got %v, %v, %v", s.CachePool, s.DataCopyConcurrency, s.MetadataCachePool)
	}
	const doc = `{KV,"cache_pool":"cache_pool#a","metadata_cache_pool":"cache_pool","data_copy_concurrency":{"limit":3}}`
	checkJSON(t, parse(t, doc).JSON(true), withStore(doc))
	refuse(t, `{KV,"cache_pool":null}`, "cache_pool", "null")
	refuse(t, `{KV,"cache_pool":"pool"}`, "cache_pool", "reference")
	refuse(t, `{KV,"cache_pool":{"x":1}}`, "cache_pool.x", "unknown")
	refuse(t, `{KV,"data_copy_concurrency":{"limit":0}}`, "data_copy_concurrency.limit", "0")
	refuse(t, `{KV,"context":{"nope":{}}}`, "context.nope", "nope")
	refuse(t, `{KV,"context":null}`, "context", "null")
}

func TestCanonicalFormParsesToItself(t *testing.T) {
	for _, doc := range []string{
		`{KV}`, `{KV,"open":true,"create":true,"dtype":"int8"}`, `{KV,"create":true,"delete_existing":true,"rank":3}`,
		`{KV,"open":true,"assume_metadata":true}`, `{KV,"field":"x","recheck_cached_data":false,"recheck_cached_metadata":1.5}`,
		`{KV,"schema":{"domain":{"shape":[2,[3]],"labels":["x",""]},"chunk_layout":{"chunk":{"shape":[1,-1]},"read_chunk":{"elements_soft_constraint":9}},
		  "codec":{"driver":"zarr"},"fill_value":[1,2,3],"dimension_units":["4 nm",null]}}`,
	} {
		first := text(t, parse(t, doc).JSON(false))
		if second := text(t, parse(t, first).JSON(false)); first != second {
			t.Errorf("%s\nfirst  %s\nsecond %s", doc, first, second)
		}
	}
}
