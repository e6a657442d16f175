package main

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/kvstore"
)

// demoSample is an array of the demo. Its elements depend on nothing but their
// indices.
type demoSample struct {
	name         string
	dtype        arrayview.DType
	labels       []string
	shape, chunk []int64
	put          func(dst []byte, index []int64) // stores one element, little-endian
}

var demoSamples = []demoSample{
	{
		name: "volume", dtype: arrayview.Uint16, labels: []string{"z", "y", "x"},
		shape: []int64{64, 96, 128}, chunk: []int64{16, 32, 32}, put: putBlob,
	},
	{
		name: "height", dtype: arrayview.Float32, labels: []string{"y", "x"},
		shape: []int64{120, 160}, chunk: []int64{40, 40}, put: putHeight,
	},
	{
		name: "mask", dtype: arrayview.Bool, labels: []string{"z", "y", "x"},
		shape: []int64{64, 96, 128}, chunk: []int64{32, 32, 32}, put: putMask,
	},
}

// write stores the sample in format f. A format that cannot hold it does
// without.
func (s *demoSample) write(ctx context.Context, f drivers.Format, store kvstore.Store) error {
	for _, shown := range s.variants() {
		docs, ds, err := f.Create("", nil, shown.constraints())
		if err != nil {
			continue // the next variant asks for less
		}
		for key, doc := range docs {
			if _, err := store.Write(ctx, key, doc, kvstore.WriteOptions{}); err != nil {
				return err
			}
		}
		if err := shown.writeAttributes(ctx, f, store); err != nil {
			return err
		}
		return shown.writeCells(ctx, ds, ds.Store(store, nil))
	}
	return nil
}

// variants returns the sample as it is, without labels, and as a volume with
// channels, x first: one format or another insists on each.
func (s *demoSample) variants() []demoSample {
	plain, volume := *s, *s
	plain.labels = make([]string, len(s.shape))
	if len(s.shape) > 3 {
		return []demoSample{*s, plain}
	}
	rank := len(s.shape)
	volume.labels = []string{"x", "y", "z", "channel"}
	volume.shape, volume.chunk = []int64{1, 1, 1, 1}, []int64{1, 1, 1, 1}
	for d := range rank {
		volume.shape[rank-1-d], volume.chunk[rank-1-d] = s.shape[d], s.chunk[d]
	}
	volume.put = func(dst []byte, index []int64) {
		reversed := slices.Clone(index[:rank])
		slices.Reverse(reversed)
		s.put(dst, reversed)
	}
	return []demoSample{*s, plain, volume}
}

func (s *demoSample) constraints() drivers.Constraints {
	box := arrayview.NewBox(len(s.shape))
	copy(box.Shape, s.shape)
	domain := arrayview.BoxDomain(box)
	copy(domain.Labels, s.labels)
	return drivers.Constraints{
		DType: s.dtype, Rank: len(s.shape),
		Schema: drivers.SchemaConstraints{
			Domain:      &domain,
			ChunkLayout: &drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: s.chunk}},
		},
	}
}

// writeAttributes describes the sample where attributes have a document of their
// own.
func (s *demoSample) writeAttributes(ctx context.Context, f drivers.Format, store kvstore.Store) error {
	if f.Name() != "zarr" {
		return nil
	}
	text := `{"description": "` + s.name + ` of the tsmount demo"}`
	_, err := store.Write(ctx, ".zattrs", []byte(text), kvstore.WriteOptions{})
	return err
}

// writeCells stores every chunk that is not all zero.
func (s *demoSample) writeCells(ctx context.Context, ds drivers.Dataset, store kvstore.Store) error {
	schema := ds.Schema()
	chunk := make([]byte, schema.ChunkBytes())
	var encoded []byte
	var failed error
	eachIndex(schema.GridBox(), func(cell []int64) {
		clear(chunk)
		filled := s.fillCell(chunk, schema, cell)
		if !filled || failed != nil {
			return
		}
		var err error
		if encoded, err = ds.Encode(encoded, chunk, cell); err == nil {
			_, err = store.Write(ctx, ds.ChunkKey(cell), encoded, kvstore.WriteOptions{})
		}
		failed = errors.Join(failed, err)
	})
	return failed
}

// fillCell computes the elements of one cell and reports whether one differs
// from zero.
func (s *demoSample) fillCell(chunk []byte, schema *drivers.Schema, cell []int64) bool {
	strides, box := schema.ChunkStrides(), schema.CellBox(cell)
	size := int64(s.dtype.Size())
	eachIndex(box.Intersect(schema.Domain.Box()), func(index []int64) {
		at := int64(0)
		for d, i := range index {
			at += (i - box.Min[d]) * strides[d]
		}
		s.put(chunk[at:at+size], index)
	})
	return slices.ContainsFunc(chunk, func(b byte) bool { return b != 0 })
}

// eachIndex calls f with every index of box; f must not keep it.
func eachIndex(box arrayview.Box, f func([]int64)) {
	index := slices.Clone(box.Min)
	for more := !box.Empty(); more; {
		f(index)
		d := len(index) - 1
		for d >= 0 {
			if index[d]++; index[d] < box.Max(d) {
				break
			}
			index[d] = box.Min[d]
			d--
		}
		more = d >= 0
	}
}

// blobs are the spheres of the volume: center z, y, x, radius, brightness.
var blobs = [][5]int64{
	{20, 30, 40, 14, 40000}, {40, 60, 90, 18, 30000}, {12, 70, 30, 9, 50000}, {50, 20, 110, 7, 60000}, {34, 48, 64, 5, 20000},
}

// blob returns the brightness of the volume at an index.
func blob(index []int64) uint16 {
	sum := int64(0)
	for _, b := range blobs {
		z, y, x := index[0]-b[0], index[1]-b[1], index[2]-b[2]
		if d2, r2 := z*z+y*y+x*x, b[3]*b[3]; d2 < r2 {
			sum += b[4] * (r2 - d2) / r2
		}
	}
	return uint16(min(sum, math.MaxUint16))
}

func putBlob(dst []byte, index []int64) { binary.LittleEndian.PutUint16(dst, blob(index)) }

// putHeight stores waves that meet.
func putHeight(dst []byte, index []int64) {
	y, x := float64(index[0]), float64(index[1])
	h := math.Round(1e4*(math.Sin(x/11)*math.Cos(y/7)+math.Sin((x+y)/23))) / 1e4
	binary.LittleEndian.PutUint32(dst, math.Float32bits(float32(h)))
}

// putMask stores where the volume is brighter than half of its range.
func putMask(dst []byte, index []int64) {
	if blob(index) > math.MaxUint16/4 {
		dst[0] = 1
	}
}
