package zarr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// base is a document whose members tests replace.
var base = map[string]string{
	"zarr_format": "2", "shape": "[5,6]", "chunks": "[4,4]", "dtype": `"<u2"`, "compressor": "null",
	"fill_value": "7", "order": `"C"`, "filters": "null",
}

// zarray returns base with other members; "" removes one.
func zarray(changes ...string) []byte {
	var members []string
	for name, value := range base {
		for i := 0; i < len(changes); i += 2 {
			if changes[i] == name {
				value = changes[i+1]
			}
		}
		if value != "" {
			members = append(members, fmt.Sprintf("%q:%s", name, value))
		}
	}
	for i := 0; i < len(changes); i += 2 {
		if _, known := base[changes[i]]; !known {
			members = append(members, fmt.Sprintf("%q:%s", changes[i], changes[i+1]))
		}
	}
	return []byte("{" + strings.Join(members, ",") + "}")
}

// wanting returns constraints with the members that the JSON object holds.
func wanting(t testing.TB, doc string) drivers.Constraints {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc), "")
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

func open(t testing.TB, doc []byte, members string) *dataset {
	t.Helper()
	ds, err := Format{}.Parse("", map[string][]byte{".zarray": doc}, wanting(t, members))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return ds.(*dataset)
}

func TestFaultsNameTheirMember(t *testing.T) {
	for _, c := range []struct{ member, value, path, text string }{
		{"zarr_format", "3", "zarr_format", "expected 2"},
		{"zarr_format", "", "zarr_format", "missing"},
		{"shape", `"5"`, "shape", "array"},
		{"shape", "[5,-1]", "shape[1]", "from 0 to"},
		{"shape", "[5,4611686018427387904]", "shape[1]", "from 0 to"},
		{"shape", "[5,6.5]", "shape[1]", "whole number"},
		{"chunks", "[4]", "chunks", "1 entries, but shape has 2"},
		{"chunks", "[4,0]", "chunks[1]", "from 1 to"},
		{"chunks", "[4,NaN]", "chunks[1]", "whole number"},
		{"chunks", "[2147483648,2147483648]", "chunks", "larger than"},
		{"chunks", "[4294967296,4294967296]", "chunks", "larger than"},
		{"dtype", `"<q7"`, "dtype", "unsupported"},
		{"dtype", `"|u2"`, "dtype", "unsupported"},
		{"dtype", `"u2"`, "dtype", "unsupported"},
		{"dtype", `"=u2"`, "dtype", "unsupported"},
		{"dtype", `"<U3"`, "dtype", "UTF-32"},
		{"dtype", `"|O"`, "dtype", "unsupported"},
		{"dtype", `"<M8[ns]"`, "dtype", "dates"},
		{"dtype", `"|S-1"`, "dtype", "unsupported"},
		{"dtype", `"|S0"`, "dtype", "no bytes"},
		{"dtype", `[]`, "dtype", "no bytes"},
		{"dtype", `[["x"]]`, "dtype[0]", "[name, type]"},
		{"dtype", `[["","<u2"]]`, "dtype[0][0]", "empty"},
		{"dtype", `[["x","<u2"],["x","<u4"]]`, "dtype[1]", "twice"},
		{"dtype", `[["x",[["y","<u2"]]]]`, "dtype[0][1]", "struct itself"},
		{"dtype", `[["x","<u2",[0]]]`, "dtype[0][2][0]", "from 1 to"},
		{"dtype", `[["x","<u2",[4294967296,4294967296]]]`, "dtype[0][2]", "too large"},
		{"dtype", `[["x","|V2147483647"],["y","|V2147483647"],["z","|V2147483647"]]`, "dtype[2]", "more than"},
		{"compressor", `{"id":"nosuch"}`, "compressor.id", "nosuch"},
		{"compressor", `{"id":"zlib","level":10}`, "compressor.level", "from -1 to 9"},
		{"compressor", `{"id":"zlib","levle":1}`, "compressor.levle", "unknown member"},
		{"compressor", `{"id":"blosc","cname":"lzma"}`, "compressor.cname", "lzma"},
		{"compressor", `"zlib"`, "compressor", "object"},
		{"compressor", "", "compressor", "missing"},
		{"filters", `[{"id":"vlen-utf8"}]`, "filters[0].id", "vlen-utf8"},
		{"filters", `[{"id":"delta","dtype":"<f4"}]`, "filters[0].dtype", "integers"},
		{"filters", `[{"id":"delta","dtype":"<i8"},{"id":"shuffle","elementsize":7}]`, "filters", "no whole number"},
		{"order", `"K"`, "order", "expected"},
		{"fill_value", "5.5", "fill_value", "uint16"},
		{"fill_value", "true", "fill_value", "uint16"},
		{"fill_value", "70000", "fill_value", "uint16"},
		{"fill_value", "", "fill_value", "missing"},
		{"dimension_separator", `"-"`, "dimension_separator", "expected"},
	} {
		_, err := Format{}.Parse("a/", map[string][]byte{"a/.zarray": zarray(c.member, c.value)}, drivers.Constraints{Rank: -1})
		var fault *strictjson.Error
		if !errors.As(err, &fault) {
			t.Errorf("%s %s: got error %v, want a *strictjson.Error", c.member, c.value, err)
			continue
		}
		if fault.Source != "a/.zarray" || fault.Path != c.path || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s %s: got %q, want a text with %q about %s", c.member, c.value, err, c.text, c.path)
		}
	}
}

