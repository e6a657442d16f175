package precomputed

import (
	"math/bits"

	"tsmount/internal/strictjson"
	"tsmount/kvstore/shard"
)

const shardingType = "neuroglancer_uint64_sharded_v1"

// sharding is the member "sharding" of a scale (neuroglancer,
// src/datasource/precomputed/sharded.md).
type sharding struct {
	preshift, minishard, shard int64 // bits
	murmur                     bool
	gzipIndex, gzipData        bool
}

const (
	hashIdentity = "identity"
	hashMurmur   = "murmurhash3_x86_128"
	gzipEncoding = "gzip"
)

// readSharding reads the member. TensorStore refuses members that it does not
// know: where the chunks are depends on all of them.
func readSharding(v strictjson.Value) (*sharding, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	t, err := o.Need("@type")
	if err != nil {
		return nil, err
	}
	if t.Any() != shardingType {
		return nil, t.Errorf("expected %q, got %s", shardingType, t.Text())
	}
	s := &sharding{}
	for _, m := range []struct {
		name string
		dst  *int64
		hi   int64
	}{{"preshift_bits", &s.preshift, 64}, {"minishard_bits", &s.minishard, 32}, {"shard_bits", &s.shard, 64}} {
		member, err := o.Need(m.name)
		if err != nil {
			return nil, err
		}
		if *m.dst, err = member.Int(0, m.hi); err != nil {
			return nil, err
		}
	}
	if s.minishard+s.shard > 64 {
		return nil, v.Errorf("minishard_bits %d and shard_bits %d are more than 64", s.minishard, s.shard)
	}
	hash, err := o.Need("hash")
	if err != nil {
		return nil, err
	}
	if s.murmur, err = choice(hash, hashIdentity, hashMurmur); err != nil {
		return nil, err
	}
	for name, dst := range map[string]*bool{"minishard_index_encoding": &s.gzipIndex, "data_encoding": &s.gzipData} {
		err := o.Optional(name, func(v strictjson.Value) (err error) {
			*dst, err = choice(v, encodingRaw, gzipEncoding)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return s, o.Close()
}

// choice reports whether v is the second of two strings, which it must be if it
// is not the first.
func choice(v strictjson.Value, first, second string) (bool, error) {
	s, err := v.Str()
	if err == nil && s != first && s != second {
		err = v.Errorf("expected %q or %q, got %q", first, second, s)
	}
	return s == second, err
}

func choose(b bool, no, yes string) string {
	if b {
		return yes
	}
	return no
}

// dataEncoding is how the encoded chunks are stored in a shard.
func (s *sharding) dataEncoding() string { return choose(s.gzipData, encodingRaw, gzipEncoding) }

func (s *sharding) json() map[string]any {
	return map[string]any{
		"@type":                    shardingType,
		"preshift_bits":            s.preshift,
		"hash":                     choose(s.murmur, hashIdentity, hashMurmur),
		"minishard_bits":           s.minishard,
		"shard_bits":               s.shard,
		"minishard_index_encoding": choose(s.gzipIndex, encodingRaw, gzipEncoding),
		"data_encoding":            s.dataEncoding(),
	}
}

// layout returns the shards of a scale whose keys begin with prefix.
func (s *sharding) layout(prefix string, chunks uint64) shard.Uint64 {
	return shard.Uint64{
		Prefix: prefix, PreshiftBits: int(s.preshift), Murmur: s.murmur, MinishardBits: int(s.minishard), ShardBits: int(s.shard),
		GzipIndex: s.gzipIndex, Chunks: chunks,
	}
}

// morton is the compressed Morton code of a grid (volume.md, "Compressed Morton
// code"): the bits of the three positions in turns, lowest first; a dimension
// takes part while the grid needs the bit.
type morton struct{ bits [3]int }

func newMorton(grid [3]int64) (m morton) {
	for d, n := range grid {
		m.bits[d] = bits.Len64(uint64(max(n, 1) - 1))
	}
	return m
}

// total returns the bits of a code.
func (m morton) total() int { return m.bits[0] + m.bits[1] + m.bits[2] }

// each calls use for every bit of a code, lowest first: bit i of dimension d.
func (m morton) each(use func(d, i int)) {
	for i := range max(m.bits[0], m.bits[1], m.bits[2]) {
		for d, n := range m.bits {
			if i < n {
				use(d, i)
			}
		}
	}
}

// code returns the code of a cell.
func (m morton) code(cell []int64) (code uint64) {
	at := 0
	for i := range max(m.bits[0], m.bits[1], m.bits[2]) {
		for d, n := range m.bits {
			if i < n {
				code |= uint64(cell[d]) >> i & 1 << at
				at++
			}
		}
	}
	return code
}

// span returns how many cells the lowest n bits of a code cover along each
// dimension of the grid.
func (m morton) span(n int, grid [3]int64) [3]int64 {
	cells := [3]int64{1, 1, 1}
	m.each(func(d, _ int) {
		if n--; n >= 0 {
			cells[d] = min(2*cells[d], max(grid[d], 1))
		}
	})
	return cells
}

// writeCells returns how many chunks along each dimension are stored together.
// If shards are no boxes of the grid, only the whole volume is one.
func (s *sharding) writeCells(m morton, grid [3]int64) [3]int64 {
	within := int(s.preshift + s.minishard)
	if s.murmur || within+int(s.shard) < m.total() {
		return m.span(m.total(), grid)
	}
	return m.span(min(within, m.total()), grid)
}
