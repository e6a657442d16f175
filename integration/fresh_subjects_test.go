package integration

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A subject is an array in a folder that is mounted, and what an outside writer
// does to it.
type subject struct {
	change   string // what is done to it
	kind     string // which rows of the table tell the results
	file     string // the file that is looked at
	old, new []byte // its content, of array.npy without the header; nil: gone
	slices   [2]int // how many files slices/0 has, before and after
	apply    func()
}

// plainVolume is a volume of three chunks of two rows.
var plainVolume = volume{shape: []int64{6, 8}, chunk: []int64{2, 8}, fill: 42, plain: true}

const (
	freshChunkBytes = 2 * 8 * 2
	freshRowBytes   = 8 * 2
)

// fillBytes is n bytes of the fill value.
func fillBytes(n int) []byte { return bytes.Repeat([]byte{42, 0}, n/2) }

// replaced returns data with other bytes from off on.
func replaced(data []byte, off int, by []byte) []byte {
	data = bytes.Clone(data)
	copy(data[off:], by)
	return data
}

// otherChunk is the bytes of a chunk that no array has at first.
func otherChunk() []byte { return bytes.Repeat([]byte{7, 1}, freshChunkBytes/2) }

// subjects makes the arrays below top, one for each change.
func subjects(t *testing.T, top string) []*subject {
	t.Helper()
	list := dataSubjects(t, top)
	list = append(list, shapeSubjects(t, top)...)
	list = append(list, otherSubjects(t, top)...)
	for _, s := range list {
		if s.file == "" {
			s.file = "array.raw"
		}
		if s.slices == [2]int{} {
			s.slices = [2]int{6, 6}
		}
	}
	return list
}

func dataSubjects(t *testing.T, top string) []*subject {
	t.Helper()
	rewritten := storeDataset(t, filepath.Join(top, "chunk rewritten"), plainVolume)
	hole := plainVolume
	hole.missing = func(cell []int64) bool { return cell[0] == 1 }
	created := storeDataset(t, filepath.Join(top, "chunk created"), hole)
	deleted := storeDataset(t, filepath.Join(top, "chunk deleted"), plainVolume)
	again := storeDataset(t, filepath.Join(top, "made again alike"), plainVolume)
	return []*subject{
		{change: "chunk rewritten", kind: "data", old: rewritten.data, new: replaced(rewritten.data, freshChunkBytes, otherChunk()),
			apply: func() { rewritten.replaceChunk(t, otherChunk(), 1, 0) }},
		{change: "chunk created", kind: "data", old: created.data, new: replaced(created.data, freshChunkBytes, otherChunk()),
			apply: func() { created.replaceChunk(t, otherChunk(), 1, 0) }},
		{change: "chunk deleted", kind: "data", old: deleted.data, new: replaced(deleted.data, freshChunkBytes, fillBytes(freshChunkBytes)),
			apply: func() { deleted.replaceChunk(t, nil, 1, 0) }},
		{change: "made again alike", kind: "data", old: again.data, new: replaced(again.data, 0, otherChunk()),
			apply: func() {
				remake(t, again.dir, plainVolume)
				again.replaceChunk(t, otherChunk(), 0, 0)
			}},
		shardSubject(t, top, "shard rewritten", shardFile(otherChunk(), nil, otherChunk()),
			slices.Concat(otherChunk(), fillBytes(freshChunkBytes), otherChunk())),
		shardSubject(t, top, "shard deleted", nil, fillBytes(3*freshChunkBytes)),
	}
}

func shapeSubjects(t *testing.T, top string) []*subject {
	t.Helper()
	grown := storeDataset(t, filepath.Join(top, "shape grown"), plainVolume)
	shrunk := storeDataset(t, filepath.Join(top, "shape shrunk"), plainVolume)
	return []*subject{
		{change: "shape grown", kind: "shape", old: grown.data, new: slices.Concat(grown.data, fillBytes(3*freshRowBytes)), slices: [2]int{6, 9},
			apply: func() { grown.editMetadata(t, object{"shape": []int64{9, 8}}) }},
		{change: "shape shrunk", kind: "shape", old: shrunk.data, new: shrunk.data[:3*freshRowBytes], slices: [2]int{6, 3},
			apply: func() { shrunk.editMetadata(t, object{"shape": []int64{3, 8}}) }},
	}
}

