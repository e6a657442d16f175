package shard

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"tsmount/drivers/codec"
	"tsmount/kvstore"
)

// Indexed is the layout of zarr v3's codec sharding_indexed (zarr-specs
// docs/v3/codecs/sharding-indexed): the chunks in any order, gaps allowed, and
// an index of (offset, length) pairs of uint64, one per entry, at the end or the
// start of the shard. Offsets count from the first byte of the shard. A pair of
// 2^64-1 is an entry that the shard does not hold.
type Indexed struct {
	Entries   int64 // at least 1, at most MaxEntries
	AtStart   bool  // where the index is
	BigEndian bool  // byte order of the index
	Checksums int   // CRC-32Cs that follow the pairs, each over all before it
	// Shape and Order, when set, say that the index is stored transposed: Shape
	// is that of the grid of entries with 2 behind it, of which dimension
	// Order[i] is the i-th slowest.
	Shape []int64
	Order []int
}

// MaxEntries is the largest number of entries that a shard may have, as in
// TensorStore.
const MaxEntries = 1 << 30

const (
	pairSize = 16
	noEntry  = math.MaxUint64
	crcSize  = 4
	maxSums  = 16 // more checksums than that are no index
)

// New returns the chunks of the shards of base, whose indexes memo keeps. The
// layout must be one that Check accepts.
func New(base kvstore.Store, memo kvstore.Memo, f Indexed) kvstore.Store {
	return &store{base: base, memo: memo, format: f}
}

// Check tells what is wrong with a layout.
func (f Indexed) Check() error {
	switch {
	case f.Entries < 1 || f.Entries > MaxEntries:
		return fmt.Errorf("a shard of %d entries: at least 1 and at most %d are possible", f.Entries, MaxEntries)
	case f.Checksums < 0 || f.Checksums > maxSums:
		return fmt.Errorf("an index with %d checksums: at most %d are possible", f.Checksums, maxSums)
	case !f.permutes():
		return fmt.Errorf("an index of shape %v in the order %v does not hold %d entries", f.Shape, f.Order, f.Entries)
	}
	return nil
}

// permutes reports whether Shape and Order fit each other and Entries.
func (f Indexed) permutes() bool {
	n := int64(1)
	for _, extent := range f.Shape {
		if n *= extent; extent < 1 || n > 2*MaxEntries {
			return false
		}
	}
	for i, d := range slices.Sorted(slices.Values(f.Order)) {
		if i != d {
			return false
		}
	}
	return len(f.Shape) == len(f.Order) && (f.Shape == nil || n == 2*f.Entries)
}

var _ format = Indexed{}

// IndexSize returns the bytes of an encoded index.
func (f Indexed) IndexSize() int64 { return pairSize*f.Entries + crcSize*int64(f.Checksums) }

func (f Indexed) full() int64 { return f.Entries }

func (f Indexed) identity() string { return fmt.Sprintf("zarr3 shards %+v", f) }

func (f Indexed) split(key string) (place, error) { return splitNumber(key, f.Entries) }

