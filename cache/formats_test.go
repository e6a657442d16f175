package cache

import (
	"fmt"
	"strings"

	"tsmount/drivers"
	"tsmount/drivers/n5"
	"tsmount/drivers/precomputed"
	"tsmount/drivers/zarr"
	"tsmount/drivers/zarr3"
	"tsmount/internal/strictjson"
)

// kind is a real format and how an array of uint16 is described in it.
type kind struct {
	name   string
	format drivers.Format
	key    string // of the document
	fill   uint16
	rank   int
	// doc describes an array of the given shape in chunks, shards of per chunks
	// along each dimension.
	doc func(shape, chunk []int64, per int64) string
}

var kinds = []kind{
	{name: "zarr", format: zarr.Format{}, key: ".zarray", fill: 7, rank: 2, doc: func(shape, chunk []int64, _ int64) string {
		return zarrDoc(shape, chunk, `"<u2"`, "C", "null", "7")
	}},
	{name: "zarr compressed", format: zarr.Format{}, key: ".zarray", fill: 0, rank: 3, doc: func(shape, chunk []int64, _ int64) string {
		return zarrDoc(shape, chunk, `">u2"`, "F", `{"id":"zlib","level":1}`, "null")
	}},
	{name: "zarr3 sharded", format: zarr3.Format{}, key: "zarr.json", fill: 7, rank: 2, doc: zarr3Doc},
	{name: "n5", format: n5.Format{}, key: "attributes.json", rank: 2, doc: func(shape, chunk []int64, _ int64) string {
		return fmt.Sprintf(`{"dimensions":%s,"blockSize":%s,"dataType":"uint16","compression":{"type":"gzip"}}`, ints(shape), ints(chunk))
	}},
	{name: "precomputed", format: precomputed.Format{}, key: "info", rank: 4, doc: func(shape, chunk []int64, _ int64) string {
		return precomputedDoc(shape, chunk, "")
	}},
	{name: "precomputed sharded", format: precomputed.Format{}, key: "info", rank: 4, doc: func(shape, chunk []int64, _ int64) string {
		return precomputedDoc(shape, chunk, `,"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"identity","minishard_bits":1,"shard_bits":6,"data_encoding":"gzip"}`)
	}},
	{name: "precomputed murmur", format: precomputed.Format{}, key: "info", rank: 4, doc: func(shape, chunk []int64, _ int64) string {
		return precomputedDoc(shape, chunk, `,"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"murmurhash3_x86_128","minishard_bits":1,"shard_bits":2}`)
	}},
}

func zarrDoc(shape, chunk []int64, dtype, order, compressor, fill string) string {
	return fmt.Sprintf(`{"zarr_format":2,"shape":%s,"chunks":%s,"dtype":%s,"order":%q,"compressor":%s,"filters":null,"fill_value":%s}`,
		ints(shape), ints(chunk), dtype, order, compressor, fill)
}

func zarr3Doc(shape, chunk []int64, per int64) string {
	outer := make([]int64, len(chunk))
	for i, n := range chunk {
		outer[i] = n * per
	}
	return fmt.Sprintf(`{"zarr_format":3,"node_type":"array","shape":%s,"data_type":"uint16","fill_value":7,"attributes":{},
		"chunk_grid":{"name":"regular","configuration":{"chunk_shape":%s}},
		"chunk_key_encoding":{"name":"default"},
		"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":%s,
			"codecs":[{"name":"bytes","configuration":{"endian":"little"}}],
			"index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}]}}]}`,
		ints(shape), ints(outer), ints(chunk))
}

// precomputedDoc describes a volume; the fourth dimension is that of channels.
func precomputedDoc(shape, chunk []int64, sharding string) string {
	return fmt.Sprintf(`{"@type":"neuroglancer_multiscale_volume","type":"image","data_type":"uint16","num_channels":%d,
		"scales":[{"key":"s","size":%s,"voxel_offset":[3,0,1],"resolution":[1,1,1],"chunk_sizes":[%s],"encoding":"raw"%s}]}`,
		shape[3], ints(shape[:3]), ints(chunk[:3]), sharding)
}

func ints(n []int64) string {
	return strings.ReplaceAll(fmt.Sprint(n), " ", ",")
}

// want returns the constraints of a spec with the given members.
func want(f drivers.Format, members string) drivers.Constraints {
	v, err := strictjson.Parse([]byte(members), "spec")
	if err != nil {
		panic(err)
	}
	o, err := v.Object()
	if err != nil {
		panic(err)
	}
	m, err := f.Members(o)
	if err != nil {
		panic(err)
	}
	return drivers.Constraints{Rank: -1, Members: m}
}