func TestDocumentsThatOthersWriteOpen(t *testing.T) {
	for _, doc := range [][]byte{
		zarray("shape", "[5.0,6]", "fill_value", "7.0"),
		zarray("filters", "[]"),
		zarray("foo", `{"x":[1,2]}`),
		zarray("dtype", `"<u1"`), zarray("dtype", `">u1"`), zarray("dtype", `"<b1"`, "fill_value", "false"),
		zarray("dtype", `"<f4"`, "fill_value", "NaN"),
		zarray("compressor", `{"id":"blosc","cname":"lz4","typesize":2,"nthreads":1}`),
		zarray("compressor", `{"id":"zstd","level":0,"checksum":false}`),
		zarray("compressor", `{"id":"lzma","format":1,"check":-1,"preset":null,"filters":null}`),
		append([]byte("\xef\xbb\xbf"), zarray()...),
	} {
		open(t, doc, "{}")
	}
}

func TestDocumentsMissingIsNoArray(t *testing.T) {
	_, err := Format{}.Parse("a/", map[string][]byte{"a/.zattrs": []byte("{}")}, drivers.Constraints{Rank: -1})
	if !errors.Is(err, drivers.ErrNoArray) {
		t.Errorf("got %v, want ErrNoArray", err)
	}
}

func TestRankGoesTo32(t *testing.T) {
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]" }
	for _, rank := range []int{0, 1, 32} {
		d := open(t, zarray("shape", list(rank), "chunks", list(rank)), "{}")
		if d.schema.Rank() != rank {
			t.Errorf("got rank %d, want %d", d.schema.Rank(), rank)
		}
	}
	for _, doc := range [][]byte{
		zarray("shape", list(33), "chunks", list(33)),
		zarray("shape", list(32), "chunks", list(32), "dtype", `"|S2"`, "fill_value", "null"),
	} {
		if _, err := (Format{}).Parse("", map[string][]byte{".zarray": doc}, drivers.Constraints{Rank: -1}); err == nil {
			t.Errorf("%s opened", doc)
		}
	}
}

func TestChunkKeys(t *testing.T) {
	for _, c := range []struct {
		doc  []byte
		cell []int64
		want string
	}{
		{zarray(), []int64{1, 0}, "1.0"},
		{zarray("dimension_separator", `"/"`), []int64{12, 3}, "12/3"},
		{zarray("shape", "[]", "chunks", "[]"), nil, "0"},
		{zarray("dtype", `"|S3"`, "fill_value", "null"), []int64{2, 1, 0}, "2.1"},
	} {
		d := open(t, c.doc, "{}")
		if got := d.ChunkKey(c.cell); got != c.want || d.WriteGroup(c.cell) != c.want {
			t.Errorf("cell %v: got %q, want %q", c.cell, got, c.want)
		}
	}
}

func TestAMissingSeparatorCanBeGiven(t *testing.T) {
	d := open(t, zarray(), `{"key_encoding":"/"}`)
	if got := d.ChunkKey([]int64{1, 2}); got != "1/2" {
		t.Errorf("got %q, want 1/2", got)
	}
	_, err := Format{}.Parse("", map[string][]byte{".zarray": zarray("dimension_separator", `"."`)}, wanting(t, `{"key_encoding":"/"}`))
	if !errors.Is(err, drivers.ErrConstraint) {
		t.Errorf("got %v, want ErrConstraint", err)
	}
}