func otherSubjects(t *testing.T, top string) []*subject {
	t.Helper()
	dtype := storeDataset(t, filepath.Join(top, "dtype changed"), plainVolume)
	remade := storeDataset(t, filepath.Join(top, "made again"), plainVolume)
	gone := storeDataset(t, filepath.Join(top, "deleted"), plainVolume)
	described := storeDataset(t, filepath.Join(top, "attributes changed"), plainVolume)
	attributes := filepath.Join(described.dir, ".zattrs")
	renameInto(t, attributes, []byte(`{"lab": "A"}`))
	another := volume{shape: []int64{5, 8}, chunk: []int64{3, 8}, fill: 42, plain: true}
	return []*subject{
		{change: "dtype changed", kind: "replaced", old: dtype.data, new: replaced(dtype.data, 0, otherChunk()),
			apply: func() {
				dtype.replaceChunk(t, otherChunk(), 0, 0)
				dtype.editMetadata(t, object{"dtype": "<i2"})
			}},
		{change: "made again", kind: "replaced", old: remade.data, new: remade.data[:5*freshRowBytes], slices: [2]int{6, 5},
			apply: func() { remake(t, remade.dir, another) }},
		{change: "deleted", kind: "gone", old: gone.data,
			apply: func() { discard(t, gone.dir) }},
		{change: "attributes changed", kind: "attributes", file: "attributes.json",
			old: []byte("{\n  \"lab\": \"A\"\n}\n"), new: []byte("{\n  \"lab\": \"another\"\n}\n"),
			apply: func() { renameInto(t, attributes, []byte(`{"lab": "another"}`)) }},
	}
}

// renameInto puts a file in its place as careful writers do.
func renameInto(t testing.TB, path string, value []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", value, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// discard removes an array.
func discard(t testing.TB, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

// remake puts another array in the place of one.
func remake(t testing.TB, dir string, v volume) {
	t.Helper()
	discard(t, dir)
	storeDataset(t, dir, v)
}

// shardSubject makes a zarr v3 array of one shard, in which each chunk of
// plainVolume is an inner chunk, and of which the shard will be replaced.
func shardSubject(t *testing.T, top, change string, shard, content []byte) *subject {
	t.Helper()
	dir := filepath.Join(top, change)
	bytesCodec := object{"name": "bytes", "configuration": object{"endian": "little"}}
	doc, err := json.Marshal(object{
		"zarr_format": 3, "node_type": "array", "shape": []int{6, 8}, "data_type": "uint16", "fill_value": 42,
		"chunk_grid":         object{"name": "regular", "configuration": object{"chunk_shape": []int{6, 8}}},
		"chunk_key_encoding": object{"name": "default", "configuration": object{"separator": "."}},
		"codecs": []object{{"name": "sharding_indexed", "configuration": object{
			"chunk_shape": []int{2, 8}, "codecs": []object{bytesCodec}, "index_location": "end",
			"index_codecs": []object{bytesCodec, {"name": "crc32c"}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var parts [][]byte
	for i := range byte(3) {
		parts = append(parts, bytes.Repeat([]byte{i + 1, 9}, freshChunkBytes/2))
	}
	renameInto(t, filepath.Join(dir, "zarr.json"), doc)
	key := filepath.Join(dir, "c.0.0")
	renameInto(t, key, shardFile(parts...))
	s := &subject{change: change, kind: "data", old: slices.Concat(parts...), new: content}
	s.apply = func() {
		if shard != nil {
			renameInto(t, key, shard)
		} else if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// shardFile returns a shard of inner chunks, with its index at the end; nil is a
// chunk that is missing.
func shardFile(parts ...[]byte) []byte {
	var file, index []byte
	for _, part := range parts {
		at, n := uint64(len(file)), uint64(len(part))
		if part == nil {
			at, n = ^uint64(0), ^uint64(0)
		}
		index = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(index, at), n)
		file = append(file, part...)
	}
	index = binary.LittleEndian.AppendUint32(index, crc32.Checksum(index, crc32.MakeTable(crc32.Castagnoli)))
	return append(file, index...)
}

// folderSpec returns the spec of a mount of everything below top.
func folderSpec(top string, more ...object) object {
	spec := object{"kvstore": object{"driver": "file", "path": top + "/"}}
	for _, m := range more {
		maps.Copy(spec, m)
	}
	return spec
}
