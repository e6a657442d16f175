package zarr

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

// TestCreateWritesWhatTensorStoreWrites holds documents that TensorStore 0.1.86
// wrote.
func TestCreateWritesWhatTensorStoreWrites(t *testing.T) {
	const blosc = `"compressor":{"blocksize":0,"clevel":5,"cname":"lz4","id":"blosc","shuffle":-1},"dimension_separator":"."`
	for _, c := range []struct {
		want drivers.Constraints
		doc  string
	}{
		{schemaOf(arrayview.Int32), `{"chunks":[],` + blosc + `,"dtype":"<i4","fill_value":null,"filters":null,"order":"C","shape":[],"zarr_format":2}`},
		{schemaOf(arrayview.Uint8, 0, 5), `{"chunks":[1,5],` + blosc + `,"dtype":"|u1","fill_value":null,"filters":null,"order":"C","shape":[0,5],"zarr_format":2}`},
		{schemaOf(arrayview.Uint16, 100, 200, 300), `{"chunks":[100,102,102],` + blosc + `,"dtype":"<u2","fill_value":null,"filters":null,"order":"C","shape":[100,200,300],"zarr_format":2}`},
		{schemaOf(arrayview.Bool, 1, 4096, 4096), `{"chunks":[1,1024,1024],` + blosc + `,"dtype":"|b1","fill_value":null,"filters":null,"order":"C","shape":[1,4096,4096],"zarr_format":2}`},
		{wanting(t, `{"metadata":{"shape":[9],"dtype":">u2"}}`), `{"chunks":[9],` + blosc + `,"dtype":">u2","fill_value":null,"filters":null,"order":"C","shape":[9],"zarr_format":2}`},
		{wanting(t, `{"metadata":{"shape":[9,9],"dtype":"<f4","chunks":[4,9],"order":"F","fill_value":"1.5","compressor":{"id":"zlib"}},"key_encoding":"/"}`),
			`{"chunks":[4,9],"compressor":{"id":"zlib","level":1},"dimension_separator":"/","dtype":"<f4","fill_value":1.5,"filters":null,"order":"F","shape":[9,9],"zarr_format":2}`},
	} {
		docs, ds, err := Format{}.Create("a/", nil, c.want)
		if err != nil {
			t.Errorf("%s: %v", c.doc, err)
			continue
		}
		if got := string(docs["a/.zarray"]); got != c.doc || len(docs) != 1 {
			t.Errorf("got %s, want %s", got, c.doc)
		}
		if ds.Schema() == nil {
			t.Error("no schema")
		}
	}
}

func TestCreateObeysTheSchema(t *testing.T) {
	value := func(doc string) *strictjson.Value {
		v, err := strictjson.Parse([]byte(doc), "")
		if err != nil {
			t.Fatal(err)
		}
		return &v
	}
	want := schemaOf(arrayview.Float32, 20, 30)
	want.Schema.ChunkLayout = &drivers.ChunkLayout{InnerOrder: []int{1, 0}, Read: drivers.ChunkShape{Shape: []int64{5, 0}}, Write: drivers.ChunkShape{ShapeSoft: []int64{0, 10}}}
	want.Schema.Codec = value(`{"driver":"zarr","compressor":{"id":"zstd"}}`)
	want.Schema.FillValue = value(`[["nan"]]`)
	want.Schema.DimensionUnits = value(`[null,null]`)
	docs, _, err := Format{}.Create("", nil, want)
	if err != nil {
		t.Fatal(err)
	}
	const doc = `{"chunks":[5,10],"compressor":{"id":"zstd","level":1},"dimension_separator":".","dtype":"<f4","fill_value":"NaN","filters":null,"order":"F","shape":[20,30],"zarr_format":2}`
	if got := string(docs[".zarray"]); got != doc {
		t.Errorf("got %s, want %s", got, doc)
	}
}

