package n5

import (
	"errors"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// schemaOf returns constraints for an array of the given type and extents.
func schemaOf(dtype arrayview.DType, shape ...int64) drivers.Constraints {
	box := arrayview.NewBox(len(shape))
	copy(box.Shape, shape)
	domain := arrayview.BoxDomain(box)
	return drivers.Constraints{DType: dtype, Rank: -1, Schema: drivers.SchemaConstraints{Domain: &domain}}
}

func with(want drivers.Constraints, change func(*drivers.Constraints)) drivers.Constraints {
	change(&want)
	return want
}

func value(t testing.TB, doc string) *strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc), "schema")
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

func labelled(want drivers.Constraints, labels ...string) drivers.Constraints {
	want.Schema.Domain.Labels = labels
	return want
}

func units(t testing.TB, doc string) func(*drivers.Constraints) {
	return func(c *drivers.Constraints) { c.Schema.DimensionUnits = value(t, doc) }
}

func codecOf(t testing.TB, doc string) func(*drivers.Constraints) {
	return func(c *drivers.Constraints) { c.Schema.Codec = value(t, doc) }
}

func layout(l drivers.ChunkLayout) func(*drivers.Constraints) {
	return func(c *drivers.Constraints) { c.Schema.ChunkLayout = &l }
}

// TestCreateWritesWhatTensorStoreWrites holds documents that TensorStore 0.1.86
// wrote.
func TestCreateWritesWhatTensorStoreWrites(t *testing.T) {
	const lz4 = `"compression":{"blocksize":0,"clevel":5,"cname":"lz4","shuffle":1,"type":"blosc"}`
	const lz4Bits = `"compression":{"blocksize":0,"clevel":5,"cname":"lz4","shuffle":2,"type":"blosc"}`
	const given = `{"metadata":{"dimensions":[9,8],"dataType":"uint16"`
	for _, c := range []struct {
		want drivers.Constraints
		doc  string
	}{
		{schemaOf(arrayview.Int32), `{"blockSize":[],` + lz4 + `,"dataType":"int32","dimensions":[]}`},
		{schemaOf(arrayview.Uint8, 0, 5), `{"blockSize":[1,5],` + lz4Bits + `,"dataType":"uint8","dimensions":[0,5]}`},
		{schemaOf(arrayview.Uint16, 100, 200, 300), `{"blockSize":[100,102,102],` + lz4 + `,"dataType":"uint16","dimensions":[100,200,300]}`},
		{with(schemaOf(arrayview.Uint16, 20, 30), layout(drivers.ChunkLayout{
			Read: drivers.ChunkShape{Shape: []int64{5, 0}}, Write: drivers.ChunkShape{ShapeSoft: []int64{0, 6}}, InnerOrderSoft: []int{0, 1}})),
			`{"blockSize":[5,6],` + lz4 + `,"dataType":"uint16","dimensions":[20,30]}`},
		{with(labelled(schemaOf(arrayview.Uint8, 20, 30), "x", ""), units(t, `["4nm",null]`)),
			`{"axes":["x",""],"blockSize":[20,30],` + lz4Bits + `,"dataType":"uint8","dimensions":[20,30],"resolution":[4.0,1.0],"units":["nm",""]}`},
		{with(schemaOf(arrayview.Uint8, 20, 30), codecOf(t, `{"driver":"n5","compression":{"type":"gzip"}}`)),
			`{"blockSize":[20,30],"compression":{"level":-1,"type":"gzip","useZlib":false},"dataType":"uint8","dimensions":[20,30]}`},
		{with(schemaOf(arrayview.Uint8, 20, 30), codecOf(t, `{"driver":"n5"}`)), `{"blockSize":[20,30],` + lz4Bits + `,"dataType":"uint8","dimensions":[20,30]}`},
		{wanting(t, given+`,"units":["4nm","nm"]}}`),
			`{"blockSize":[9,8],` + lz4 + `,"dataType":"uint16","dimensions":[9,8],"resolution":[1.0,1.0],"units":["4nm","nm"]}`},
		{wanting(t, given+`,"resolution":[2,3]}}`), `{"blockSize":[9,8],` + lz4 + `,"dataType":"uint16","dimensions":[9,8],"resolution":[2.0,3.0]}`},
		{wanting(t, given+`,"axes":["",""]}}`), `{"blockSize":[9,8],` + lz4 + `,"dataType":"uint16","dimensions":[9,8]}`},
		{with(wanting(t, given+`}}`), units(t, `[[1e20,"m"],[123456789,"m"]]`)),
			`{"blockSize":[9,8],` + lz4 + `,"dataType":"uint16","dimensions":[9,8],"resolution":[1e+20,123456789.0],"units":["m","m"]}`},
		{with(wanting(t, given+`,"foo":{"b":1.0,"a":[1,null]}}}`), units(t, `[null,[0.0000001,"m"]]`)),
			`{"blockSize":[9,8],` + lz4 + `,"dataType":"uint16","dimensions":[9,8],"foo":{"a":[1,null],"b":1.0},"resolution":[1.0,1e-07],"units":["","m"]}`},
		{wanting(t, given+`,"blockSize":[3,3],"compression":{"type":"raw"}}}`), `{"blockSize":[3,3],"compression":{"type":"raw"},"dataType":"uint16","dimensions":[9,8]}`},
	} {
		docs, ds, err := Format{}.Create("a/", nil, c.want)
		if err != nil {
			t.Errorf("%s: %v", c.doc, err)
			continue
		}
		if got := string(docs["a/attributes.json"]); got != c.doc || len(docs) != 1 {
			t.Errorf("got %s, want %s", got, c.doc)
		}
		if ds.Schema() == nil {
			t.Error("no schema")
		}
	}
}

