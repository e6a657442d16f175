package precomputed

import (
	"slices"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// TestScalesAreSelected: as TensorStore 0.1.86 selects them.
func TestScalesAreSelected(t *testing.T) {
	for _, c := range []struct {
		members, units string
		key            string // "" none
		kind           error
		text           string
	}{
		{`{}`, ``, "k", nil, ""},
		{`{"scale_index":1}`, ``, "k2", nil, ""},
		{`{"scale_index":2}`, ``, "", drivers.ErrNoArray, "scale 2"},
		{`{"scale_metadata":{"key":"k2"}}`, ``, "k2", nil, ""},
		{`{"scale_metadata":{"resolution":[2,4,"6"]}}`, ``, "k2", nil, ""},
		{`{"scale_metadata":{"resolution":[2,4,6],"key":"k"}}`, ``, "", drivers.ErrNoArray, "scale"},
		{`{"scale_metadata":{"size":[5,10,15]}}`, ``, "", drivers.ErrConstraint, "[10,20,30]"},
		{`{"scale_index":1,"scale_metadata":{"key":"k"}}`, ``, "", drivers.ErrConstraint, "k2"},
		{`{"scale_index":1,"scale_metadata":{"resolution":[1,2,3]}}`, ``, "", drivers.ErrConstraint, "[2.0,4.0,6.0]"},
		{`{}`, `["2nm","4nm",null,null]`, "k2", nil, ""},
		{`{}`, `["7nm",null,null,null]`, "", drivers.ErrNoArray, "scale"},
		{`{}`, `["2um",null,null,null]`, "", nil, "nm"},
		{`{}`, `[null,null,null,"1s"]`, "", nil, "channel"},
		{`{"scale_index":1}`, `["1nm",null,null,null]`, "", drivers.ErrConstraint, "resolution"},
		{`{"scale_metadata":{"encoding":"png"}}`, ``, "", drivers.ErrConstraint, "raw"},
		{`{"scale_metadata":{"sharding":null}}`, ``, "k", nil, ""},
		{`{"multiscale_metadata":{"num_channels":2}}`, ``, "", drivers.ErrConstraint, "num_channels"},
		{`{"multiscale_metadata":{"type":"segmentation"}}`, ``, "", drivers.ErrConstraint, "image"},
		{`{"multiscale_metadata":{"data_type":"uint16"}}`, ``, "", drivers.ErrConstraint, "uint8"},
	} {
		want := wanting(t, c.members)
		if c.units != "" {
			want.Schema.DimensionUnits = value(t, c.units)
		}
		d, err := parse([]byte(twoScales), want)
		if c.key == "" {
			mustFail(t, c.members+c.units, err, c.kind, c.text)
		} else if err != nil || d.prefix != c.key+"/" {
			t.Errorf("%s %s: got %+v, %v, want scale %q", c.members, c.units, d, err, c.key)
		}
	}
}

func TestChunkSizeSelectsOne(t *testing.T) {
	d := openDoc(t, []byte(twoScales), `{"scale_metadata":{"chunk_size":[8,8,8]}}`)
	if want := []int64{8, 8, 8, 1}; !slices.Equal(d.schema.Chunk, want) {
		t.Errorf("got %v, want %v", d.schema.Chunk, want)
	}
	_, err := parse([]byte(twoScales), wanting(t, `{"scale_metadata":{"chunk_size":[8,8,9]}}`))
	mustFail(t, "another size", err, drivers.ErrConstraint, "[[4,5,6],[8,8,8]]")
}

func TestSchemaOfAScale(t *testing.T) {
	s := openDoc(t, []byte(twoScales), `{"scale_index":1}`).Schema()
	if got, want := s.Domain.Min, []int64{1, 2, 3, 0}; !slices.Equal(got, want) {
		t.Errorf("origin %v, want %v", got, want)
	}
	if got, want := s.Domain.Labels, []string{"x", "y", "z", "channel"}; !slices.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	if slices.Contains(s.Domain.ImplicitMax, true) || slices.Contains(s.Domain.ImplicitMin, true) {
		t.Error("bounds that nothing can move are implicit")
	}
	if u := s.Units; *u[0] != (drivers.Unit{Multiplier: 2, Base: "nm"}) || u[3] != nil {
		t.Errorf("units %v", u)
	}
	if s.Verbatim || !openDoc(t, edited(t, "", `{"size":[8,10,12]}`), `{}`).Schema().Verbatim {
		t.Error("stored bytes are the chunk where nothing is clipped, and only there")
	}
}

// TestInfoIsReadAsTensorStoreReadsIt: what it refuses, and what it lets pass.
func TestInfoIsReadAsTensorStoreReadsIt(t *testing.T) {
	for _, c := range []struct{ info, scale, member string }{
		{`{"@type":null}`, ``, ""}, {`{"type":"foo","num_channels":3}`, ``, ""}, {`{"x":[1]}`, `{"hidden":false,"y":2}`, ""},
		{`{"@type":"neuroglancer_legacy_mesh"}`, ``, "@type"}, {`{"type":null}`, ``, "type"}, {`{"type":3}`, ``, "type"},
		{`{"num_channels":0}`, ``, "num_channels"}, {`{"data_type":"UINT8"}`, ``, "data_type"}, {`{"data_type":"int64"}`, ``, "data_type"},
		{`{"scales":null}`, ``, "scales"}, {`{"scales":[]}`, ``, "scales"},
		{``, `{"size":[10.0,20.0,30.0]}`, ""}, {``, `{"resolution":["1",2,0]}`, ""}, {``, `{"resolution":[-1,0,3]}`, ""},
		{``, `{"size":[0,2,3]}`, ""}, {``, `{"encoding":"jpeg"}`, ""}, {``, `{"encoding":"png","png_level":9}`, ""}, {``, `{"key":""}`, ""},
		{``, `{"encoding":"jxl"}`, "scales[0].encoding"}, {``, `{"encoding":null}`, "scales[0].encoding"},
		{``, `{"size":[-1,2,3]}`, "size"}, {``, `{"size":[1,2]}`, "size"}, {``, `{"size":["10",20,30]}`, "size"}, {``, `{"size":[4611686018427387904,2,3]}`, "size"},
		{``, `{"voxel_offset":[4611686018427387899,2,3]}`, "scales[0]"}, {``, `{"resolution":["a",1,2]}`, "resolution"}, {``, `{"resolution":null}`, "resolution"},
		{``, `{"chunk_sizes":[[0,1,1]]}`, "chunk_sizes"}, {``, `{"chunk_sizes":[]}`, "chunk_sizes"}, {``, `{"chunk_sizes":[[65536,65536,65536]]}`, "chunk_sizes"},
		{``, `{"jpeg_quality":5}`, "jpeg_quality"}, {``, `{"png_level":5}`, "png_level"}, {``, `{"compressed_segmentation_block_size":[8,8,8]}`, "block_size"},
		{``, `{"encoding":"png","png_level":10}`, "png_level"}, {``, `{"encoding":"jpeg","jpeg_quality":101}`, "jpeg_quality"},
		{`{"num_channels":2}`, `{"encoding":"jpeg"}`, "jpeg"}, {`{"data_type":"uint16"}`, `{"encoding":"jpeg"}`, "jpeg"}, {`{"num_channels":5}`, `{"encoding":"png"}`, "png"},
		{``, `{"encoding":"compressed_segmentation","compressed_segmentation_block_size":[8,8,8]}`, "uint32"},
		{`{"data_type":"uint32"}`, `{"encoding":"compressed_segmentation"}`, "block_size"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":64,"hash":"identity","minishard_bits":20,"shard_bits":44}}`, ""},
		{``, `{"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"identity","minishard_bits":1,"shard_bits":1}}`, "chunk_sizes"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"identity","minishard_bits":20,"shard_bits":45}}`, "shard_bits"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":65,"hash":"identity","minishard_bits":0,"shard_bits":0}}`, "preshift_bits"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"x","minishard_bits":0,"shard_bits":0}}`, "hash"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"identity","minishard_bits":0,"shard_bits":0,"foo":1}}`, "foo"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"identity","minishard_bits":0,"shard_bits":0,"data_encoding":"zstd"}}`, "data_encoding"},
		{``, `{"chunk_sizes":[[4,5,6]],"sharding":{"preshift_bits":1,"hash":"identity","minishard_bits":0,"shard_bits":0}}`, "@type"},
	} {
		_, err := parse(edited(t, c.info, c.scale), drivers.Constraints{Rank: -1})
		if c.member == "" && err != nil {
			t.Errorf("%s %s: %v", c.info, c.scale, err)
		} else if c.member != "" {
			mustFail(t, c.info+c.scale, err, nil, c.member)
		}
	}
}

func TestScaleKeysStayBelowTheVolume(t *testing.T) {
	for _, c := range []struct{ path, key, want, text string }{
		{"vol/", "8_8_8", "8_8_8/", ""}, {"", "a/b", "a/b/", ""}, {"vol/", "a/../8", "8/", ""}, {"vol/", "", "", ""},
		{"a/vol/", "../vol/8", "8/", ""}, {"vol/", "./8/", "8/", ""}, {"", "..", "", "out of the store"},
		{"vol/", "../../8", "", "out of the store"}, {"vol/", "../other/8", "", `"other/8"`},
	} {
		got, err := resolveKey(c.path, c.key)
		if c.text != "" {
			mustFail(t, c.path+c.key, err, nil, c.text)
		} else if err != nil || got != c.want {
			t.Errorf("%q below %q: got %q, %v, want %q", c.key, c.path, got, err, c.want)
		}
	}
}

func TestMembersInCanonicalForm(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{}`, `{}`}, {`{"scale_metadata":{},"multiscale_metadata":{}}`, `{}`}, {`{"scale_index":0}`, `{"scale_index":0}`},
		{`{"scale_metadata":{"size":[1,2,3],"resolution":[1,0.5,1e21]}}`, `{"scale_metadata":{"resolution":[1.0,0.5,1e+21],"size":[1,2,3],"voxel_offset":[0,0,0]}}`},
		{`{"scale_metadata":{"sharding":null,"encoding":"jpeg"}}`, `{"scale_metadata":{"encoding":"jpeg","sharding":null}}`},
	} {
		if got := compactJSON(t, wanting(t, c.in).Members.JSON()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
	for in, text := range map[string]string{
		`{"scale_index":-1}`: "scale_index", `{"scale_metadata":{"hidden":true}}`: "hidden", `{"multiscale_metadata":{"nope":1}}`: "nope",
		`{"scale_metadata":{"voxel_offset":[1,1,1]}}`: "voxel_offset", `{"scale_metadata":{"jpeg_quality":5}}`: "jpeg_quality",
		`{"scale_metadata":{"chunk_sizes":[[1,1,1]]}}`:                                        "chunk_sizes",
		`{"multiscale_metadata":{"data_type":"uint16"},"scale_metadata":{"encoding":"jpeg"}}`: "jpeg",
	} {
		_, err := tryWanting(in)
		mustFail(t, in, err, nil, text)
	}
	for in, ok := range map[string]bool{`{}`: true, `{"scale_index":0}`: true, `{"scale_index":1}`: false, `{"scale_metadata":{"key":"k"}}`: false} {
		if err := wanting(t, in).Members.(drivers.URLChecker).CheckURL(); (err == nil) != ok {
			t.Errorf("URL of %s: %v", in, err)
		}
	}
}

func TestAVolumeIsTheGroupOfItsScales(t *testing.T) {
	g, err := Format{}.ParseGroup("v/", map[string][]byte{"v/info": []byte(twoScales)})
	if err != nil || !g.Complete || string(g.Attributes) != `{"mesh":"m"}` {
		t.Fatalf("got %+v, %v", g, err)
	}
	for i, m := range g.Members {
		d, err := parse([]byte(twoScales), drivers.Constraints{Rank: -1, Members: m.Members})
		key := g.Members[i%2].Name
		if err != nil || d.prefix != key+"/" || m.Path != "" || m.Unlisted != (i >= 2) {
			t.Errorf("member %d: %+v, %v", i, m, err)
		}
	}
	if len(g.Members) != 4 || g.Members[3].Name != "s1" {
		t.Errorf("got %+v, want the two scales by key and by index", g.Members)
	}
	g, err = Format{}.ParseGroup("", map[string][]byte{"info": edited(t, `{"@type":"neuroglancer_skeletons"}`, "")})
	if g != nil || err != nil {
		t.Errorf("a folder of skeletons: got %+v, %v", g, err)
	}
}

func TestCompatibility(t *testing.T) {
	key := openDoc(t, []byte(twoScales), `{}`).CompatKey()
	for scale, same := range map[string]bool{
		`{"resolution":[9,9,9]}`: true, `{"hidden":true}`: true, `{"chunk_sizes":[[4,5,6],[1,1,1]]}`: true,
		`{"size":[11,20,30]}`: false, `{"voxel_offset":[1,0,0]}`: false, `{"key":"q"}`: false, `{"encoding":"png"}`: false, `{"chunk_sizes":[[4,5,7]]}`: false,
	} {
		if got := openDoc(t, edited(t, "", scale), `{}`).CompatKey() == key; got != same {
			t.Errorf("%s: compatible %v, want %v", scale, got, same)
		}
	}
	quality := func(q string) string {
		return openDoc(t, edited(t, "", `{"encoding":"jpeg","jpeg_quality":`+q+`}`), `{}`).CompatKey()
	}
	if quality("5") != quality("6") {
		t.Error("jpeg_quality makes an array incompatible")
	}
	if openDoc(t, edited(t, `{"num_channels":2}`, ""), `{}`).CompatKey() == key {
		t.Error("another number of channels is compatible")
	}
}

func TestSchemaConstraints(t *testing.T) {
	layout := func(l drivers.ChunkLayout) drivers.SchemaConstraints {
		return drivers.SchemaConstraints{ChunkLayout: &l}
	}
	domain := func(origin, shape []int64) drivers.SchemaConstraints { return shaped(0, origin, shape).Schema }
	codec := func(doc string) drivers.SchemaConstraints { return drivers.SchemaConstraints{Codec: value(t, doc)} }
	for _, c := range []struct {
		schema drivers.SchemaConstraints
		text   string // "" good
	}{
		{domain(nil, []int64{10, 20, 30, 1}), ""}, {domain(nil, []int64{10, 20, 30, 2}), "[10,20,30,1]"}, {domain([]int64{1, 0, 0, 0}, []int64{9, 20, 30, 1}), "inclusive_min"},
		{layout(drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{4, 5, 6, 1}}}), ""},
		{layout(drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{8, 8, 8, 1}}}), "[4,5,6,1]"},
		{layout(drivers.ChunkLayout{Write: drivers.ChunkShape{Shape: []int64{0, 0, 7}}}), "write_chunk"},
		{layout(drivers.ChunkLayout{Codec: drivers.ChunkShape{Shape: []int64{8, 0, 0, 0}}}), "codec_chunk"},
		{layout(drivers.ChunkLayout{InnerOrder: []int{0, 1, 2, 3}}), "inner_order"},
		{layout(drivers.ChunkLayout{InnerOrder: []int{3, 2, 1, 0}, GridOrigin: []int64{0, 0, 0, drivers.FreeOrigin}}), ""},
		{layout(drivers.ChunkLayout{GridOrigin: []int64{1, 0, 0, 0}}), "grid_origin"},
		{codec(`{"driver":"neuroglancer_precomputed"}`), ""}, {codec(`{"driver":"neuroglancer_precomputed","encoding":"raw"}`), ""},
		{codec(`{"driver":"neuroglancer_precomputed","encoding":"png"}`), "raw"}, {codec(`{"driver":"neuroglancer_precomputed","shard_data_encoding":"raw"}`), "shard_data_encoding"},
		{codec(`{"driver":"zarr"}`), "zarr"}, {drivers.SchemaConstraints{FillValue: value(t, "0")}, "fill value"},
	} {
		_, err := parse([]byte(twoScales), drivers.Constraints{Rank: -1, Schema: c.schema})
		if c.text == "" && err != nil {
			t.Errorf("%+v: %v", c.schema, err)
		} else if c.text != "" {
			mustFail(t, "schema", err, nil, c.text)
		}
	}
	_, err := parse([]byte(twoScales), drivers.Constraints{Rank: 3})
	mustFail(t, "rank", err, drivers.ErrConstraint, "rank")
	_, err = parse([]byte(twoScales), drivers.Constraints{Rank: -1, DType: arrayview.Uint16})
	mustFail(t, "dtype", err, drivers.ErrConstraint, "uint16")
}
