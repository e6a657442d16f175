package integration

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tsmount/cache"
	"tsmount/drivers"
	formats "tsmount/drivers/all"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	stores "tsmount/kvstore/all"
	"tsmount/kvstore/file"
	"tsmount/resources"
)

// object is a JSON object.
type object = map[string]any

// A volume is a zarr array to be made. Zero members mean: uint16, C order,
// blosc with lz4, fill value 0, no chunk missing.
type volume struct {
	dtype        string // as zarr spells it
	shape, chunk []int64
	order        string
	compressor   object
	fill         uint64
	missing      func(cell []int64) bool
	plain        bool // chunks are not compressed
}

// A dataset is an array on disk, and the same array in memory.
type dataset struct {
	volume
	dir  string
	size int64  // of an element
	data []byte // all elements, little-endian, C order
	ds   drivers.Dataset
}

// small is a volume that has edges everywhere and a missing chunk.
var small = volume{shape: []int64{7, 10, 12}, chunk: []int64{3, 4, 5}, fill: 42, missing: func(cell []int64) bool { return slices.Equal(cell, []int64{1, 1, 1}) }}

// makeDataset stores a volume with elements that tell their place.
func makeDataset(t testing.TB, v volume) *dataset {
	t.Helper()
	return storeDataset(t, filepath.Join(folder(t, "data"), "v.zarr"), v)
}

func storeDataset(t testing.TB, dir string, v volume) *dataset {
	t.Helper()
	d := newDataset(t, dir, v)
	d.data = make([]byte, d.elements()*d.size)
	for i := range d.elements() {
		copy(d.data[i*d.size:(i+1)*d.size], number(uint64(i)*0x9E3779B97F4A7C15>>8))
	}
	store := d.store(t)
	for cell := range d.cells() {
		if v.missing != nil && v.missing(cell) {
			d.overlap(cell, func(at, _ int64) { copy(d.data[at:at+d.size], number(v.fill)) })
			continue
		}
		chunk := bytes.Repeat(number(v.fill)[:d.size], int(product(v.chunk))) // padding at the edges is fill
		d.overlap(cell, func(at, in int64) { copy(chunk[in:in+d.size], d.data[at:at+d.size]) })
		d.put(t, store, cell, chunk)
	}
	settle()
	return d
}

// settle waits until what was written last is old enough to be believed
// unchanged: a value that is read within 20 ms of its last change is read again.
func settle() {
	for written := time.Now(); time.Since(written) < 25*time.Millisecond; {
		time.Sleep(time.Millisecond)
	}
}

