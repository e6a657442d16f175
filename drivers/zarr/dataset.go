package zarr

import (
	"fmt"
	"strconv"
	"sync"

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
	parts     []part  // of the decoded chunk, one per field
	stride    int64   // bytes of an element with all fields
	scratch   sync.Pool
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
		buf := d.buffer(d.sizes[0])
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
		if err := d.parts[i].toElements(dst); err != nil {
			return err
		}
	}
	return nil
}

// toElements makes decoded elements of the part's bytes, in place.
func (p *part) toElements(chunk []byte) error {
	b := chunk[p.at:p.end]
	if p.bool {
		return scalar.CheckBool(b)
	}
	p.fix(b)
	return nil
}

// unpack undoes compressor and filters; dst has the size of the stored elements.
func (d *dataset) unpack(dst, enc []byte) error {
	last := len(d.filters)
	if last == 0 {
		return decompress(d.codec, dst, enc)
	}
	buf := d.buffer(d.sizes[last])
	defer func() { d.scratch.Put(buf) }()
	if err := decompress(d.codec, *buf, enc); err != nil {
		return err
	}
	for i := last - 1; i > 0; i-- {
		next := d.buffer(d.sizes[i])
		err := d.filters[i].decode(*next, *buf)
		d.scratch.Put(buf)
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
	if d.rearranged(chunk) {
		buf := d.buffer(d.sizes[0])
		defer d.scratch.Put(buf)
		src = *buf
		d.toRecords(src, chunk)
	}
	for i, f := range d.filters {
		buf := d.buffer(d.sizes[i+1])
		defer d.scratch.Put(buf)
		f.encode(*buf, src)
		src = *buf
	}
	if d.codec == nil {
		return append(dst[:0], src...), nil
	}
	return d.codec.Encode(dst, src)
}

// rearranged reports whether the stored elements differ from the decoded ones.
func (d *dataset) rearranged(chunk []byte) bool {
	return len(d.parts) > 1 || d.parts[0].changed(chunk)
}

// changed reports whether toStored would change decoded elements.
func (p *part) changed(b []byte) bool {
	return p.big || scalar.Narrow(p.dtype) || p.bool && scalar.FirstBadBool(b) >= 0
}

// toRecords writes the stored form of the elements of chunk to dst.
func (d *dataset) toRecords(dst, chunk []byte) {
	if len(d.parts) == 1 {
		copy(dst, chunk)
		d.parts[0].toStored(dst)
		return
	}
	for i := range d.parts {
		p := &d.parts[i]
		b := chunk[p.at:p.end]
		if p.changed(b) {
			buf := d.buffer(p.end - p.at)
			defer d.scratch.Put(buf)
			copy(*buf, b)
			p.toStored(*buf)
			b = *buf
		}
		scalar.Scatter(dst[p.offset:], b, p.size, d.stride)
	}
}

// toStored is the inverse of toElements. A bool that is neither 0 nor 1 is
// stored as 1, as in NumPy: other programs could not read it otherwise.
func (p *part) toStored(b []byte) {
	if p.bool {
		for i, x := range b {
			b[i] = min(x, 1)
		}
		return
	}
	scalar.SignExtend(b, p.dtype)
	p.swap(b)
}
