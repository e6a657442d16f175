package shard

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"tsmount/drivers/codec"
)

const (
	indexEntry = 24 // bytes of an entry in the index of a minishard
	// indexSlack is what an index may take beyond an entry for every chunk that
	// there is: writers may list a chunk twice.
	indexSlack = 1 << 12
	// maxIndex is the largest index of a minishard that is read, in bytes.
	maxIndex = 1 << 30
	// indexLevel is the level of gzip with which TensorStore writes indexes.
	indexLevel = 9
)

// minishard is the index of one minishard. It is never changed.
type minishard struct {
	entries []minishardEntry // by id
	size    int64            // of the shard, in bytes
}

// minishardEntry is a chunk and its bytes [lo, hi) in the shard; lo is -1 when
// they cannot be.
type minishardEntry struct {
	id     uint64
	lo, hi int64
}

func (m *minishard) weight() int64 {
	if m == nil {
		return 0
	}
	return indexOverhead + indexEntry*int64(len(m.entries))
}

// find returns the bytes of a chunk. Of entries with the same id the first
// counts.
func (m *minishard) find(id uint64) (lo, hi int64, found bool, err error) {
	i, found := slices.BinarySearchFunc(m.entries, id, func(e minishardEntry, id uint64) int { return cmp.Compare(e.id, id) })
	if !found {
		return 0, 0, false, nil
	}
	e := m.entries[i]
	if e.lo < 0 || e.hi > m.size {
		return 0, 0, false, corruptf("chunk %d does not lie in its shard of %d bytes", id, m.size)
	}
	return e.lo, e.hi, true, nil
}

// unpack adds the chunks of a minishard to entries. Those that keep rejects may
// be broken.
func (m *minishard) unpack(shard []byte, entries map[int64][]byte, keep func(entry int64) bool) error {
	for _, e := range m.entries {
		entry := int64(e.id)
		if _, twice := entries[entry]; twice {
			continue
		}
		if !keep(entry) {
			entries[entry] = nil
			continue
		}
		lo, hi, _, err := m.find(e.id)
		if err != nil {
			return err
		}
		entries[entry] = shard[lo:hi:hi]
	}
	return nil
}

// maxRawIndex is the largest size of the index of a minishard, in bytes.
func (f Uint64) maxRawIndex() int64 {
	if f.Chunks == 0 || f.Chunks > maxIndex/(2*indexEntry) {
		return maxIndex
	}
	return int64(f.Chunks)*2*indexEntry + indexSlack
}

// maxStoredIndex is the same of an index as it is stored.
func (f Uint64) maxStoredIndex() int64 {
	if f.GzipIndex {
		return f.maxRawIndex() + f.maxRawIndex()/64 + indexSlack
	}
	return f.maxRawIndex()
}

// decodeMinishard reads the index of a minishard of a shard of size bytes.
func (f Uint64) decodeMinishard(raw []byte, size int64) (*minishard, error) {
	if f.GzipIndex {
		var err error
		if raw, err = (codec.Gzip{}).Decode(nil, raw, int(f.maxRawIndex())); err != nil {
			return nil, err
		}
	}
	if len(raw)%indexEntry != 0 {
		return nil, corruptf("an index of %d bytes, which is no multiple of %d", len(raw), indexEntry)
	}
	n := len(raw) / indexEntry
	m := &minishard{entries: make([]minishardEntry, n), size: size}
	ids, starts, sizes := raw[:8*n], raw[8*n:16*n], raw[16*n:]
	id, end := uint64(0), uint64(0)
	for i := range m.entries {
		id += binary.LittleEndian.Uint64(ids[8*i:])
		start := end + binary.LittleEndian.Uint64(starts[8*i:])
		end = start + binary.LittleEndian.Uint64(sizes[8*i:])
		m.entries[i] = f.entryOf(id, start, end)
	}
	byID := func(a, b minishardEntry) int { return cmp.Compare(a.id, b.id) }
	if !slices.IsSortedFunc(m.entries, byID) {
		slices.SortStableFunc(m.entries, byID)
	}
	return m, nil
}

// entryOf returns the entry for bytes that count from the end of the pairs.
func (f Uint64) entryOf(id, start, end uint64) minishardEntry {
	base := uint64(f.pairsSize())
	if _, carry := bits.Add64(end, base, 0); carry != 0 || start > end || end+base > math.MaxInt64 {
		return minishardEntry{id: id, lo: -1}
	}
	return minishardEntry{id, int64(base + start), int64(base + end)}
}

// encodeMinishard is the inverse of decodeMinishard.
func (f Uint64) encodeMinishard(m *minishard) ([]byte, error) {
	n := len(m.entries)
	raw := make([]byte, indexEntry*n)
	id, end := uint64(0), f.pairsSize()
	for i, e := range m.entries {
		binary.LittleEndian.PutUint64(raw[8*i:], e.id-id)
		binary.LittleEndian.PutUint64(raw[8*(n+i):], uint64(e.lo-end))
		binary.LittleEndian.PutUint64(raw[8*(2*n+i):], uint64(e.hi-e.lo))
		id, end = e.id, e.hi
	}
	if f.GzipIndex {
		return codec.Gzip{Level: indexLevel}.Encode(nil, raw)
	}
	return raw, nil
}

// murmur3 is the low half of MurmurHash3_x86_128 with seed 0 of the 8 bytes of
// x, little-endian (Appleby, MurmurHash3.cpp).
func murmur3(x uint64) uint64 {
	const c1, c2, c3 = 0x239b961b, 0xab0e9789, 0x38b34ae5
	h1 := bits.RotateLeft32(uint32(x)*c1, 15) * c2
	h2 := bits.RotateLeft32(uint32(x>>32)*c2, 16) * c3
	const length = 8
	h1, h2 = h1^length, h2^length
	h3, h4 := uint32(length), uint32(length)
	h1 += h2 + h3 + h4
	h2, h3, h4 = h2+h1, h3+h1, h4+h1
	h1, h2, h3, h4 = mix32(h1), mix32(h2), mix32(h3), mix32(h4)
	h1 += h2 + h3 + h4
	h2 += h1
	return uint64(h1) | uint64(h2)<<32
}

func mix32(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
