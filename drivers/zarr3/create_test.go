package zarr3

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// wanted is what a spec says: the driver's members and, of the schema, parts.
type wanted struct {
	dtype                      arrayview.DType
	shape                      []int64
	labels                     []string
	members                    string
	layout                     *drivers.ChunkLayout
	codec, fillValue, dimUnits string
}

func (w wanted) constraints(t *testing.T) drivers.Constraints {
	t.Helper()
	c := drivers.Constraints{DType: w.dtype, Rank: -1}
	value := func(text string) *strictjson.Value {
		if text == "" {
			return nil
		}
		v, err := strictjson.Parse([]byte(text), "")
		if err != nil {
			t.Fatal(err)
		}
		return &v
	}
	if w.members != "" {
		o, err := value(w.members).Object()
		if err == nil {
			c.Members, err = Format{}.Members(o)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if w.shape != nil {
		box := arrayview.NewBox(len(w.shape))
		copy(box.Shape, w.shape)
		d := arrayview.BoxDomain(box)
		copy(d.Labels, w.labels)
		c.Schema.Domain = &d
	}
	c.Schema.ChunkLayout, c.Schema.Codec = w.layout, value(w.codec)
	c.Schema.FillValue, c.Schema.DimensionUnits = value(w.fillValue), value(w.dimUnits)
	return c
}

func chunkShapes(read, write []int64) *drivers.ChunkLayout {
	return &drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: read}, Write: drivers.ChunkShape{Shape: write}}
}