func TestCreateOverAnyDocumentIsErrExists(t *testing.T) {
	for _, doc := range []string{string(attributes()), `{"n5":"4.0.0"}`} {
		_, _, err := Format{}.Create("", map[string][]byte{"attributes.json": []byte(doc)}, schemaOf(arrayview.Uint8, 3))
		if !errors.Is(err, drivers.ErrExists) {
			t.Errorf("%s: got %v, want ErrExists", doc, err)
		}
	}
}

func TestConflictsNameBothValues(t *testing.T) {
	doc := attributes("axes", `["x",""]`, "units", `["nm","um"]`, "foo", "1", "compression", `{"type":"gzip","level":1}`)
	free := drivers.Constraints{Rank: -1}
	for _, c := range []struct {
		want       drivers.Constraints
		one, other string
	}{
		{wanting(t, `{"metadata":{"dimensions":[6,5]}}`), "[5,6]", "[6,5]"},
		{wanting(t, `{"metadata":{"blockSize":[4,3]}}`), "[4,4]", "[4,3]"},
		{wanting(t, `{"metadata":{"dataType":"uint32"}}`), `"uint16"`, `"uint32"`},
		{wanting(t, `{"metadata":{"compression":{"type":"raw"}}}`), "gzip", `"raw"`},
		{wanting(t, `{"metadata":{"axes":["","x"]}}`), `["x",""]`, `["","x"]`},
		{wanting(t, `{"metadata":{"units":["nm","nm"]}}`), `["nm","um"]`, `["nm","nm"]`},
		{wanting(t, `{"metadata":{"resolution":[1,1]}}`), `null`, `[1.0,1.0]`},
		{wanting(t, `{"metadata":{"foo":2}}`), "1", "2"},
		{wanting(t, `{"metadata":{"bar":2}}`), "null", "2"},
		{with(free, func(c *drivers.Constraints) { c.DType = arrayview.Float32 }), "uint16", "float32"},
		{with(free, func(c *drivers.Constraints) { c.Rank = 3 }), "2", "3"},
		{with(free, func(c *drivers.Constraints) { c.Schema.Domain = schemaOf(0, 5, 7).Schema.Domain }), "[5,6]", "[5,7]"},
		{labelled(schemaOf(0, 5, 6), "y", ""), `"x"`, `"y"`},
		{with(free, layout(drivers.ChunkLayout{InnerOrder: []int{0, 1}})), "[1,0]", "[0,1]"},
		{with(free, layout(drivers.ChunkLayout{Write: drivers.ChunkShape{Shape: []int64{0, 3}}})), "[4,4]", "[0,3]"},
		{with(free, layout(drivers.ChunkLayout{GridOrigin: []int64{drivers.FreeOrigin, 1}})), "[0,0]", "1"},
		{with(free, layout(drivers.ChunkLayout{Codec: drivers.ChunkShape{Shape: []int64{8, 8}}})), "N5", "[8,8]"},
		{with(free, codecOf(t, `{"driver":"n5","compression":{"type":"gzip"}}`)), `"level":1`, `"level":-1`},
		{with(free, units(t, `["nm","nm"]`)), `"um"`, `[1,"nm"]]`},
		{with(free, func(c *drivers.Constraints) { c.Schema.FillValue = value(t, "0") }), "fill_value", "0"},
	} {
		_, err := parse(doc, c.want)
		if !errors.Is(err, drivers.ErrConstraint) || !strings.Contains(err.Error(), c.one) || !strings.Contains(err.Error(), c.other) {
			t.Errorf("got %v, want ErrConstraint with %s and %s", err, c.one, c.other)
		}
	}
}

