package integration

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// kinds are how the arrays to be written are stored: each driver, and shards.
var kinds = []string{"zarr", "zarr3", "zarr3 sharded", "n5", "precomputed", "precomputed sharded"}

// allKinds are also zarr arrays whose elements are big-endian and in Fortran
// order, and with compressed chunks.
var allKinds = append(slices.Clone(kinds), "zarr fortran", "zarr compressed")

// A target is an array to be written: uint16, stored as it is (unless its kind
// says otherwise), so that this package can read and write its chunks itself.
type target struct {
	*dataset
	kind   string
	driver string
}

// makeTarget makes an array that holds fill alone. Precomputed volumes get a
// dimension of channels more, and they and N5 know no fill value but 0.
func makeTarget(t testing.TB, kind string, shape, chunk []int64, fill uint64) *target {
	t.Helper()
	driver, _, _ := strings.Cut(kind, " ")
	v := volume{dtype: "<u2", shape: shape, chunk: chunk, order: "C", fill: fill, plain: true}
	a := &target{dataset: &dataset{volume: v, dir: filepath.Join(folder(t, "target"), "a"), size: 2}, kind: kind, driver: driver}
	name, doc := "", object{}
	switch driver {
	case "zarr":
		name, doc = ".zarray", object{"zarr_format": 2, "shape": shape, "chunks": chunk, "dtype": "<u2", "order": "C", "fill_value": fill, "filters": nil, "compressor": nil}
		switch kind {
		case "zarr fortran":
			a.order = "F"
			doc["order"], doc["dtype"] = "F", ">u2"
		case "zarr compressed":
			doc["compressor"] = object{"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}
		}
	case "zarr3":
		name, doc = "zarr.json", a.zarr3Document()
	case "n5":
		a.order, a.fill = "F", 0
		name, doc = "attributes.json", object{"dimensions": shape, "blockSize": chunk, "dataType": "uint16", "compression": object{"type": "raw"}}
	case "precomputed":
		a.driver = "neuroglancer_precomputed"
		name, doc = "info", a.infoDocument()
		a.order, a.fill = "F", 0
		a.shape, a.chunk = append(slices.Clone(shape), 1), append(slices.Clone(chunk), 1)
	}
	if err := os.Mkdir(a.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	a.storeDocument(t, name, doc)
	for range a.elements() {
		a.data = append(a.data, number(a.fill)[:2]...)
	}
	return a
}

// storeDocument puts a document into its place.
func (a *target) storeDocument(t testing.TB, name string, doc object) {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	renameInto(t, filepath.Join(a.dir, name), text)
}

// zarr3Document describes a zarr v3 array; its shards are of two chunks along
// each dimension.
func (a *target) zarr3Document() object {
	plain := object{"name": "bytes", "configuration": object{"endian": "little"}}
	grid, codecs := slices.Clone(a.chunk), []object{plain}
	if strings.HasSuffix(a.kind, "sharded") {
		for i := range grid {
			grid[i] *= 2
		}
		codecs = []object{{"name": "sharding_indexed", "configuration": object{
			"chunk_shape": a.chunk, "codecs": []object{plain}, "index_location": "end", "index_codecs": []object{plain, {"name": "crc32c"}},
		}}}
	}
	return object{
		"zarr_format": 3, "node_type": "array", "shape": a.shape, "data_type": "uint16", "fill_value": a.fill, "codecs": codecs,
		"chunk_grid":         object{"name": "regular", "configuration": object{"chunk_shape": grid}},
		"chunk_key_encoding": object{"name": "default", "configuration": object{"separator": "/"}},
	}
}

func (a *target) infoDocument() object {
	scale := object{"key": "s", "size": a.shape, "voxel_offset": []int{0, 0, 0}, "resolution": []int{1, 1, 1}, "chunk_sizes": [][]int64{a.chunk}, "encoding": "raw"}
	if strings.HasSuffix(a.kind, "sharded") {
		scale["sharding"] = object{
			"@type": "neuroglancer_uint64_sharded_v1", "preshift_bits": 1, "minishard_bits": 1, "shard_bits": 2,
			"hash": "identity", "minishard_index_encoding": "raw", "data_encoding": "raw",
		}
	}
	return object{"@type": "neuroglancer_multiscale_volume", "type": "image", "data_type": "uint16", "num_channels": 1, "scales": []object{scale}}
}

// spec returns the spec of the array with further members.
func (a *target) spec(more ...object) object { return with(a.driver, a.dir, more...) }

// box returns the cuts of the part of the array in a cell.
func (a *target) box(cell []int64) (cuts []cut) {
	for i, c := range cell {
		cuts = append(cuts, cut{c * a.chunk[i], min((c+1)*a.chunk[i], a.shape[i]), 1, false})
	}
	return cuts
}

// key returns the path of a stored chunk, "" where chunks are in shards.
func (a *target) key(cell []int64) string {
	join := func(separator string) string {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(cell), "[]"), " ", separator)
	}
	switch a.kind {
	case "zarr", "zarr fortran":
		return filepath.Join(a.dir, join("."))
	case "zarr3":
		return filepath.Join(a.dir, "c", join("/"))
	case "n5":
		return filepath.Join(a.dir, join("/"))
	case "precomputed":
		var parts []string
		for _, c := range a.box(cell)[:3] {
			parts = append(parts, fmt.Sprintf("%d-%d", c.lo, c.hi))
		}
		return filepath.Join(a.dir, "s", strings.Join(parts, "_"))
	}
	return ""
}

