package tree

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"tsmount/drivers"
	"tsmount/drivers/zarr3"
)

// shardedArray stores an array of 4 x 4 in two shards of two chunks each.
func (w *world) shardedArray(path string) {
	w.put(path+"zarr.json", []byte(`{"zarr_format": 3, "node_type": "array", "shape": [4, 4], "data_type": "uint16", "fill_value": 7,
		"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 4]}},
		"chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
		"codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 2], "index_location": "end",
			"codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
			"index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}]}`))
	const inner = 2 * 2 * 2
	for shard, key := range []string{"c/0/0", "c/1/0"} {
		value := make([]byte, 2*inner)
		value[0] = byte(shard + 1)
		var index []byte
		for _, n := range []uint64{0, inner, inner, inner} { // offset, size
			index = binary.LittleEndian.AppendUint64(index, n)
		}
		value = append(value, index...)
		w.put(path+key, binary.LittleEndian.AppendUint32(value, crc32.Checksum(index, crc32.MakeTable(crc32.Castagnoli))))
	}
}

// TestRequestsOfShards counts what a read of unchanged shards costs: one
// conditional request for each shard, whose index speaks for its chunks.
func TestRequestsOfShards(t *testing.T) {
	keys := []string{"zarr.json", "c/0/0", "c/1/0"}
	for _, test := range []struct {
		mode             drivers.RecheckMode
		perRead, perOpen int
	}{{drivers.RecheckAlways, 1, -1}, {drivers.RecheckOpen, 0, 1}, {drivers.RecheckNever, 0, 0}} {
		w, c := counted(t)
		w.format = zarr3.Format{}
		w.shardedArray("s/")
		bound := drivers.Recheck{Mode: test.mode}
		tree := w.mount("s/", Config{RecheckData: bound, RecheckMetadata: bound})
		h := open(t, tree, "array.raw")
		readAll(t, h)
		c.since()
		readAll(t, h)
		expectRequests(t, c, "a read", each("s/", test.perRead, keys...))
		if test.perOpen < 0 {
			continue
		}
		node := find[File](t, tree, "at/:,:.raw")
		c.since()
		again, err := node.Open(context.Background(), OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, again)
		expectRequests(t, c, "an open and a read", each("s/", test.perOpen, keys...))
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}
