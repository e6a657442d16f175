package shard

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// unpack implements format.
func (f Uint64) unpack(shard []byte, keep func(entry int64) bool) (map[int64][]byte, error) {
	size := int64(len(shard))
	if size < f.pairsSize() {
		return nil, corruptf("a shard of %d bytes is shorter than its index of %d", size, f.pairsSize())
	}
	entries := map[int64][]byte{}
	for number := range int64(1) << f.MinishardBits {
		lo, hi, err := f.pair(shard[number*pairSize:], size)
		if err != nil {
			return nil, fmt.Errorf("minishard %d: %w", number, err)
		}
		if lo == hi {
			continue
		}
		m, err := f.decodeMinishard(shard[lo:hi], size)
		if err != nil {
			return nil, fmt.Errorf("minishard %d: %w", number, err)
		}
		if err := m.unpack(shard, entries, keep); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// pack writes the minishards in ascending order, each as its chunks in ascending
// order and its index, as TensorStore does.
func (f Uint64) pack(entries map[int64][]byte) ([]byte, error) {
	total := f.pairsSize()
	if total > maxRewrite {
		return nil, fmt.Errorf("a shard of 2^%d minishards is too large to be written", f.MinishardBits)
	}
	minishards := map[uint64][]uint64{}
	for entry, value := range entries {
		_, number := f.split64(uint64(entry))
		minishards[number] = append(minishards[number], uint64(entry))
		total += int64(len(value)) + indexEntry
	}
	shard := make([]byte, f.pairsSize(), total)
	for _, number := range slices.Sorted(maps.Keys(minishards)) {
		ids := minishards[number]
		slices.Sort(ids)
		m := &minishard{}
		for _, id := range ids {
			value := entries[int64(id)]
			lo := int64(len(shard))
			shard = append(shard, value...)
			m.entries = append(m.entries, minishardEntry{id, lo, int64(len(shard))})
		}
		index, err := f.encodeMinishard(m)
		if err != nil {
			return nil, err
		}
		start := uint64(int64(len(shard)) - f.pairsSize())
		shard = append(shard, index...)
		binary.LittleEndian.PutUint64(shard[number*pairSize:], start)
		binary.LittleEndian.PutUint64(shard[number*pairSize+8:], start+uint64(len(index)))
	}
	return shard, nil
}