func (f Indexed) order() binary.ByteOrder {
	if f.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (f Indexed) locate(ctx context.Context, from source, at place) (location, error) {
	part := kvstore.Last(f.IndexSize())
	if f.AtStart {
		part = kvstore.Span(0, f.IndexSize())
	}
	x, stamp, err := from.load(ctx, at.shard, part, f.open)
	if err != nil {
		return location{}, err
	}
	where := location{stamp: stamp}
	if x.raw != nil {
		where.lo, where.hi, where.found, err = f.entry(x.raw, at.entry, x.size)
	}
	return where, err
}

// open checks an encoded index and returns its pairs.
func (f Indexed) open(raw []byte) ([]byte, error) {
	if int64(len(raw)) != f.IndexSize() {
		return nil, corruptf("%d bytes instead of %d", len(raw), f.IndexSize())
	}
	for range f.Checksums {
		var err error
		if raw, err = (codec.CRC32C{}).Decode(nil, raw, len(raw)); err != nil {
			return nil, err
		}
	}
	if f.Order == nil {
		return raw, nil
	}
	pairs := make([]byte, len(raw))
	f.transposed(func(stored, at int64) { copy(pairs[8*at:8*at+8], raw[8*stored:]) })
	return pairs, nil
}

// transposed calls move for every number of the index with its place as it is
// stored and its place among pairs.
func (f Indexed) transposed(move func(stored, at int64)) {
	rank := len(f.Shape)
	strides, step := make([]int64, rank), int64(1)
	for d := rank - 1; d >= 0; d-- {
		strides[d] = step
		step *= f.Shape[d]
	}
	index, at := make([]int64, rank), int64(0)
	for stored := range step {
		move(stored, at)
		for i := rank - 1; i >= 0; i-- {
			d := f.Order[i]
			at += strides[d]
			if index[i]++; index[i] < f.Shape[d] {
				break
			}
			at -= strides[d] * f.Shape[d]
			index[i] = 0
		}
	}
}

// entry returns the bytes [lo, hi) of an entry in a shard of size bytes.
func (f Indexed) entry(pairs []byte, i, size int64) (lo, hi int64, found bool, err error) {
	pair := pairs[pairSize*i : pairSize*i+pairSize]
	offset, length := f.order().Uint64(pair), f.order().Uint64(pair[8:])
	if offset == noEntry && length == noEntry {
		return 0, 0, false, nil
	}
	if offset > uint64(size) || length > uint64(size)-offset {
		return 0, 0, false, corruptf("entry %d with offset %d and %d bytes does not lie in its shard of %d bytes", i, offset, length, size)
	}
	return int64(offset), int64(offset + length), true, nil
}

func (f Indexed) unpack(shard []byte, keep func(entry int64) bool) (map[int64][]byte, error) {
	n := f.IndexSize()
	if int64(len(shard)) < n {
		return nil, corruptf("a shard of %d bytes is shorter than its index of %d", len(shard), n)
	}
	raw := shard[int64(len(shard))-n:]
	if f.AtStart {
		raw = shard[:n]
	}
	pairs, err := f.open(raw)
	if err != nil {
		return nil, err
	}
	entries := map[int64][]byte{}
	for i := range f.Entries {
		switch lo, hi, found, err := f.entry(pairs, i, int64(len(shard))); {
		case !keep(i):
			if found || err != nil {
				entries[i] = nil
			}
		case err != nil:
			return nil, err
		case found:
			entries[i] = shard[lo:hi]
		}
	}
	return entries, nil
}

// pack writes the entries in the order of their numbers, without gaps.
func (f Indexed) pack(entries map[int64][]byte) ([]byte, error) {
	n := f.IndexSize()
	total := n
	for _, e := range entries {
		total += int64(len(e))
	}
	shard := make([]byte, 0, total)
	pairs := make([]byte, 0, n)
	base := int64(0)
	if f.AtStart {
		shard, base = shard[:n], n
	}
	for i := range f.Entries {
		offset, length := uint64(noEntry), uint64(noEntry)
		if e, ok := entries[i]; ok {
			offset, length = uint64(max(base, int64(len(shard)))), uint64(len(e))
			shard = append(shard, e...)
		}
		pairs = f.append(f.append(pairs, offset), length)
	}
	if f.Order != nil {
		raw := make([]byte, len(pairs))
		f.transposed(func(stored, at int64) { copy(raw[8*stored:8*stored+8], pairs[8*at:]) })
		pairs = raw
	}
	for range f.Checksums {
		var err error
		if pairs, err = (codec.CRC32C{}).Encode(nil, pairs); err != nil {
			return nil, err
		}
	}
	if f.AtStart {
		copy(shard, pairs)
		return shard, nil
	}
	return append(shard, pairs...), nil
}

func (f Indexed) append(b []byte, u uint64) []byte {
	if f.BigEndian {
		return binary.BigEndian.AppendUint64(b, u)
	}
	return binary.LittleEndian.AppendUint64(b, u)
}