// storeCell stores a chunk with what the array in memory has of it, as another
// program does: by a rename. Zarr's chunks are whole, the others end where the
// array does.
func (a *target) storeCell(t testing.TB, cell []int64) {
	t.Helper()
	path, value := a.key(cell), a.payload(a.box(cell))
	switch a.driver {
	case "zarr", "zarr3":
		value = a.paddedCell(cell)
		if a.kind == "zarr fortran" {
			swap(value)
		}
	case "n5":
		header := binary.BigEndian.AppendUint16([]byte{0, 0}, uint16(len(cell)))
		for _, c := range a.box(cell) {
			header = binary.BigEndian.AppendUint32(header, uint32(c.len()))
		}
		swap(value)
		value = append(header, value...)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	renameInto(t, path, value)
}

// swap changes the order of the bytes of elements.
func swap(value []byte) {
	for i := 0; i < len(value); i += 2 {
		value[i], value[i+1] = value[i+1], value[i]
	}
}

// paddedCell is a whole chunk; what of it lies beyond the array is the fill
// value.
func (a *target) paddedCell(cell []int64) []byte {
	var value []byte
	for range product(a.chunk) {
		value = append(value, number(a.fill)[:2]...)
	}
	a.overlap(cell, func(at, in int64) { copy(value[in:in+2], a.data[at:at+2]) })
	return value
}

// writable mounts an array so that it can be written.
func writable(t testing.TB, spec any, flags ...string) *mount {
	t.Helper()
	return start(t, spec, append([]string{"--writable"}, flags...)...)
}

// kill ends the program as a crash does, and takes the mount off.
func (m *mount) kill() {
	m.t.Helper()
	if err := m.cmd.Process.Kill(); err != nil {
		m.t.Fatal(err)
	}
	if !m.wait() {
		m.t.Fatal("the program did not end")
	}
	takeOff(m.at)
}

// openFlags opens a file of the mount until the test ends.
func (m *mount) openFlags(name string, flags int) *os.File {
	m.t.Helper()
	f, err := os.OpenFile(m.path(name), flags, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { f.Close() })
	return f
}

// put writes data to a file of the mount, which must take it, at an offset.
func put(t testing.TB, f *os.File, data []byte, off int64) {
	t.Helper()
	if n, err := f.WriteAt(data, off); err != nil || n != len(data) {
		t.Fatalf("%s: wrote %d bytes of %d at %d: %v", f.Name(), n, len(data), off, err)
	}
}

// putFile writes a payload into the raw file of a mount and closes it.
func (m *mount) putFile(name string, data []byte, off int64) {
	m.t.Helper()
	f, err := os.OpenFile(m.path(name), os.O_WRONLY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	put(m.t, f, data, off)
	if err := f.Close(); err != nil {
		m.t.Fatal(err)
	}
}

// noise returns n bytes that no other call with another seed returns.
func noise(seed, n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(uint64(i*257+seed+1) * 0x9E3779B97F4A7C15 >> 40)
	}
	return data
}

// expectErrno expects that a call failed with a number.
func expectErrno(t testing.TB, what string, err error, want syscall.Errno) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %d (%v)", what, err, int(want), want)
	}
}
