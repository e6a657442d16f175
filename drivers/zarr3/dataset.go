package zarr3

import (
	"fmt"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/codec"
	"tsmount/drivers/internal/scalar"
	"tsmount/kvstore"
	"tsmount/kvstore/shard"
)

// dataset is one array.
type dataset struct {
	schema  drivers.Schema
	compat  string
	outer   int // dimensions that keys name: all but those inside elements
	keys    keyEncoding
	perKey  []int64 // chunks per stored key, along each outer dimension
	levels  []level // of shards, the outermost first
	codecs  []codec.Codec
	big     bool
	bytes   int64 // of a decoded chunk with all fields
	records scalar.Records
}

// level is one level of sharding as keys and stores need it.
type level struct {
	layout shard.Indexed
	codecs []codec.Codec // of the shards as a whole
	max    int64
	// An entry has div chunks along each outer dimension, a shard has n entries,
	// of which neighbours are step apart.
	div, n, step []int64
}

var _ drivers.Dataset = (*dataset)(nil)

func (d *dataset) Schema() *drivers.Schema { return &d.schema }

func (d *dataset) CompatKey() string { return d.compat }

// WriteGroup returns the key of the chunk or of the outermost shard.
func (d *dataset) WriteGroup(cell []int64) string {
	var buf [96]byte
	return string(d.group(buf[:0], cell))
}

func (d *dataset) group(key []byte, cell []int64) []byte {
	var room [arrayview.MaxRank]int64
	grid := room[:d.outer]
	for i := range grid {
		grid[i] = cell[i] / d.perKey[i]
	}
	return d.keys.append(key, grid)
}

// ChunkKey returns the key of the chunk, below that of its shards.
func (d *dataset) ChunkKey(cell []int64) string {
	var buf [96]byte
	key := d.group(buf[:0], cell)
	for i := range d.levels {
		l := &d.levels[i]
		entry := int64(0)
		for dim, c := range cell[:d.outer] {
			entry += c / l.div[dim] % l.n[dim] * l.step[dim]
		}
		key = shard.AppendKey(key, entry)
	}
	return string(key)
}

// Store returns base, or an adapter for each level of shards over it.
func (d *dataset) Store(base kvstore.Store, memo kvstore.Memo) kvstore.Store {
	for _, l := range d.levels {
		if len(l.codecs) > 0 {
			base = shard.Encoded(base, memo, l.codecs, l.max)
		}
		base = shard.New(base, memo, l.layout)
	}
	return base
}

func (d *dataset) Decode(dst, enc []byte, cell []int64) error {
	if int64(len(dst)) != d.bytes {
		return fmt.Errorf("chunk %s: buffer of %d bytes for %d", d.ChunkKey(cell), len(dst), d.bytes)
	}
	if err := d.records.Decode(dst, enc, d); err != nil {
		return fmt.Errorf("chunk %s: %w", d.ChunkKey(cell), err)
	}
	return nil
}

// Unpack undoes the codecs; dst has the size of the stored elements. The first
// codec, which is undone last, decodes straight into dst.
func (d *dataset) Unpack(dst, enc []byte) error {
	for i := len(d.codecs) - 1; i > 0; i-- {
		most := 2*len(dst) + 1<<16 // no codec makes data larger than that
		buf := d.records.Scratch.Get(0)
		defer d.records.Scratch.Put(buf)
		out, err := d.codecs[i].Decode(*buf, enc, most)
		if err != nil {
			return err
		}
		*buf, enc = out, out
	}
	out := enc
	if len(d.codecs) > 0 {
		var err error
		if out, err = d.codecs[0].Decode(dst[:0], enc, len(dst)); err != nil {
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
	if int64(len(chunk)) != d.bytes {
		return nil, fmt.Errorf("chunk %s: %d bytes instead of %d", d.ChunkKey(cell), len(chunk), d.bytes)
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
	if len(d.codecs) == 0 {
		return append(dst[:0], src...), nil
	}
	last := len(d.codecs) - 1
	for _, c := range d.codecs[:last] {
		buf := d.records.Scratch.Get(0)
		defer d.records.Scratch.Put(buf)
		out, err := c.Encode(*buf, src)
		if err != nil {
			return nil, err
		}
		*buf, src = out, out
	}
	return d.codecs[last].Encode(dst, src)
}