// number returns the little-endian bytes of n.
func number(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// newDataset stores the documents of a volume without chunks.
func newDataset(t testing.TB, dir string, v volume) *dataset {
	t.Helper()
	if v.dtype == "" {
		v.dtype = "<u2"
	}
	if v.order == "" {
		v.order = "C"
	}
	if v.compressor == nil && !v.plain {
		v.compressor = object{"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}
	}
	d := &dataset{volume: v, dir: dir}
	spec := d.spec(object{"create": true, "metadata": object{
		"zarr_format": 2, "shape": v.shape, "chunks": v.chunk, "dtype": v.dtype, "order": v.order,
		"fill_value": v.fill, "filters": nil, "compressor": v.compressor,
	}})
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	value, err := strictjson.Parse(text, "test")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := drivers.ParseSpec(tables(), value)
	if err != nil {
		t.Fatal(err)
	}
	docs, ds, err := parsed.Format.Create("", nil, parsed.Constraints())
	if err != nil {
		t.Fatal(err)
	}
	d.ds, d.size = ds, int64(ds.Schema().DType.Size())
	store := d.store(t)
	for key, doc := range docs {
		write(t, store, key, doc)
	}
	return d
}

func tables() drivers.Tables {
	kinds := append(resources.Standard(), cache.PoolKind())
	list := formats.Formats()
	return drivers.Tables{Formats: list, Stores: stores.Table(drivers.ArrayNames(list)...), Kinds: resources.NewKinds(append(kinds, stores.Kinds()...)...)}
}

// spec returns the TensorStore spec of the dataset with further members.
func (d *dataset) spec(more ...object) object {
	spec := object{"driver": "zarr", "kvstore": object{"driver": "file", "path": d.dir + "/"}}
	for _, m := range more {
		maps.Copy(spec, m)
	}
	return spec
}

// pool returns the member of a spec that sets the size of its cache_pool.
func pool(bytes int) object {
	return object{"context": object{"cache_pool": object{"total_bytes_limit": bytes}}}
}

func (d *dataset) store(t testing.TB) kvstore.Store {
	t.Helper()
	s, err := file.New(d.dir, file.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t testing.TB, s kvstore.Store, key string, value []byte) {
	t.Helper()
	if _, err := s.Write(context.Background(), key, value, kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// put stores a decoded chunk.
func (d *dataset) put(t testing.TB, s kvstore.Store, cell []int64, chunk []byte) {
	t.Helper()
	enc, err := d.ds.Encode(nil, chunk, cell)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s, d.ds.ChunkKey(cell), enc)
}

// chunkFile returns the path of a stored chunk.
func (d *dataset) chunkFile(cell ...int64) string {
	return filepath.Join(d.dir, strings.Trim(strings.ReplaceAll(fmt.Sprint(cell), " ", "."), "[]"))
}

// replaceChunk puts other bytes in the place of a stored chunk, as a writer
// does; nil removes it.
func (d *dataset) replaceChunk(t testing.TB, value []byte, cell ...int64) {
	t.Helper()
	path := d.chunkFile(cell...)
	if value == nil {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.WriteFile(path+".new", value, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// storedChunk returns the bytes of a stored chunk.
func (d *dataset) storedChunk(t testing.TB, cell ...int64) []byte {
	t.Helper()
	return readFile(t, d.chunkFile(cell...))
}

func (d *dataset) elements() int64 { return product(d.shape) }

func product(list []int64) int64 {
	n := int64(1)
	for _, v := range list {
		n *= v
	}
	return n
}

// cells yields all cells of the chunk grid.
func (d *dataset) cells() func(yield func([]int64) bool) {
	grid := make([]int64, len(d.shape))
	for i := range grid {
		grid[i] = (d.shape[i] + d.chunk[i] - 1) / d.chunk[i]
	}
	return positions(grid)
}

// positions yields all positions in a shape in C order. The slice is the same
// each time.
func positions(shape []int64) func(yield func([]int64) bool) {
	return func(yield func([]int64) bool) {
		at := make([]int64, len(shape))
		for range product(shape) {
			if !yield(at) {
				return
			}
			for i := len(at) - 1; i >= 0; i-- {
				if at[i]++; at[i] < shape[i] {
					break
				}
				at[i] = 0
			}
		}
	}
}

// overlap calls f with the byte offsets of each element that cell has inside
// the array: in data, and in a decoded chunk.
func (d *dataset) overlap(cell []int64, f func(at, in int64)) {
	for p := range positions(d.chunk) {
		at, in, inside := int64(0), int64(0), true
		for i := range p {
			index := cell[i]*d.chunk[i] + p[i]
			inside = inside && index < d.shape[i]
			at = at*d.shape[i] + index
			in = in*d.chunk[i] + p[i]
		}
		if d.order == "F" {
			in = 0
			for i := len(p) - 1; i >= 0; i-- {
				in = in*d.chunk[i] + p[i]
			}
		}
		if inside {
			f(at*d.size, in*d.size)
		}
	}
}

// A cut is a range of one dimension with a step, or one index that drops it.
type cut struct {
	lo, hi, step int64
	drop         bool
}

func (c cut) String() string {
	if c.drop {
		return fmt.Sprint(c.lo)
	}
	return fmt.Sprintf("%d:%d:%d", c.lo, c.hi, c.step)
}

func (c cut) len() int64 { return (c.hi - c.lo + c.step - 1) / c.step }

// whole returns the cuts that keep everything.
func (d *dataset) whole() []cut {
	cuts := make([]cut, len(d.shape))
	for i, n := range d.shape {
		cuts[i] = cut{0, n, 1, false}
	}
	return cuts
}

// payload returns the elements that are cut out, in the order that a file of
// them has.
func (d *dataset) payload(cuts []cut) []byte {
	var out bytes.Buffer
	for _, at := range d.places(cuts) {
		out.Write(d.data[at : at+d.size])
	}
	return out.Bytes()
}

// places returns where in data the elements are that are cut out, in the order
// that a file of them has.
func (d *dataset) places(cuts []cut) (list []int64) {
	order := make([]int, 0, len(cuts)) // dimensions from slowest to fastest
	for i := range cuts {
		if order = append(order, i); d.order == "F" {
			order[i] = len(cuts) - 1 - i
		}
	}
	stride := make([]int64, len(cuts))
	for i, n := len(cuts)-1, d.size; i >= 0; i-- {
		stride[i] = n
		n *= d.shape[i]
	}
	shape := make([]int64, len(cuts))
	for i, dim := range order {
		shape[i] = cuts[dim].len()
	}
	for p := range positions(shape) {
		at := int64(0)
		for i, dim := range order {
			at += (cuts[dim].lo + p[i]*cuts[dim].step) * stride[dim]
		}
		list = append(list, at)
	}
	return list
}

// randomCuts picks what an expression below at/ could name.
func (d *dataset) randomCuts(r *rand.Rand) (cuts []cut, expr string) {
	var terms []string
	for _, n := range d.shape {
		lo := r.Int64N(n)
		c := cut{lo, lo + 1, 1, r.IntN(4) == 0}
		if !c.drop {
			c.hi, c.step = lo+1+r.Int64N(n-lo), 1+r.Int64N(3)
		}
		cuts, terms = append(cuts, c), append(terms, c.String())
	}
	return cuts, strings.Join(terms, ",")
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// expect compares bytes and says where they begin to differ.
func expect(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s: byte %d is %#x, want %#x (%d bytes, want %d)", what, i, got[i], want[i], len(got), len(want))
			return
		}
	}
	t.Errorf("%s: got %d bytes, want %d", what, len(got), len(want))
}
