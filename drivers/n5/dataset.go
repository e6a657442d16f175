package n5

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/codec"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/scalar"
	"tsmount/kvstore"
)

// Largest blocks in bytes.
const (
	maxWritten = 1 << 31        // that TensorStore opens (driver/n5/metadata.cc, ValidateMetadata)
	maxBlosc   = 1<<31 - 1 - 16 // that blosc can hold
)

// dataset is one array.
type dataset struct {
	schema  drivers.Schema
	compat  string
	bytes   int64          // of a decoded chunk
	header  []byte         // of a block of full size
	codec   codec.Codec    // nil: none
	scratch scalar.Scratch // the big-endian elements of a chunk
}

var _ drivers.Dataset = (*dataset)(nil)

// newDataset builds the array that a complete document describes.
func newDataset(m *metadata, fault document.Faults) (*dataset, error) {
	size := m.dtype.Size()
	bytes, err := drivers.CheckChunk(m.blockSize, int64(size))
	if err != nil {
		return nil, fault.At("blockSize", "%v", err)
	}
	d := &dataset{schema: newSchema(m), bytes: bytes, header: appendHeader(nil, m.blockSize)}
	if d.codec, err = m.compression.codec(size); err != nil {
		return nil, fault.At("compression", "%v", err)
	}
	limit := int64(maxWritten)
	if _, ok := d.codec.(codec.Blosc); ok {
		limit = maxBlosc
	}
	if bytes > limit {
		d.schema.WriteRefusal = fmt.Errorf("%w: blocks of %d bytes are larger than %d", errors.ErrUnsupported, bytes, limit)
	}
	d.compat = string(document.Compact(map[string]any{
		"blockSize": m.blockSize, "dataType": m.dtype.String(), "compression": m.compression.json,
	}))
	return d, nil
}

func newSchema(m *metadata) drivers.Schema {
	rank := len(m.dimensions)
	box := arrayview.NewBox(rank)
	copy(box.Shape, m.dimensions)
	s := drivers.Schema{
		DType: m.dtype, Domain: arrayview.BoxDomain(box),
		GridOrigin: make([]int64, rank), Chunk: m.blockSize, WriteChunk: m.blockSize,
		InnerOrder: innerOrder(rank),
		Fill:       make([]byte, m.dtype.Size()),
		Units:      m.dimensionUnits(rank),
		Codec:      m.compression.schemaCodec(),
	}
	for i := range rank {
		s.Domain.ImplicitMax[i] = true
	}
	copy(s.Domain.Labels, m.axes)
	return s
}

// innerOrder lists the dimensions from slowest to fastest: the last one first.
func innerOrder(rank int) []int {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = rank - 1 - i
	}
	return dims
}

// dimensionUnits returns what units and resolution say together. As in
// TensorStore a resolution without units says nothing, and a number in a unit
// belongs to its name.
func (m *metadata) dimensionUnits(rank int) []*drivers.Unit {
	out := make([]*drivers.Unit, rank)
	for i, base := range m.units {
		out[i] = &drivers.Unit{Multiplier: 1, Base: base}
		if m.resolution != nil {
			out[i].Multiplier = m.resolution[i]
		}
	}
	return out
}

func (d *dataset) Schema() *drivers.Schema { return &d.schema }

// CompatKey covers what TensorStore compares: blockSize, dataType, compression.
func (d *dataset) CompatKey() string { return d.compat }

// ChunkKey joins the indices by "/"; an array without dimensions has the one
// block "0", as in TensorStore.
func (d *dataset) ChunkKey(cell []int64) string {
	if len(cell) == 0 {
		return "0"
	}
	var buf [64]byte
	key := buf[:0]
	for i, c := range cell {
		if i > 0 {
			key = append(key, '/')
		}
		key = strconv.AppendInt(key, c, 10)
	}
	return string(key)
}

func (d *dataset) WriteGroup(cell []int64) string { return d.ChunkKey(cell) }

func (d *dataset) Store(base kvstore.Store, _ kvstore.Memo) kvstore.Store { return base }

func (d *dataset) Decode(dst, enc []byte, cell []int64) error {
	if int64(len(dst)) != d.bytes {
		return fmt.Errorf("block %s: buffer of %d bytes for %d", d.ChunkKey(cell), len(dst), d.bytes)
	}
	if err := d.decode(dst, enc); err != nil {
		return fmt.Errorf("block %s: %w", d.ChunkKey(cell), err)
	}
	return nil
}

// decode writes the elements of the block to the front of dst and, if it is a
// smaller one, moves them to their places.
func (d *dataset) decode(dst, enc []byte) error {
	var room [arrayview.MaxRank]int64
	shape, body, err := parseHeader(room[:0], enc, d.schema.Chunk)
	if err != nil {
		return err
	}
	n := int64(d.schema.DType.Size())
	for _, extent := range shape {
		n *= extent
	}
	if d.codec == nil {
		err = copyElements(dst[:n], body, d.schema.DType)
	} else {
		err = d.decompress(dst[:n], body)
	}
	if err != nil || n == d.bytes {
		return err
	}
	spread(dst, shape, d.schema.Chunk, int64(d.schema.DType.Size()))
	return nil
}

// decompress fills dst, or fails if body holds more or less.
func (d *dataset) decompress(dst, body []byte) error {
	out, err := d.codec.Decode(dst[:0], body, len(dst))
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return drivers.Corruptf("%d bytes instead of %d", len(out), len(dst))
	}
	scalar.CopySwapped(dst, out, d.schema.DType)
	return nil
}

// copyElements copies elements and reverses their bytes.
func copyElements(dst, body []byte, t arrayview.DType) error {
	if len(body) != len(dst) {
		return drivers.Corruptf("%d bytes of elements instead of %d", len(body), len(dst))
	}
	scalar.CopySwapped(dst, body, t)
	return nil
}

func (d *dataset) Encode(dst, chunk []byte, cell []int64) ([]byte, error) {
	if int64(len(chunk)) != d.bytes {
		return nil, fmt.Errorf("block %s: %d bytes instead of %d", d.ChunkKey(cell), len(chunk), d.bytes)
	}
	out, err := d.encode(dst, chunk)
	if err != nil {
		return nil, fmt.Errorf("block %s: %w", d.ChunkKey(cell), err)
	}
	return out, nil
}

func (d *dataset) encode(dst, chunk []byte) ([]byte, error) {
	head := len(d.header)
	if d.codec == nil {
		dst = append(append(slices.Grow(dst[:0], head+len(chunk)), d.header...), chunk...)
		scalar.Swap(dst[head:], d.schema.DType)
		return dst, nil
	}
	src := chunk
	if d.schema.DType.Size() > 1 {
		buf := d.scratch.Get(d.bytes)
		defer d.scratch.Put(buf)
		src = *buf
		scalar.CopySwapped(src, chunk, d.schema.DType)
	}
	dst = append(dst[:0], d.header...)
	out, err := d.codec.Encode(dst[head:], src)
	if err != nil {
		return nil, err
	}
	return append(dst, out...), nil
}