// TestCreatedDocumentsAreTensorStores holds documents that TensorStore 0.1.86
// wrote for the same specs; what all have in common is left out.
func TestCreatedDocumentsAreTensorStores(t *testing.T) {
	const index = `"index_codecs":[{"configuration":{"endian":"little"},"name":"bytes"},{"name":"crc32c"}]`
	const u16 = `{"configuration":{"endian":"little"},"name":"bytes"}`
	plane := []int64{20, 30}
	for _, c := range []struct {
		name string
		want wanted
		doc  string
	}{
		{"rank 0", wanted{dtype: arrayview.Int32, shape: []int64{}}, `{"shape":[],"chunk":[],"data_type":"int32","codecs":[` + u16 + `]}`},
		{"float", wanted{dtype: arrayview.Float64, shape: []int64{1000}}, `{"shape":[1000],"chunk":[1000],"data_type":"float64","fill_value":0.0,"codecs":[` + u16 + `]}`},
		{"empty", wanted{dtype: arrayview.Uint8, shape: []int64{0, 5}}, `{"shape":[0,5],"chunk":[1,5]}`},
		{"large", wanted{dtype: arrayview.Uint8, shape: []int64{100, 200, 300}}, `{"shape":[100,200,300],"chunk":[100,102,102]}`},
		{"labels and units", wanted{dtype: arrayview.Uint8, shape: plane, labels: []string{"y", ""}, dimUnits: `["4nm",null]`},
			`{"attributes":{"dimension_units":["4 nm",null]},"dimension_names":["y",null]}`},
		{"inner order", wanted{dtype: arrayview.Uint8, shape: plane, layout: &drivers.ChunkLayout{InnerOrder: []int{1, 0}}},
			`{"codecs":[{"configuration":{"order":[1,0]},"name":"transpose"},{"name":"bytes"}]}`},
		{"shards", wanted{dtype: arrayview.Uint8, shape: plane, layout: chunkShapes([]int64{5, 5}, []int64{10, 30})},
			`{"chunk":[10,30],"codecs":[{"configuration":{"chunk_shape":[5,5],"codecs":[{"name":"bytes"}],` + index + `},"name":"sharding_indexed"}]}`},
		{"read chunk alone", wanted{dtype: arrayview.Uint16, shape: plane, layout: chunkShapes([]int64{5, 6}, nil)},
			`{"data_type":"uint16","codecs":[{"configuration":{"chunk_shape":[5,6],"codecs":[` + u16 + `],` + index + `},"name":"sharding_indexed"}]}`},
		{"large write chunk", wanted{dtype: arrayview.Uint8, shape: []int64{5000, 5000}, layout: chunkShapes(nil, []int64{2048, 2048})},
			`{"shape":[5000,5000],"chunk":[2048,2048],"codecs":[{"configuration":{"chunk_shape":[1024,1024],"codecs":[{"name":"bytes"}],` + index + `},"name":"sharding_indexed"}]}`},
		{"gzip", wanted{dtype: arrayview.Uint8, shape: plane, codec: `{"driver":"zarr3","codecs":["gzip"]}`},
			`{"codecs":[{"name":"bytes"},{"configuration":{"level":6},"name":"gzip"}]}`},
		{"zstd", wanted{dtype: arrayview.Uint8, shape: plane, codec: `{"driver":"zarr3","codecs":["zstd"]}`},
			`{"codecs":[{"name":"bytes"},{"configuration":{"checksum":false,"level":3},"name":"zstd"}]}`},
		{"blosc", wanted{dtype: arrayview.Uint8, shape: plane, codec: `{"driver":"zarr3","codecs":["blosc"]}`},
			`{"codecs":[{"name":"bytes"},{"configuration":{"blocksize":0,"clevel":5,"cname":"lz4","shuffle":"bitshuffle","typesize":1},"name":"blosc"}]}`},
		{"codecs go into shards", wanted{dtype: arrayview.Uint8, shape: plane, layout: chunkShapes([]int64{5, 5}, []int64{10, 30}), codec: `{"driver":"zarr3","codecs":["crc32c"]}`},
			`{"chunk":[10,30],"codecs":[{"configuration":{"chunk_shape":[5,5],"codecs":[{"name":"bytes"},{"name":"crc32c"}],` + index + `},"name":"sharding_indexed"}]}`},
		{"half a sharding", wanted{dtype: arrayview.Uint8, shape: plane, members: `{"metadata":{"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[5,5]}}]}}`,
			codec: `{"driver":"zarr3","codecs":[{"name":"sharding_indexed","configuration":{"index_location":"start"}}]}`},
			`{"codecs":[{"configuration":{"chunk_shape":[5,5],"codecs":[{"name":"bytes"}],` + index + `,"index_location":"start"},"name":"sharding_indexed"}]}`},
		{"members", wanted{members: `{"metadata":{"shape":[9],"data_type":"uint8","chunk_key_encoding":{"name":"v2"},"storage_transformers":[],"dimension_names":["x"],"x":{"must_understand":false}}}`},
			`{"shape":[9],"chunk":[9],"chunk_key_encoding":{"name":"v2"},"dimension_names":["x"],"x":{"must_understand":false}}`},
		{"fill value", wanted{dtype: arrayview.Uint8, shape: plane, fillValue: `[[7]]`}, `{"fill_value":7}`},
		{"struct", wanted{members: `{"field":"y","metadata":{"shape":[9],"data_type":{"name":"struct","configuration":{"fields":[{"name":"x","data_type":"uint8"},{"name":"y","data_type":"float32"}]}}}}`},
			`{"shape":[9],"chunk":[9],"codecs":[` + u16 + `],"data_type":{"configuration":{"fields":[{"data_type":"uint8","name":"x"},{"data_type":"float32","name":"y"}]},"name":"struct"},"fill_value":{"x":0,"y":0.0}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, ds, err := Format{}.Create("p/", nil, c.want.constraints(t))
			if err != nil {
				t.Fatal(err)
			}
			var got, want map[string]any
			if err := errors.Join(json.Unmarshal(docs["p/zarr.json"], &got), json.Unmarshal([]byte(c.doc), &want)); err != nil {
				t.Fatal(err)
			}
			if want := completed(want); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %s\nwant %s", document.Compact(got), document.Compact(want))
			}
			if again, err := (Format{}).Parse("p/", docs, c.want.constraints(t)); err != nil || again.CompatKey() != ds.CompatKey() {
				t.Errorf("opening it again: %v", err)
			}
		})
	}
}

// completed adds what the documents have in common.
func completed(doc map[string]any) map[string]any {
	chunk := doc["chunk"]
	delete(doc, "chunk")
	for name, v := range map[string]any{
		"zarr_format": 3.0, "node_type": "array", "shape": []any{20.0, 30.0}, "data_type": "uint8", "fill_value": 0.0,
		"chunk_key_encoding": map[string]any{"name": "default"}, "codecs": []any{map[string]any{"name": "bytes"}},
	} {
		standIn(doc, name, v)
	}
	if chunk == nil {
		chunk = []any{20.0, 30.0}
	}
	doc["chunk_grid"] = map[string]any{"name": "regular", "configuration": map[string]any{"chunk_shape": chunk}}
	return doc
}

func TestSpecsThatMakeNoArray(t *testing.T) {
	plane := []int64{20, 30}
	for name, w := range map[string]wanted{
		"no dtype":        {shape: plane},
		"no domain":       {dtype: arrayview.Uint8},
		"unbounded":       {dtype: arrayview.Uint8, shape: []int64{1<<62 - 1 + 5}},
		"bytes":           {dtype: arrayview.Byte, shape: plane},
		"indivisible":     {dtype: arrayview.Uint8, shape: plane, layout: chunkShapes([]int64{5, 5}, []int64{12, 30})},
		"codec chunk":     {dtype: arrayview.Uint8, shape: plane, layout: &drivers.ChunkLayout{Codec: drivers.ChunkShape{Shape: []int64{2, 2}}}},
		"fill too large":  {dtype: arrayview.Uint8, shape: plane, fillValue: `300`},
		"two fill values": {dtype: arrayview.Uint8, shape: plane, fillValue: `3`, members: `{"metadata":{"data_type":"uint8","fill_value":4}}`},
		"two codecs":      {dtype: arrayview.Uint8, shape: plane, codec: `{"driver":"zarr3","codecs":["gzip"]}`, members: `{"metadata":{"codecs":["zstd"]}}`},
		"gzip of shards":  {dtype: arrayview.Uint8, shape: plane, codec: `{"driver":"zarr3","codecs":["sharding_indexed","gzip"]}`},
		"two units":       {dtype: arrayview.Uint8, shape: plane, dimUnits: `["4nm",null]`, members: `{"metadata":{"attributes":{"dimension_units":["5nm",null]}}}`},
		"two labels":      {dtype: arrayview.Uint8, shape: plane, labels: []string{"a", "b"}, members: `{"metadata":{"dimension_names":["a","c"]}}`},
	} {
		if docs, _, err := (Format{}).Create("", nil, w.constraints(t)); err == nil {
			t.Errorf("%s: got %s, want an error", name, docs[nodeKey])
		}
	}
	have := map[string][]byte{nodeKey: []byte(`{}`)}
	if _, _, err := (Format{}).Create("", have, wanted{dtype: arrayview.Uint8, shape: plane}.constraints(t)); !errors.Is(err, drivers.ErrExists) {
		t.Errorf("something is there: got %v, want ErrExists", err)
	}
}