func TestCreateOverAnArrayIsErrExists(t *testing.T) {
	_, _, err := Format{}.Create("", map[string][]byte{".zarray": zarray()}, schemaOf(arrayview.Uint8, 3))
	if !errors.Is(err, drivers.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
}

func TestConflictsNameBothValues(t *testing.T) {
	with := func(members string, change func(*drivers.Constraints)) drivers.Constraints {
		want := wanting(t, members)
		change(&want)
		return want
	}
	parsed := func(doc string) *strictjson.Value {
		v, err := strictjson.Parse([]byte(doc), "schema")
		if err != nil {
			t.Fatal(err)
		}
		return &v
	}
	layout := func(l drivers.ChunkLayout) func(*drivers.Constraints) {
		return func(c *drivers.Constraints) { c.Schema.ChunkLayout = &l }
	}
	for _, c := range []struct {
		want       drivers.Constraints
		one, other string
	}{
		{wanting(t, `{"metadata":{"shape":[6,5]}}`), "[5,6]", "[6,5]"},
		{wanting(t, `{"metadata":{"dtype":"<u4"}}`), `"<u2"`, `"<u4"`},
		{wanting(t, `{"metadata":{"dtype":"<u2","fill_value":8}}`), "7", "8"},
		{wanting(t, `{"metadata":{"compressor":{"id":"zlib"}}}`), "null", `"zlib"`},
		{with("{}", func(c *drivers.Constraints) { c.DType = arrayview.Float32 }), "uint16", "float32"},
		{with("{}", func(c *drivers.Constraints) { c.Rank = 3 }), "2", "3"},
		{with("{}", func(c *drivers.Constraints) { c.Schema.Domain = schemaOf(0, 5, 7).Schema.Domain }), "[5,6]", "[5,7]"},
		{with("{}", layout(drivers.ChunkLayout{InnerOrder: []int{1, 0}})), "[0,1]", "[1,0]"},
		{with("{}", layout(drivers.ChunkLayout{Write: drivers.ChunkShape{Shape: []int64{0, 3}}})), "[4,4]", "[0,3]"},
		{with("{}", layout(drivers.ChunkLayout{GridOrigin: []int64{drivers.FreeOrigin, 1}})), "[0,0]", "1"},
		{with("{}", func(c *drivers.Constraints) { c.Schema.Codec = parsed(`{"driver":"zarr","compressor":{"id":"gzip"}}`) }), "null", "gzip"},
		{with("{}", func(c *drivers.Constraints) { c.Schema.FillValue = parsed("8") }), "7", "8"},
	} {
		_, err := Format{}.Parse("", map[string][]byte{".zarray": zarray()}, c.want)
		if !errors.Is(err, drivers.ErrConstraint) || !strings.Contains(err.Error(), c.one) || !strings.Contains(err.Error(), c.other) {
			t.Errorf("got %v, want ErrConstraint with %s and %s", err, c.one, c.other)
		}
	}
}

func TestCreateNeedsTypeAndExtents(t *testing.T) {
	unbounded := schemaOf(arrayview.Uint8, 3)
	unbounded.Schema.Domain.Max[0] = arrayview.Inf + 1
	for _, c := range []struct {
		want drivers.Constraints
		text string
	}{
		{schemaOf(0, 3), "dtype"},
		{drivers.Constraints{Rank: -1, DType: arrayview.Uint8}, "domain"},
		{unbounded, "finite"},
		{schemaOf(arrayview.Char, 3, 4), "metadata.dtype"},
		{wanting(t, `{"metadata":{"shape":[9],"dtype":[["x","<u2"],["y","|i1"]]}}`), `["x","y"]`},
		{wanting(t, `{"field":"x"}`), "metadata.dtype"},
	} {
		if _, _, err := (Format{}).Create("", nil, c.want); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want an error with %s", err, c.text)
		}
	}
}

func TestMembersInCanonicalForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, `{}`}, {`{"metadata":{}}`, `{}`},
		{`{"field":"","open_as_void":false,"metadata_key":".zarray"}`, `{}`},
		{`{"key_encoding":"/"}`, `{"metadata":{"dimension_separator":"/"}}`},
		{`{"metadata":{"zarr_format":2,"shape":[9.0],"dtype":"<u1","compressor":{"id":"zlib"},"fill_value":7.0,"filters":[]}}`,
			`{"metadata":{"compressor":{"id":"zlib","level":1},"dtype":"<u1","fill_value":7,"filters":null,"shape":[9],"zarr_format":2}}`},
		{`{"metadata_key":"q","field":"x"}`, `{"field":"x","metadata_key":"q"}`},
		{`{"open_as_void":true}`, `{"open_as_void":true}`},
	} {
		if got := string(document.Compact(wanting(t, c.in).Members.JSON())); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestBadMembersAreRefused(t *testing.T) {
	for _, c := range []struct{ in, path string }{
		{`{"metadata":{"foo":1}}`, "metadata.foo"}, {`{"metadata":{"fill_value":7}}`, "metadata.fill_value"},
		{`{"metadata":{"shape":[4,5],"chunks":[2]}}`, "metadata.chunks"}, {`{"metadata_key":5}`, "metadata_key"},
		{`{"key_encoding":"-"}`, "key_encoding"}, {`{"metadata":{"dimension_separator":"."},"key_encoding":"/"}`, "key_encoding"},
		{`{"field":"x","open_as_void":true}`, "open_as_void"}, {`{"metadata":{"dtype":"<u2"},"field":"x"}`, "field"},
		{`{"metadata_key":""}`, "metadata_key"}, {`{"open_as_void":1}`, "open_as_void"},
	} {
		v, err := strictjson.Parse([]byte(c.in), "")
		if err != nil {
			t.Fatal(err)
		}
		o, err := v.Object()
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

func TestMetadataKeyNamesTheDocument(t *testing.T) {
	want := wanting(t, `{"metadata_key":"q.json"}`)
	keys := Format{}.MetadataKeys("a/", want)
	if len(keys) != 2 || keys[0] != "a/q.json" || keys[1] != "a/.zattrs" {
		t.Errorf("got %q", keys)
	}
	if _, err := (Format{}).Parse("a/", map[string][]byte{"a/q.json": zarray()}, want); err != nil {
		t.Error(err)
	}
	if err := want.Members.(drivers.URLChecker).CheckURL(); err == nil {
		t.Error("a URL can name metadata_key")
	}
}
