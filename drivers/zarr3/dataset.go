package zarr3

import (
	"fmt"
	"sync"

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
	bytes   int64  // of a decoded chunk with all fields
	parts   []part // of the decoded chunk, one per field
	stride  int64  // bytes of an element with all fields
	scratch sync.Pool
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

// part is one field of all elements of a chunk.
type part struct {
	field
	at, end int64 // bytes of the decoded chunk
	bool    bool  // shown, and to be checked for being 0 or 1
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
	if err := d.decode(dst, enc); err != nil {
		return fmt.Errorf("chunk %s: %w", d.ChunkKey(cell), err)
	}
	return nil
}

func (d *dataset) decode(dst, enc []byte) error {
	if len(d.parts) == 1 {
		if err := d.unpack(dst, enc); err != nil {
			return err
		}
	} else {
		buf := d.buffer(d.bytes)
		defer d.scratch.Put(buf)
		if err := d.unpack(*buf, enc); err != nil {
			return err
		}
		for i := range d.parts {
			p := &d.parts[i]
			scalar.Gather(dst[p.at:p.end], (*buf)[p.offset:], p.size, d.stride)
		}
	}
	for i := range d.parts {
		if err := d.toElements(&d.parts[i], dst); err != nil {
			return err
		}
	}
	return nil
}

// toElements makes decoded elements of the part's bytes, in place.
func (d *dataset) toElements(p *part, chunk []byte) error {
	b := chunk[p.at:p.end]
	if p.bool {
		return scalar.CheckBool(b)
	}
	if d.big {
		scalar.Swap(b, p.dtype)
	}
	scalar.SignExtend(b, p.dtype)
	return nil
}

// unpack undoes the codecs; dst has the size of the stored elements. The first
// codec, which is undone last, decodes straight into dst.
func (d *dataset) unpack(dst, enc []byte) error {
	for i := len(d.codecs) - 1; i > 0; i-- {
		most := 2*len(dst) + 1<<16 // no codec makes data larger than that
		buf := d.buffer(0)
		defer d.scratch.Put(buf)
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

// buffer returns n bytes, to be given back to d.scratch.
func (d *dataset) buffer(n int64) *[]byte {
	buf, _ := d.scratch.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	if int64(cap(*buf)) < n {
		*buf = make([]byte, n)
	}
	*buf = (*buf)[:n]
	return buf
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
	if len(d.parts) > 1 || d.changes(&d.parts[0], chunk) {
		buf := d.buffer(d.bytes)
		defer d.scratch.Put(buf)
		src = *buf
		d.toRecords(src, chunk)
	}
	if len(d.codecs) == 0 {
		return append(dst[:0], src...), nil
	}
	last := len(d.codecs) - 1
	for _, c := range d.codecs[:last] {
		buf := d.buffer(0)
		defer d.scratch.Put(buf)
		out, err := c.Encode(*buf, src)
		if err != nil {
			return nil, err
		}
		*buf, src = out, out
	}
	return d.codecs[last].Encode(dst, src)
}

// changes reports whether toStored would change decoded elements.
func (d *dataset) changes(p *part, b []byte) bool {
	return d.big && p.dtype.PartSize() > 1 || scalar.Narrow(p.dtype) || p.bool && scalar.FirstBadBool(b) >= 0
}

// toRecords writes the stored form of the elements of chunk to dst.
func (d *dataset) toRecords(dst, chunk []byte) {
	if len(d.parts) == 1 {
		copy(dst, chunk)
		d.toStored(&d.parts[0], dst)
		return
	}
	for i := range d.parts {
		p := &d.parts[i]
		b := chunk[p.at:p.end]
		if d.changes(p, b) {
			buf := d.buffer(p.end - p.at)
			defer d.scratch.Put(buf)
			copy(*buf, b)
			d.toStored(p, *buf)
			b = *buf
		}
		scalar.Scatter(dst[p.offset:], b, p.size, d.stride)
	}
}

// toStored is the inverse of toElements. A bool that is neither 0 nor 1 is
// stored as 1, as in NumPy: other programs could not read it otherwise.
func (d *dataset) toStored(p *part, b []byte) {
	if p.bool {
		for i, x := range b {
			b[i] = min(x, 1)
		}
		return
	}
	scalar.SignExtend(b, p.dtype)
	if d.big {
		scalar.Swap(b, p.dtype)
	}
}
