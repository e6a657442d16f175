package precomputed

import (
	"fmt"
	"strconv"

	"tsmount/drivers"
	"tsmount/drivers/codec"
	"tsmount/drivers/internal/scalar"
	"tsmount/kvstore"
	"tsmount/kvstore/shard"
)

// dataset is one scale.
type dataset struct {
	schema drivers.Schema
	compat string

	prefix       string // of the keys of chunks
	size, offset [3]int64
	chunk        [3]int64
	shards       *shard.Uint64 // nil: a key per chunk
	morton       morton
	gzip         bool // chunks in shards are gzip streams

	bytes   int64   // of a decoded chunk
	forms   [8]form // by which dimensions are clipped: bit d for dimension d
	scratch scalar.Scratch
}

var _ drivers.Dataset = (*dataset)(nil)

func (d *dataset) Schema() *drivers.Schema { return &d.schema }

func (d *dataset) CompatKey() string { return d.compat }

// ChunkKey names the indices that the chunk covers, clipped to the volume
// (volume.md, "Unsharded chunk storage"), or its shard and its id.
func (d *dataset) ChunkKey(cell []int64) string {
	if d.shards != nil {
		return d.shards.Key(d.morton.code(cell))
	}
	var room [128]byte
	key := append(room[:0], d.prefix...)
	for dim := range d.size {
		if dim > 0 {
			key = append(key, '_')
		}
		lo := d.offset[dim] + cell[dim]*d.chunk[dim]
		key = strconv.AppendInt(key, lo, 10)
		key = append(key, '-')
		key = strconv.AppendInt(key, lo+d.extent(cell, dim), 10)
	}
	return string(key)
}

// extent returns how many indices of a dimension a cell of the grid has in the
// volume; at most 0 beyond its end.
func (d *dataset) extent(cell []int64, dim int) int64 {
	return min(d.chunk[dim], d.size[dim]-cell[dim]*d.chunk[dim])
}

func (d *dataset) WriteGroup(cell []int64) string {
	if d.shards != nil {
		return d.shards.Shard(d.morton.code(cell))
	}
	return d.ChunkKey(cell)
}

func (d *dataset) Store(base kvstore.Store, memo kvstore.Memo) kvstore.Store {
	if d.shards == nil {
		return base
	}
	s, err := shard.NewUint64(base, memo, *d.shards)
	if err != nil {
		panic(err) // Parse has checked the numbers
	}
	return s
}

// form returns the form of the stored chunk of a cell.
func (d *dataset) form(cell []int64) (*form, error) {
	clipped := 0
	for dim := range d.size {
		n := d.extent(cell, dim)
		if n < 1 {
			return nil, drivers.Corruptf("the cell lies outside the volume")
		}
		if n < d.chunk[dim] {
			clipped |= 1 << dim
		}
	}
	return &d.forms[clipped], nil
}

func (d *dataset) Decode(dst, enc []byte, cell []int64) error {
	if int64(len(dst)) != d.bytes {
		return fmt.Errorf("chunk %s: buffer of %d bytes for %d", d.ChunkKey(cell), len(dst), d.bytes)
	}
	if err := d.decode(dst, enc, cell); err != nil {
		return fmt.Errorf("chunk %s: %w", d.ChunkKey(cell), err)
	}
	return nil
}

func (d *dataset) decode(dst, enc []byte, cell []int64) error {
	f, err := d.form(cell)
	if err != nil {
		return err
	}
	if d.gzip {
		buf := d.scratch.Get(f.maxEncoded())
		defer d.scratch.Put(buf)
		if enc, err = (codec.Gzip{}).Decode(*buf, enc, len(*buf)); err != nil {
			return err
		}
	}
	if f.whole {
		return f.decode(dst, enc)
	}
	buf := d.scratch.Get(f.bytes)
	defer d.scratch.Put(buf)
	if err := f.decode(*buf, enc); err != nil {
		return err
	}
	clear(dst)
	return f.place.Run(dst, 0, *buf, 0)
}

func (d *dataset) Encode(dst, chunk []byte, cell []int64) ([]byte, error) {
	if int64(len(chunk)) != d.bytes {
		return nil, fmt.Errorf("chunk %s: %d bytes instead of %d", d.ChunkKey(cell), len(chunk), d.bytes)
	}
	out, err := d.encode(dst, chunk, cell)
	if err != nil {
		return nil, fmt.Errorf("chunk %s: %w", d.ChunkKey(cell), err)
	}
	return out, nil
}

func (d *dataset) encode(dst, chunk []byte, cell []int64) ([]byte, error) {
	f, err := d.form(cell)
	if err != nil {
		return nil, err
	}
	if !f.whole {
		buf := d.scratch.Get(f.bytes)
		defer d.scratch.Put(buf)
		if err := f.cut.Run(*buf, 0, chunk, 0); err != nil {
			return nil, err
		}
		chunk = *buf
	}
	if !d.gzip {
		return f.encode(dst, chunk)
	}
	if f.codec != nil {
		if chunk, err = f.encode(nil, chunk); err != nil {
			return nil, err
		}
	}
	return codec.Gzip{Level: gzipLevel}.Encode(dst, chunk)
}

// gzipLevel is the level of gzip for chunks in shards.
const gzipLevel = 6
