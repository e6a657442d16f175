package precomputed

import (
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// volumeDoc is an info of one scale with key 1_1_1 as TensorStore writes it.
func volumeDoc(dtype, channels, kind, size, chunk, rest string) string {
	return `{"@type":"neuroglancer_multiscale_volume","data_type":"` + dtype + `","num_channels":` + channels +
		`,"scales":[{"chunk_sizes":[` + chunk + `],` + rest + `"size":` + size + `,"voxel_offset":[0,0,0]}],"type":"` + kind + `"}`
}

const rawRest = `"encoding":"raw","key":"1_1_1","resolution":[1.0,1.0,1.0],`

// create returns the document that Create makes with the given members and
// constraints on the schema.
func create(t testing.TB, want drivers.Constraints, members string) (string, error) {
	t.Helper()
	want.Members = wanting(t, members).Members
	docs, _, err := Format{}.Create("v/", nil, want)
	return string(docs["v/info"]), err
}

// TestCreateWritesWhatTensorStoreWrites holds documents that TensorStore 0.1.86
// wrote.
func TestCreateWritesWhatTensorStoreWrites(t *testing.T) {
	at := func(dtype arrayview.DType, shape ...int64) drivers.Constraints { return shaped(dtype, nil, shape) }
	with := func(c drivers.Constraints, change func(*drivers.SchemaConstraints)) drivers.Constraints {
		change(&c.Schema)
		return c
	}
	cseg := func(block string) string {
		return `"compressed_segmentation_block_size":` + block + `,"encoding":"compressed_segmentation","key":"1_1_1","resolution":[1.0,1.0,1.0],`
	}
	for _, c := range []struct {
		want    drivers.Constraints
		members string
		doc     string
	}{
		{at(arrayview.Uint16, 100, 200, 300, 1), `{}`, volumeDoc("uint16", "1", "image", "[100,200,300]", "[100,102,102]", rawRest)},
		{at(arrayview.Uint32, 100, 200, 300, 2), `{}`, volumeDoc("uint32", "2", "segmentation", "[100,200,300]", "[80,80,80]", rawRest)},
		{at(arrayview.Uint8, 4096, 4096, 40, 3), `{}`, volumeDoc("uint8", "3", "image", "[4096,4096,40]", "[93,93,40]", rawRest)},
		{at(arrayview.Uint8, 0, 64, 64, 1), `{}`, volumeDoc("uint8", "1", "image", "[0,64,64]", "[1,64,64]", rawRest)},
		{at(arrayview.Uint32, 5, 100, 100, 1), `{"scale_metadata":{"encoding":"compressed_segmentation"}}`,
			volumeDoc("uint32", "1", "segmentation", "[5,100,100]", "[5,100,100]", cseg("[5,10,10]"))},
		{with(at(arrayview.Uint32, 50, 100, 100, 1), func(s *drivers.SchemaConstraints) {
			s.ChunkLayout = &drivers.ChunkLayout{Codec: drivers.ChunkShape{Shape: []int64{3, 4, 5, 1}}}
		}), `{"scale_metadata":{"encoding":"compressed_segmentation"}}`, volumeDoc("uint32", "1", "segmentation", "[50,100,100]", "[50,100,100]", cseg("[3,4,5]"))},
		{with(at(arrayview.Uint8, 64, 64, 64, 1), func(s *drivers.SchemaConstraints) {
			s.Codec = value(t, `{"driver":"neuroglancer_precomputed","encoding":"jpeg"}`)
		}), `{}`, volumeDoc("uint8", "1", "image", "[64,64,64]", "[64,64,64]", `"encoding":"jpeg","jpeg_quality":75,"key":"1_1_1","resolution":[1.0,1.0,1.0],`)},
		{at(arrayview.Uint8, 64, 64, 64, 1), `{"scale_metadata":{"encoding":"png","png_level":3}}`,
			volumeDoc("uint8", "1", "image", "[64,64,64]", "[64,64,64]", `"encoding":"png","key":"1_1_1","png_level":3,"resolution":[1.0,1.0,1.0],`)},
		{at(arrayview.Uint8, 64, 64, 64, 1), `{"scale_metadata":{"resolution":[12345678901234567890,1.5,123456]}}`,
			volumeDoc("uint8", "1", "image", "[64,64,64]", "[64,64,64]", `"encoding":"raw","key":"1.23457e+19_1.5_123456","resolution":[1.2345678901234567e+19,1.5,123456.0],`)},
		{with(shaped(arrayview.Uint8, nil, []int64{64, 64, 64, 1}), func(s *drivers.SchemaConstraints) {
			s.DimensionUnits = value(t, `["8nm",null,"40nm",null]`)
		}), `{}`, volumeDoc("uint8", "1", "image", "[64,64,64]", "[64,64,64]", `"encoding":"raw","key":"8_1_40","resolution":[8.0,1.0,40.0],`)},
		{drivers.Constraints{Rank: -1}, `{"scale_metadata":{"size":[64,64,64]},"multiscale_metadata":{"num_channels":2,"data_type":"uint8","type":"foo"}}`,
			volumeDoc("uint8", "2", "foo", "[64,64,64]", "[64,64,64]", rawRest)},
	} {
		got, err := create(t, c.want, c.members)
		if err != nil || got != c.doc {
			t.Errorf("%s: got %s, %v, want %s", c.members, got, err, c.doc)
		}
	}
}

// TestCreateSharded: write chunks that are larger than read chunks make shards,
// with the bits that TensorStore 0.1.86 chooses.
func TestCreateSharded(t *testing.T) {
	cube := func(n int64) []int64 { return []int64{n, n, n, 1} }
	type shape = drivers.ChunkShape
	for _, c := range []struct {
		size, read []int64
		write      shape
		bits       string // "" unsharded, "error"
	}{
		{cube(64), cube(8), shape{Shape: cube(16)}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":3,"shard_bits":6`},
		{cube(64), cube(8), shape{Shape: cube(8)}, ""}, {cube(64), cube(8), shape{}, ""},
		{cube(512), cube(8), shape{Shape: []int64{128, 64, 64, 1}}, `"minishard_bits":1,"minishard_index_encoding":"gzip","preshift_bits":9,"shard_bits":8`},
		{cube(2048), cube(64), shape{Shape: cube(1024)}, `"minishard_bits":3,"minishard_index_encoding":"gzip","preshift_bits":9,"shard_bits":3`},
		{[]int64{70, 50, 1, 1}, []int64{8, 8, 1, 1}, shape{Shape: []int64{16, 16, 1, 1}}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":2,"shard_bits":5`},
		{[]int64{100, 200, 300, 1}, []int64{10, 20, 30, 1}, shape{Shape: []int64{40, 80, 120, 1}}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":6,"shard_bits":6`},
		{cube(64), cube(8), shape{Shape: []int64{16, 0, 0, 0}}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":1,"shard_bits":8`},
		{cube(64), cube(8), shape{Shape: []int64{0, 0, 16, 0}}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":3,"shard_bits":6`},
		{cube(64), cube(8), shape{Shape: []int64{8, 16, 8, 1}}, "error"}, {cube(64), cube(8), shape{Shape: []int64{17, 16, 8, 1}}, "error"},
		{cube(64), cube(8), shape{ShapeSoft: []int64{-1, -1, -1, 1}}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":9,"shard_bits":0`},
		{cube(64), cube(8), shape{ShapeSoft: cube(30)}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":6,"shard_bits":3`},
		{cube(64), cube(8), shape{ShapeSoft: []int64{30, 17, 9, 1}}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":2,"shard_bits":7`},
		{cube(64), cube(8), shape{Elements: 30000}, `"minishard_bits":0,"minishard_index_encoding":"gzip","preshift_bits":6,"shard_bits":3`},
		{cube(64), cube(8), shape{Elements: 513}, ""},
	} {
		want := shaped(arrayview.Uint8, nil, c.size)
		want.Schema.ChunkLayout = &drivers.ChunkLayout{Read: shape{Shape: c.read}, Write: c.write}
		got, err := create(t, want, `{}`)
		switch {
		case c.bits == "error":
			mustFail(t, "impossible write chunk", err, nil, "write_chunk")
		case err != nil:
			t.Errorf("%+v: %v", c, err)
		case c.bits == "" && strings.Contains(got, "sharding") || !strings.Contains(got, c.bits):
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestCreateAddsAScale(t *testing.T) {
	have := map[string][]byte{"info": []byte(twoScales)}
	tryIn := func(want drivers.Constraints, members string) (string, error) {
		want.Members = wanting(t, members).Members
		docs, _, err := Format{}.Create("", have, want)
		return string(docs["info"]), err
	}
	space := shaped(0, nil, []int64{3, 3, 3, 1})
	got, err := tryIn(space, `{"scale_metadata":{"resolution":[9,9,9]}}`)
	const added = `,{"chunk_sizes":[[3,3,3]],"encoding":"raw","key":"9_9_9","resolution":[9.0,9.0,9.0],"size":[3,3,3],"voxel_offset":[0,0,0]}],"type":"image"}`
	if err != nil || !strings.HasSuffix(got, added) || !strings.Contains(got, `"hidden":true`) || !strings.Contains(got, `"mesh":"m"`) {
		t.Errorf("got %s, %v, want what was there and %s", got, err, added)
	}
	for members, c := range map[string]struct {
		kind error
		text string
	}{
		`{"scale_metadata":{"key":"k"}}`: {drivers.ErrExists, `"k"`},
		`{"scale_index":0}`:              {drivers.ErrExists, "scale 0"},
		`{"scale_index":5}`:              {nil, "scale 5"},
		`{"multiscale_metadata":{"type":"segmentation"},"scale_metadata":{"key":"n"}}`: {drivers.ErrConstraint, "type"},
		`{"multiscale_metadata":{"num_channels":2},"scale_metadata":{"key":"n"}}`:      {drivers.ErrConstraint, "num_channels"},
	} {
		_, err := tryIn(space, members)
		mustFail(t, members, err, c.kind, c.text)
	}
	_, err = tryIn(shaped(arrayview.Uint16, nil, []int64{3, 3, 3, 1}), `{"scale_metadata":{"key":"n"}}`)
	mustFail(t, "another type", err, drivers.ErrConstraint, "uint16")
	_, err = tryIn(shaped(0, nil, []int64{3, 3, 3, 2}), `{"scale_metadata":{"key":"n"}}`)
	mustFail(t, "more channels", err, drivers.ErrConstraint, "[3,3,3,1]")
	if _, err := tryIn(space, `{"scale_index":2,"scale_metadata":{"key":"n"}}`); err != nil {
		t.Error(err)
	}
}

func TestCreateNeedsTypeAndExtents(t *testing.T) {
	labelled := shaped(arrayview.Uint8, nil, []int64{4, 4, 4, 1})
	labelled.Schema.Domain.Labels = []string{"z", "y", "x", "c"}
	unbounded := shaped(arrayview.Uint8, nil, []int64{4, 4, 4, 1})
	unbounded.Schema.Domain.Max[0] = arrayview.Inf + 1
	for _, c := range []struct {
		want          drivers.Constraints
		members, text string
	}{
		{shaped(0, nil, []int64{3, 3, 3, 1}), `{}`, "dtype"}, {shaped(arrayview.Int64, nil, []int64{3, 3, 3, 1}), `{}`, "int64"},
		{drivers.Constraints{Rank: -1, DType: arrayview.Uint8}, `{}`, "domain"}, {shaped(arrayview.Uint8, nil, []int64{3, 3, 3}), `{}`, "4"},
		{unbounded, `{}`, "finite"}, {labelled, `{}`, "labels"}, {shaped(arrayview.Uint8, nil, []int64{3, 3, 3, 0}), `{}`, "channel"},
		{shaped(arrayview.Uint8, []int64{0, 0, 0, 1}, []int64{3, 3, 3, 1}), `{}`, "inclusive_min"},
		{shaped(arrayview.Uint8, nil, []int64{3, 3, 3, 2}), `{"scale_metadata":{"encoding":"jpeg"}}`, "jpeg"},
		{shaped(arrayview.Float32, nil, []int64{3, 3, 3, 1}), `{"scale_metadata":{"encoding":"png"}}`, "png"},
		{shaped(arrayview.Uint8, nil, []int64{3, 3, 3, 1}), `{"scale_index":1}`, "scale 1"},
	} {
		_, err := create(t, c.want, c.members)
		mustFail(t, c.members, err, nil, c.text)
	}
}
