package zarr

import (
	"fmt"
	"strconv"

	"tsmount/drivers"
	"tsmount/drivers/codec"
	"tsmount/drivers/internal/scalar"
	"tsmount/kvstore"
)

// dataset is one array.
type dataset struct {
	schema    drivers.Schema
	compat    string
	keyRank   int // dimensions that the key names: all but those inside elements
	separator byte
	codec     codec.Codec // nil: none
	filters   []filter
	sizes     []int64 // bytes before each filter and after the last
	records   scalar.Records
}

var _ drivers.Dataset = (*dataset)(nil)

func (d *dataset) Schema() *drivers.Schema { return &d.schema }

func (d *dataset) CompatKey() string { return d.compat }

// ChunkKey joins the indices by the separator; an array without dimensions has
// the one chunk "0" (v2.0.rst, "Chunks").
func (d *dataset) ChunkKey(cell []int64) string {
	if d.keyRank == 0 {
		return "0"
	}
	var buf [64]byte
	key := buf[:0]
	for i, c := range cell[:d.keyRank] {
		if i > 0 {
			key = append(key, d.separator)
		}
		key = strconv.AppendInt(key, c, 10)
	}
	return string(key)
}

func (d *dataset) WriteGroup(cell []int64) string { return d.ChunkKey(cell) }

func (d *dataset) Store(base kvstore.Store, _ kvstore.Memo) kvstore.Store { return base }

func (d *dataset) Decode(dst, enc []byte, cell []int64) error {
	if int64(len(dst)) != d.sizes[0] {
		return fmt.Errorf("chunk %s: buffer of %d bytes for %d", d.ChunkKey(cell), len(dst), d.sizes[0])
	}
	if err := d.records.Decode(dst, enc, d); err != nil {
		return fmt.Errorf("chunk %s: %w", d.ChunkKey(cell), err)
	}
	return nil
}

// Unpack undoes compressor and filters; dst has the size of the stored elements.
func (d *dataset) Unpack(dst, enc []byte) error {
	last := len(d.filters)
	if last == 0 {
		return decompress(d.codec, dst, enc)
	}
	buf := d.records.Scratch.Get(d.sizes[last])
	defer func() { d.records.Scratch.Put(buf) }()
	if err := decompress(d.codec, *buf, enc); err != nil {
		return err
	}
	for i := last - 1; i > 0; i-- {
		next := d.records.Scratch.Get(d.sizes[i])
		err := d.filters[i].decode(*next, *buf)
		d.records.Scratch.Put(buf)
		if buf = next; err != nil {
			return err
		}
	}
	return d.filters[0].decode(dst, *buf)
}

// decompress fills dst, or fails if enc holds more or less.
func decompress(c codec.Codec, dst, enc []byte) error {
	out := enc
	if c != nil {
		var err error
		if out, err = c.Decode(dst[:0], enc, len(dst)); err != nil {
			return err
		}
	}
	if len(out) != len(dst) {
		return drivers.Corruptf("%d bytes instead of %d", len(out), len(dst))
	}
	if &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}

func (d *dataset) Encode(dst, chunk []byte, cell []int64) ([]byte, error) {
	if int64(len(chunk)) != d.sizes[0] {
		return nil, fmt.Errorf("chunk %s: %d bytes instead of %d", d.ChunkKey(cell), len(chunk), d.sizes[0])
	}
	out, err := d.encode(dst, chunk)
	if err != nil {
		return nil, fmt.Errorf("chunk %s: %w", d.ChunkKey(cell), err)
	}
	return out, nil
}

func (d *dataset) encode(dst, chunk []byte) ([]byte, error) {
	src := chunk
	if buf := d.records.Stored(chunk); buf != nil {
		defer d.records.Scratch.Put(buf)
		src = *buf
	}
	for i, f := range d.filters {
		buf := d.records.Scratch.Get(d.sizes[i+1])
		defer d.records.Scratch.Put(buf)
		f.encode(*buf, src)
		src = *buf
	}
	if d.codec == nil {
		return append(dst[:0], src...), nil
	}
	return d.codec.Encode(dst, src)
}
