package zarr3

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// base is a document that members can be set in.
func base() map[string]any {
	return map[string]any{
		"zarr_format": 3, "node_type": "array", "shape": []int{6, 4}, "data_type": "uint8", "fill_value": 0,
		"chunk_grid":         map[string]any{"name": "regular", "configuration": map[string]any{"chunk_shape": []int{4, 2}}},
		"chunk_key_encoding": map[string]any{"name": "default"}, "codecs": []any{map[string]any{"name": "bytes"}},
	}
}

// with returns base with the members of a JSON object.
func with(t testing.TB, members string) []byte {
	t.Helper()
	doc := base()
	v, err := strictjson.Parse([]byte(members), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range v.Any().(map[string]any) {
		doc[name] = m
	}
	return document.Compact(doc)
}

func parse(t testing.TB, members string, want drivers.Constraints) (drivers.Dataset, error) {
	t.Helper()
	return Format{}.Parse("a/", map[string][]byte{"a/" + nodeKey: with(t, members)}, want)
}

var anything = drivers.Constraints{Rank: -1}

const (
	float32LE = `"data_type":"float32","codecs":[{"name":"bytes","configuration":{"endian":"little"}}]`
	sharding  = `"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,2],"codecs":["bytes"],"index_codecs":[{"name":"bytes","configuration":{"endian":"little"}}]}}]`
)

func TestDocumentsThatAreRead(t *testing.T) {
	for _, members := range []string{
		`{"data_type":{"name":"uint8"}}`, `{"data_type":{"name":"uint8","configuration":{}}}`,
		`{"codecs":["bytes"]}`, `{"codecs":[{"name":"bytes","configuration":{}}]}`, `{"codecs":["endian"]}`,
		`{"storage_transformers":[]}`, `{"x":{"must_understand":false}}`, `{"consolidated_metadata":null}`,
		`{"dimension_names":[null,""]}`, `{"dimension_names":["x","x"]}`, `{"attributes":{"a":"NaN"}}`,
		`{"fill_value":1.0}`, `{"shape":[0,4]}`, `{` + sharding + `}`,
		`{"codecs":["bytes",{"name":"numcodecs.zlib","configuration":{"level":1}}]}`,
		`{"codecs":["bytes",{"name":"blosc","configuration":{"cname":"lz4","clevel":5,"shuffle":"noshuffle","blocksize":0}}]}`,
		strings.Replace(`{`+sharding+`}`, `}}]}`, `}},"crc32c"]}`, 1),
	} {
		if _, err := parse(t, members, anything); err != nil {
			t.Errorf("%s: %v", members, err)
		}
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	for members, path := range map[string]string{
		`{"zarr_format":2}`: "zarr_format", `{"node_type":"x"}`: "node_type", `{"shape":[-1,4]}`: "shape[0]",
		`{"shape":[1e30,4]}`: "shape[0]", `{"shape":[4]}`: "chunk_shape", `{"data_type":"uint7"}`: "data_type",
		`{"data_type":"r12"}`: "data_type", `{"data_type":"r0"}`: "data_type", `{"data_type":"string"}`: "data_type",
		`{"data_type":"byte"}`: "data_type", `{"data_type":{"name":"struct"}}`: "data_type",
		`{"data_type":{"name":"struct","configuration":{"fields":[]}}}`:                                                                "fields",
		`{"data_type":{"name":"struct","configuration":{"fields":[{"name":"a","data_type":"int8"},{"name":"a","data_type":"int8"}]}}}`: "fields[1]",
		`{"data_type":{"name":"struct","configuration":{"fields":[{"name":"a","data_type":"int16"}]}},"fill_value":{"a":1}}`:           "codecs[0]",
		`{"data_type":{"name":"struct","configuration":{"fields":[{"name":"a","data_type":{"name":"struct","configuration":{}}}]}}}`:   "data_type",
		`{"chunk_grid":{"name":"rectilinear"}}`: "chunk_grid", `{"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[0,1]}}}`: "chunk_shape[0]",
		`{"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4000000000,4000000000]}}}`:       "chunk_grid",
		`{"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4,2]},"must_understand":false}}`: "must_understand",
		`{"chunk_key_encoding":"v3"}`: "chunk_key_encoding", `{"chunk_key_encoding":{"name":"v2","configuration":{"separator":"-"}}}`: "separator",
		`{"fill_value":null}`: "fill_value", `{"fill_value":256}`: "fill_value", `{"fill_value":1.5}`: "fill_value", `{"fill_value":"1"}`: "fill_value",
		`{"codecs":[]}`: "codecs", `{"codecs":["gzip"]}`: "codecs[0]", `{"codecs":["bytes","bytes"]}`: "codecs[1]", `{"codecs":["bytes","gzip"]}`: "codecs[1]",
		`{"codecs":["bytes",{"name":"zstd","configuration":{"level":1,"x":2}}]}`: "codecs[1].configuration.x", `{"codecs":["vlen-utf8"]}`: "codecs[0]",
		`{"codecs":["bytes",{"name":"crc32c","must_understand":true}]}`:             "codecs[1].must_understand",
		`{"codecs":[{"name":"transpose","configuration":{"order":[0,2]}},"bytes"]}`: "order",
		`{"codecs":[{"name":"transpose","configuration":{"order":[0]}},"bytes"]}`:   "codecs[0]",
		`{"dimension_names":["x"]}`: "dimension_names", `{"dimension_names":null}`: "dimension_names", `{"storage_transformers":[{}]}`: "storage_transformers",
		`{"attributes":{"dimension_units":["nm"]}}`: "attributes.dimension_units", `{"attributes":{"dimension_units":[1,2]}}`: "attributes.dimension_units",
		`{"x":1}`: "x", `{"x":{"must_understand":true}}`: "x", `{"x":null}`: "x",
		strings.Replace(`{`+sharding+`}`, `[2,2]`, `[3,2]`, 1):                           "codecs[0]",
		strings.Replace(`{`+sharding+`}`, `[2,2]`, `[2]`, 1):                             "codecs[0]",
		strings.Replace(`{`+sharding+`}`, `,"configuration":{"endian":"little"}`, ``, 1): "codecs[0]",
		strings.Replace(`{`+sharding+`}`, `"index_codecs"`, `"index_codec"`, 1):          "codecs[0]",
	} {
		_, err := parse(t, members, anything)
		var e *strictjson.Error
		if !errors.As(err, &e) || !strings.Contains(e.Path, path) {
			t.Errorf("%s: got %v, want an error about %s", members, err, path)
		}
	}
}

func TestShardsNestOnlySoDeep(t *testing.T) {
	inner := `["bytes"]`
	for range maxShards + 1 {
		inner = `[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,2],"codecs":` + inner + `,"index_codecs":[{"name":"bytes","configuration":{"endian":"little"}}]}}]`
	}
	if _, err := parse(t, `{"codecs":`+inner+`}`, anything); err == nil {
		t.Error("got no error")
	}
}

func TestGroupsAreNoArrays(t *testing.T) {
	doc := []byte(`{"zarr_format":3,"node_type":"group"}`)
	_, err := Format{}.Parse("", map[string][]byte{nodeKey: doc}, anything)
	if !errors.Is(err, drivers.ErrNoArray) {
		t.Errorf("got %v, want ErrNoArray", err)
	}
	if _, err := (Format{}).Parse("", nil, anything); !errors.Is(err, drivers.ErrNoArray) {
		t.Errorf("no document: got %v, want ErrNoArray", err)
	}
}

func TestFillValuesInAllSpellings(t *testing.T) {
	const structLE = `"data_type":{"name":"struct","configuration":{"fields":[{"name":"a","data_type":"uint8"},{"name":"b","data_type":"uint32"}]}},`
	for _, c := range []struct{ members, want string }{
		{`{` + float32LE + `,"fill_value":"NaN"}`, "0000c07f"},
		{`{` + float32LE + `,"fill_value":"-Infinity"}`, "000080ff"},
		{`{` + float32LE + `,"fill_value":"0x7fc00001"}`, "0100c07f"},
		{`{` + float32LE + `,"fill_value":"0x1"}`, "01000000"},
		{`{` + float32LE + `,"fill_value":-0.0}`, "00000080"},
		{`{"data_type":"int4","fill_value":-8}`, "f8"},
		{`{"data_type":"bool","fill_value":true}`, "01"},
		{`{"data_type":"float8_e5m2","fill_value":"NaN"}`, "7e"},
		{`{"data_type":"r16","fill_value":"AQI="}`, "0102"},
		{`{"data_type":"r16","fill_value":[1,2]}`, "0102"},
		{`{"data_type":"r16","fill_value":0}`, "00"},
		{`{"data_type":{"name":"raw_bytes","configuration":{"length_bytes":2}},"fill_value":"AQE="}`, "01"},
		{`{` + strings.Replace(float32LE, "float32", "complex64", 1) + `,"fill_value":[1,"NaN"]}`, "0000803f0000c07f"},
		{`{` + strings.Replace(float32LE, "float32", "uint64", 1) + `,"fill_value":18446744073709551615}`, "ffffffffffffffff"},
		{`{` + structLE + `"codecs":[{"name":"bytes","configuration":{"endian":"big"}}],"fill_value":{"a":1,"b":2}}`, "02000000"},
		{`{` + structLE + `"codecs":[{"name":"bytes","configuration":{"endian":"big"}}],"fill_value":"BwECAwQ="}`, "04030201"},
		{`{` + structLE + `"codecs":[{"name":"bytes","configuration":{"endian":"little"}}],"fill_value":"BwECAwQ="}`, "01020304"},
	} {
		want := anything
		if strings.Contains(c.members, "struct") {
			want.Members = &options{Selection: document.Selection{Field: "b"}}
		}
		ds, err := parse(t, c.members, want)
		if err != nil {
			t.Errorf("%s: %v", c.members, err)
		} else if got := hex.EncodeToString(ds.Schema().Fill); got != c.want {
			t.Errorf("%s: got %s, want %s", c.members, got, c.want)
		}
	}
	for _, bad := range []string{`"nan"`, `"1.5"`, `"+Infinity"`, `"0X1"`, `"0x"`, `"0x123456789"`, `[1]`, `true`} {
		if _, err := parse(t, `{`+float32LE+`,"fill_value":`+bad+`}`, anything); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
}

func TestChunkKeys(t *testing.T) {
	for _, c := range []struct {
		members string
		cell    []int64
		want    string
	}{
		{`{}`, []int64{1, 0}, "c/1/0"},
		{`{"chunk_key_encoding":{"name":"default","configuration":{"separator":"."}}}`, []int64{1, 0}, "c.1.0"},
		{`{"chunk_key_encoding":"v2"}`, []int64{1, 0}, "1.0"},
		{`{"chunk_key_encoding":{"name":"v2","configuration":{"separator":"/"}}}`, []int64{1, 0}, "1/0"},
		{`{"shape":[],"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[]}}}`, []int64{}, "c"},
		{`{"shape":[],"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[]}},"chunk_key_encoding":"v2"}`, []int64{}, "0"},
		{`{` + sharding + `}`, []int64{3, 1}, "c/1/1#1"},
	} {
		ds, err := parse(t, c.members, anything)
		if err != nil {
			t.Errorf("%s: %v", c.members, err)
		} else if got := ds.ChunkKey(c.cell); got != c.want {
			t.Errorf("%s %v: got %s, want %s", c.members, c.cell, got, c.want)
		}
	}
}

func TestOnlyShapeAttributesAndNotesMayChange(t *testing.T) {
	key := func(members string) string {
		ds, err := parse(t, members, anything)
		if err != nil {
			t.Fatal(err)
		}
		return ds.CompatKey()
	}
	same := key(`{}`)
	for _, members := range []string{`{"shape":[9,9]}`, `{"attributes":{"a":1}}`, `{"x":{"must_understand":false}}`, `{"storage_transformers":[]}`} {
		if key(members) != same {
			t.Errorf("%s: the chunks mean something else", members)
		}
	}
	for _, members := range []string{`{"fill_value":1}`, `{"data_type":"int8"}`, `{"chunk_key_encoding":"v2"}`, `{"codecs":["bytes","crc32c"]}`, `{"dimension_names":["a","b"]}`} {
		if key(members) == same {
			t.Errorf("%s: the chunks mean the same", members)
		}
	}
}