func TestCompatKeyIgnoresShapeAndUnknownMembers(t *testing.T) {
	same := open(t, zarray(), "{}").CompatKey()
	for _, doc := range [][]byte{zarray("shape", "[50,60]"), zarray("foo", "1"), zarray("dimension_separator", `"."`), zarray("filters", "[]")} {
		if got := open(t, doc, "{}").CompatKey(); got != same {
			t.Errorf("%s: got %s, want %s", doc, got, same)
		}
	}
	for _, doc := range [][]byte{zarray("chunks", "[4,5]"), zarray("fill_value", "8"), zarray("order", `"F"`), zarray("dtype", `">u2"`), zarray("compressor", `{"id":"zlib"}`)} {
		if open(t, doc, "{}").CompatKey() == same {
			t.Errorf("%s: same key as before", doc)
		}
	}
	if open(t, zarray(), `{"open_as_void":true}`).CompatKey() == same {
		t.Error("open_as_void: same key as before")
	}
}

func TestBoundsUpperImplicitAndInnerExplicit(t *testing.T) {
	s := open(t, zarray("dtype", `"|S3"`, "fill_value", "null"), "{}").Schema()
	if want := []bool{true, true, false}; !slices.Equal(s.Domain.ImplicitMax, want) {
		t.Errorf("implicit upper bounds: got %v, want %v", s.Domain.ImplicitMax, want)
	}
	if slices.Contains(s.Domain.ImplicitMin, true) {
		t.Errorf("implicit lower bounds: got %v, want none", s.Domain.ImplicitMin)
	}
}

func TestFieldsMustBeNamedWhenThereAreSeveral(t *testing.T) {
	doc := map[string][]byte{".zarray": zarray("dtype", `[["x","<u2"],["y","<f4"]]`, "fill_value", "null")}
	_, err := Format{}.Parse("", doc, drivers.Constraints{Rank: -1})
	if err == nil || !strings.Contains(err.Error(), `["x","y"]`) {
		t.Errorf("got %v, want an error that lists the fields", err)
	}
	for _, members := range []string{`{"field":"q"}`} {
		if _, err := (Format{}).Parse("", doc, wanting(t, members)); !errors.Is(err, drivers.ErrConstraint) {
			t.Errorf("%s: got %v, want ErrConstraint", members, err)
		}
	}
	if _, err := (Format{}).Parse("", map[string][]byte{".zarray": zarray()}, wanting(t, `{"field":"q"}`)); !errors.Is(err, drivers.ErrConstraint) {
		t.Errorf("field of a scalar type: got %v, want ErrConstraint", err)
	}
}

func TestVerbatimOnlyForPlainLittleEndian(t *testing.T) {
	for _, c := range []struct {
		doc  []byte
		want bool
	}{
		{zarray(), true},
		{zarray("order", `"F"`), true},
		{zarray("dtype", `"|S3"`, "fill_value", "null"), true},
		{zarray("dtype", `[["x","<i4",[2]]]`, "fill_value", "null"), true},
		{zarray("dtype", `">u2"`), false},
		{zarray("dtype", `"|b1"`, "fill_value", "null"), false},
		{zarray("dtype", `"int4"`, "fill_value", "null"), false},
		{zarray("compressor", `{"id":"zlib"}`), false},
		{zarray("filters", `[{"id":"shuffle","elementsize":2}]`), false},
	} {
		if got := open(t, c.doc, "{}").Schema().Verbatim; got != c.want {
			t.Errorf("%s: got %v, want %v", c.doc, got, c.want)
		}
	}
}

func TestBrokenAttributesAreNoAttributes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"a":1}`, `{"a":1}`}, {`{"a": NaN, "b": "NaN\"", "c": [-Infinity]}`, `{"a": "NaN", "b": "NaN\"", "c": ["-Infinity"]}`},
		{`{"a": 1,`, ""}, {"[1]", ""}, {"", ""},
	} {
		docs := map[string][]byte{".zarray": zarray(), ".zattrs": []byte(c.text)}
		ds, err := Format{}.Parse("", docs, drivers.Constraints{Rank: -1})
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if got := string(ds.Schema().Attributes); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
	if got := string(open(t, zarray(), "{}").Schema().Attributes); got != "{}" {
		t.Errorf("no document: got %s, want {}", got)
	}
}

func TestEveryNumPyTypeIsKnown(t *testing.T) {
	for dtype := arrayview.Bool; dtype <= arrayview.Complex128; dtype++ {
		s := typestr(dtype)
		if s == "" {
			continue
		}
		got := open(t, zarray("dtype", fmt.Sprintf("%q", s), "fill_value", "null"), "{}").Schema().DType
		if got != dtype {
			t.Errorf("%s: got %v, want %v", s, got, dtype)
		}
	}
}