func TestConstraintsThatHold(t *testing.T) {
	doc := attributes("axes", `["x",""]`, "units", `["nm","um"]`, "resolution", "[4,5]", "foo", "[1,2]", "compression", `{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1,"nthreads":2}`)
	free := drivers.Constraints{Rank: 2, DType: arrayview.Uint16}
	for i, want := range []drivers.Constraints{
		wanting(t, `{}`), wanting(t, `{"metadata":{}}`),
		wanting(t, `{"metadata":{"axes":["x",""],"units":["nm","um"],"resolution":[4.0,5],"foo":[1,2],"dimensions":[5,6],"dataType":"uint16"}}`),
		wanting(t, `{"metadata":{"compression":{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1,"typesize":2}}}`),
		with(free, units(t, `["4 nm",null]`)), labelled(schemaOf(0, 5, 6), "", ""),
		with(free, codecOf(t, `{"driver":"n5"}`)),
		with(free, codecOf(t, `{"driver":"n5","compression":{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1,"blocksize":0}}`)),
		with(free, layout(drivers.ChunkLayout{InnerOrder: []int{1, 0}, Read: drivers.ChunkShape{Shape: []int64{4, 0}}, GridOrigin: []int64{0, drivers.FreeOrigin}})),
	} {
		if _, err := parse(doc, want); err != nil {
			t.Errorf("constraints %d: %v", i, err)
		}
	}
	if _, err := parse(attributes(), wanting(t, `{"metadata":{"axes":["",""]}}`)); err != nil {
		t.Errorf("no labels are demanded: %v", err)
	}
}

func TestCreateTellsWhatIsMissingOrContradicts(t *testing.T) {
	unbounded := schemaOf(arrayview.Uint8, 3)
	unbounded.Schema.Domain.Max[0] = arrayview.Inf + 1
	two := schemaOf(arrayview.Uint16, 9, 8)
	for _, c := range []struct {
		want drivers.Constraints
		text string
	}{
		{schemaOf(0, 3), "dtype"},
		{schemaOf(arrayview.Float16, 3), "uint8, uint16"},
		{drivers.Constraints{Rank: -1, DType: arrayview.Uint8}, "domain"},
		{unbounded, "finite"},
		{with(wanting(t, `{"metadata":{"axes":["x"]}}`), func(c *drivers.Constraints) { c.DType, c.Schema.Domain = two.DType, two.Schema.Domain }), "metadata.axes"},
		{with(two, layout(drivers.ChunkLayout{InnerOrder: []int{0, 1}})), "inner_order"},
		{with(two, layout(drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{4, 0}}, Write: drivers.ChunkShape{Shape: []int64{3, 0}}})), "chunk_layout"},
		{with(two, layout(drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{1 << 16, 1 << 14}}})), "larger"}, // than blosc can hold
		{with(two, layout(drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{1 << 16, 1 << 15}}})), "larger"},
		{with(two, codecOf(t, `{"driver":"zarr"}`)), "schema"},
		{with(two, codecOf(t, `{"driver":"n5","compression":{"type":"gzip"},"x":1}`)), "x"},
		{with(two, units(t, `["nm"]`)), "units"},
		{with(wanting(t, `{"metadata":{"dimensions":[9,8],"dataType":"uint8","resolution":[3,3]}}`), units(t, `["4nm",null]`)), "resolution"},
		{with(wanting(t, `{"metadata":{"dimensions":[9,8],"dataType":"uint8","axes":["x",""]}}`), func(c *drivers.Constraints) {
			c.Schema.Domain = labelled(schemaOf(0, 9, 8), "", "q").Schema.Domain
		}), "axes"},
		{with(two, func(c *drivers.Constraints) { c.Schema.FillValue = value(t, "1") }), "fill_value"},
	} {
		_, _, err := Format{}.Create("", nil, c.want)
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want an error with %s", err, c.text)
		}
	}
}

func TestMembersInCanonicalForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, `{}`}, {`{"metadata":{}}`, `{}`},
		{`{"metadata":{"dimensions":[9.0],"compression":{"type":"xz"},"resolution":[1e3],"foo":null}}`,
			`{"metadata":{"compression":{"preset":6,"type":"xz"},"dimensions":[9],"foo":null,"resolution":[1000.0]}}`},
	} {
		if got := string(document.Compact(wanting(t, c.in).Members.JSON())); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestBadMembersAreRefused(t *testing.T) {
	for _, c := range []struct{ in, path string }{
		{`{"metadata":5}`, "metadata"}, {`{"metadata":{"dimensions":[4,5],"blockSize":[2]}}`, "metadata.blockSize"},
		{`{"metadata":{"compression":{"type":"raw","level":1}}}`, "metadata.compression.level"},
		{`{"metadata":{"compression":{"type":"gzip","level":11}}}`, "metadata.compression.level"},
		{`{"metadata":{"compression":{"type":"blosc"}}}`, "metadata.compression.cname"},
		{`{"metadata":{"compression":{"type":"blosc","cname":"lz4","clevel":5,"shuffle":-1}}}`, "metadata.compression.shuffle"},
		{`{"metadata":{"compression":null}}`, "metadata.compression"},
	} {
		o, err := value(t, c.in).Object()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Format{}.Members(o)
		var fault *strictjson.Error
		if !errors.As(err, &fault) || fault.Path != c.path {
			t.Errorf("%s: got %v, want an error about %s", c.in, err, c.path)
		}
	}
}
