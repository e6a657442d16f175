package n5

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// attributes returns attributes.json of a 5x6 array; members come in pairs of
// name and JSON, "" leaves one out.
func attributes(members ...string) []byte {
	all := map[string]json.RawMessage{
		"dimensions": json.RawMessage("[5,6]"), "blockSize": json.RawMessage("[4,4]"),
		"dataType": json.RawMessage(`"uint16"`), "compression": json.RawMessage(`{"type":"raw"}`),
	}
	for i := 0; i < len(members); i += 2 {
		if all[members[i]] = json.RawMessage(members[i+1]); members[i+1] == "" {
			delete(all, members[i])
		}
	}
	out, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return out
}

// wanting returns constraints with the format's members of a spec.
func wanting(t testing.TB, members string) drivers.Constraints {
	t.Helper()
	v, err := strictjson.Parse([]byte(members), "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := v.Object()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Format{}.Members(o)
	if err != nil {
		t.Fatal(err)
	}
	return drivers.Constraints{Rank: -1, Members: m}
}

func parse(doc []byte, want drivers.Constraints) (drivers.Dataset, error) {
	return Format{}.Parse("a/", map[string][]byte{"a/attributes.json": doc}, want)
}

func open(t testing.TB, doc []byte) *dataset {
	t.Helper()
	ds, err := parse(doc, drivers.Constraints{Rank: -1})
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return ds.(*dataset)
}

func TestFaultsOfDocumentsNameTheMember(t *testing.T) {
	for _, c := range []struct{ name, value, path string }{
		{"dimensions", "[5]", "blockSize"}, {"dimensions", "[-1,5]", "dimensions[0]"},
		{"dimensions", "[5,4611686018427387904]", "dimensions[1]"}, {"dimensions", "[1.5,2]", "dimensions[0]"},
		{"blockSize", "[4,0]", "blockSize[1]"}, {"blockSize", "[65536,65537]", "blockSize"}, {"blockSize", "", "blockSize"},
		{"dataType", `"string"`, "dataType"}, {"dataType", `"float16"`, "dataType"}, {"dataType", "", "dataType"},
		{"compression", "", "compression"}, {"compression", `"gzip"`, "compression"}, {"compression", `{}`, "compression.type"},
		{"compression", `{"type":"jpeg"}`, "compression.type"}, {"compression", `{"type":"gzip","level":10}`, "compression.level"},
		{"compression", `{"type":"gzip","useZlib":1}`, "compression.useZlib"}, {"compression", `{"type":"bzip2","blockSize":0}`, "compression.blockSize"},
		{"compression", `{"type":"xz","preset":10}`, "compression.preset"}, {"compression", `{"type":"zstd","level":23}`, "compression.level"},
		{"compression", `{"type":"lz4","blockSize":63}`, "compression.blockSize"},
		{"compression", `{"type":"blosc","clevel":5,"shuffle":1}`, "compression.cname"},
		{"compression", `{"type":"blosc","cname":"zz","clevel":5,"shuffle":1}`, "compression.cname"},
		{"compression", `{"type":"blosc","cname":"lz4","clevel":5,"shuffle":3}`, "compression.shuffle"},
		{"axes", `["x"]`, "axes"}, {"axes", `["x","x"]`, "axes"}, {"axes", `["x",null]`, "axes[1]"},
		{"units", `["nm",null]`, "units[1]"}, {"units", `["nm"]`, "units"},
		{"resolution", `[1]`, "resolution"}, {"resolution", `[1,"2"]`, "resolution[1]"}, {"resolution", `[1,1e999]`, "resolution[1]"},
	} {
		_, err := parse(attributes(c.name, c.value), drivers.Constraints{Rank: -1})
		var fault *strictjson.Error
		if !errors.As(err, &fault) || fault.Path != c.path || fault.Source != "a/attributes.json" {
			t.Errorf("%s %s: got %v, want an error about %s", c.name, c.value, err, c.path)
		}
	}
}

func TestOldCompressionTypeStandsForCompression(t *testing.T) {
	for _, name := range []string{"raw", "gzip", "bzip2", "xz", "lz4"} {
		old := open(t, attributes("compression", "", "compressionType", `"`+name+`"`))
		now := open(t, attributes("compression", `{"type":"`+name+`"}`))
		if old.CompatKey() != now.CompatKey() || string(old.schema.Codec) != string(now.schema.Codec) {
			t.Errorf("%s: got %s, want %s", name, old.CompatKey(), now.CompatKey())
		}
	}
	both := open(t, attributes("compression", `{"type":"gzip"}`, "compressionType", `"raw"`))
	if both.codec == nil {
		t.Error("compression does not come first")
	}
	for _, doc := range [][]byte{
		attributes("compression", "", "compressionType", `"blosc"`), attributes("compression", "null", "compressionType", "1"),
	} {
		if _, err := parse(doc, drivers.Constraints{Rank: -1}); err == nil || !strings.Contains(err.Error(), "compressionType") {
			t.Errorf("%s: got %v", doc, err)
		}
	}
}

func TestListsOfCodecsAreRefused(t *testing.T) {
	_, err := parse(attributes("compression", "", "codecs", `[{"name":"zstd"}]`), drivers.Constraints{Rank: -1})
	if err == nil || !strings.Contains(err.Error(), "codecs: ") {
		t.Errorf("got %v", err)
	}
}

func TestMembersOfOtherLibrariesAreIgnored(t *testing.T) {
	for _, compression := range []string{
		`{"type":"raw","level":1}`, `{"type":"zstd","level":3,"nbWorkers":0}`,
		`{"type":"blosc","cname":"lz4hc","clevel":9,"shuffle":-1,"blocksize":0,"typesize":2,"nthreads":4}`,
	} {
		open(t, attributes("compression", compression))
	}
}

// TestUnitsAreThoseOfTensorStore holds what TensorStore 0.1.86 reports.
func TestUnitsAreThoseOfTensorStore(t *testing.T) {
	for _, c := range []struct {
		units, resolution string
		want              []*drivers.Unit
	}{
		{"", "", []*drivers.Unit{nil, nil}},
		{"", "[1,2]", []*drivers.Unit{nil, nil}},
		{`["4nm",""]`, "", []*drivers.Unit{{Multiplier: 1, Base: "4nm"}, {Multiplier: 1}}},
		{`["4nm","nm"]`, "[2,3.5]", []*drivers.Unit{{Multiplier: 2, Base: "4nm"}, {Multiplier: 3.5, Base: "nm"}}},
		{`["",""]`, "[0,-2]", []*drivers.Unit{{}, {Multiplier: -2}}},
	} {
		got := open(t, attributes("units", c.units, "resolution", c.resolution)).schema.Units
		for d, want := range c.want {
			if (got[d] == nil) != (want == nil) || want != nil && *got[d] != *want {
				t.Errorf("%s %s: got %v for dimension %d, want %v", c.units, c.resolution, got[d], d, want)
			}
		}
	}
}

func TestAttributesAreAllOtherMembers(t *testing.T) {
	d := open(t, attributes("axes", `["x",""]`, "n5", `"4.0.0"`, "v", "[1e300,0.10]", "compressionType", `"raw"`))
	if got, want := string(d.schema.Attributes), `{"axes":["x",""],"n5":"4.0.0","v":[1e300,0.10]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	bare := []byte(`{"dimensions":[1],"blockSize":[1],"dataType":"int8","compression":{"type":"raw"},"v":NaN}`)
	if got := string(open(t, bare).schema.Attributes); got != `{"v":"NaN"}` {
		t.Errorf("bare NaN became %s", got)
	}
}

func TestWithoutDimensionsItIsAGroup(t *testing.T) {
	f := Format{}
	for _, doc := range []string{`{}`, `{"n5":"4.0.0"}`, `{"dataType":"uint8","downsamplingFactors":[[1,1]]}`, `{"dimensions":null}`} {
		docs := map[string][]byte{"a/attributes.json": []byte(doc)}
		if _, err := f.Parse("a/", docs, drivers.Constraints{Rank: -1}); !errors.Is(err, drivers.ErrNoArray) {
			t.Errorf("%s: got %v, want ErrNoArray", doc, err)
		}
		g, err := f.ParseGroup("a/", docs)
		if err != nil || g == nil || string(g.Attributes) != doc || g.Complete || g.Members != nil {
			t.Errorf("%s: got group %+v, %v", doc, g, err)
		}
	}
	if _, err := f.Parse("a/", nil, drivers.Constraints{Rank: -1}); !errors.Is(err, drivers.ErrNoArray) {
		t.Errorf("no document: got %v, want ErrNoArray", err)
	}
	if g, err := f.ParseGroup("a/", map[string][]byte{"a/attributes.json": attributes()}); g != nil || err != nil {
		t.Errorf("an array is group %+v, %v", g, err)
	}
	if g, err := f.ParseGroup("a/", nil); g != nil || err != nil {
		t.Errorf("no document: got group %+v, %v", g, err)
	}
	for _, doc := range []string{`[]`, `{`, ``} {
		if _, err := f.ParseGroup("", map[string][]byte{"attributes.json": []byte(doc)}); err == nil {
			t.Errorf("%q is a group", doc)
		}
	}
}

func TestCompatKeyCoversBlocksOnly(t *testing.T) {
	base := open(t, attributes("compression", `{"type":"gzip"}`)).CompatKey()
	for _, same := range [][]byte{
		attributes("compression", `{"type":"gzip","level":-1,"useZlib":false}`, "dimensions", "[50,60]", "foo", "1", "axes", `["x",""]`),
	} {
		if got := open(t, same).CompatKey(); got != base {
			t.Errorf("%s: got %s, want %s", same, got, base)
		}
	}
	for _, other := range [][]byte{
		attributes("compression", `{"type":"gzip","useZlib":true}`), attributes(), attributes("compression", `{"type":"gzip"}`, "dataType", `"int16"`),
		attributes("compression", `{"type":"gzip"}`, "blockSize", "[4,5]"),
	} {
		if open(t, other).CompatKey() == base {
			t.Errorf("%s is as good as %s", other, base)
		}
	}
}

func TestKeysAreTheIndicesJoinedBySlashes(t *testing.T) {
	d := open(t, attributes())
	if got := d.ChunkKey([]int64{12, 3}); got != "12/3" || d.WriteGroup([]int64{12, 3}) != got {
		t.Errorf("got %q", got)
	}
	scalar := open(t, attributes("dimensions", "[]", "blockSize", "[]"))
	if got := scalar.ChunkKey(nil); got != "0" {
		t.Errorf("rank 0: got %q", got)
	}
	if scalar.schema.DType != arrayview.Uint16 || scalar.schema.ChunkBytes() != 2 {
		t.Errorf("rank 0: got %+v", scalar.schema)
	}
}

func TestBlocksAboveTheLimitsAreNotWritten(t *testing.T) {
	for _, c := range []struct {
		compression, size string
		refused           bool
	}{
		{`{"type":"raw"}`, "[32768,32768]", false},
		{`{"type":"raw"}`, "[32768,32769]", true},
		{`{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1}`, "[32768,32767]", false},
		{`{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1}`, "[32768,32768]", true},
	} {
		d := open(t, attributes("compression", c.compression, "blockSize", c.size))
		if err := d.schema.WriteRefusal; errors.Is(err, errors.ErrUnsupported) != c.refused {
			t.Errorf("%s %s: got %v", c.compression, c.size, err)
		}
	}
}
