package zarr3

import (
	"slices"

	"tsmount/drivers"
	"tsmount/drivers/codec"
	"tsmount/kvstore/shard"
)

// chain is what a complete list of codecs does with chunks of one shape.
type chain struct {
	// dims says which dimension of the array stands at each place after the
	// transposes, shape how long it is there.
	dims   []int
	shape  []int64
	big    bool // bytes: stored most significant byte first
	codecs []codec.Codec
	shard  *shardLevel // nil: bytes
}

// shardLevel is one level of sharding.
type shardLevel struct {
	layout shard.Indexed
	grid   []int64 // entries along each place
	inner  *chain
	max    int64 // largest size that a shard of sane content has
}

// maxSane is the size in bytes that no shard has which is compressed as a whole.
const maxSane = 1 << 40

// build resolves a list of codecs for chunks in which the dimensions dims have
// the given lengths.
func (l codecList) build(dims []int, shape []int64, t *dataType) (*chain, error) {
	c := &chain{dims: dims, shape: shape}
	for _, spec := range l {
		var err error
		switch spec.name {
		case "transpose":
			err = c.transpose(spec)
		case "bytes":
			err = c.toBytes(spec, t)
		case "sharding_indexed":
			c.shard, err = spec.buildShard(c.dims, c.shape, t)
		default:
			var b codec.Codec
			b, err = byteCodecs[spec.name].make(spec.conf)
			c.codecs = append(c.codecs, b)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// permutation returns the order of a transpose of rank dimensions.
func (c *codecSpec) permutation(rank int) ([]int, error) {
	order := make([]int, rank)
	given, isList := c.conf["order"].([]int64)
	if isList && len(given) != rank {
		return nil, c.at.Errorf("transpose of %d dimensions in an array of %d", len(given), rank)
	}
	for i := range order {
		switch {
		case isList:
			order[i] = int(given[i])
		case c.conf["order"] == "F":
			order[i] = rank - 1 - i
		default:
			order[i] = i
		}
	}
	return order, nil
}

// transpose reorders places: B.shape[i] = A.shape[order[i]].
func (c *chain) transpose(spec *codecSpec) error {
	order, err := spec.permutation(len(c.dims))
	if err != nil {
		return err
	}
	c.dims, c.shape = permute(c.dims, order), permute(c.shape, order)
	return nil
}

func permute[T any](list []T, order []int) []T {
	out := make([]T, len(list))
	for i, p := range order {
		out[i] = list[p]
	}
	return out
}

func (c *chain) toBytes(spec *codecSpec, t *dataType) error {
	endian, given := spec.conf["endian"]
	if !given && t.ordered() && !t.legacy {
		return spec.at.Errorf(`"endian" must be given for elements of more than one byte`)
	}
	c.big = endian == "big"
	return nil
}

// buildShard resolves sharding_indexed in a chunk of the given shape.
func (c *codecSpec) buildShard(dims []int, shape []int64, t *dataType) (*shardLevel, error) {
	s := c.shard
	if len(s.chunk) != len(shape) {
		return nil, c.at.Errorf("chunk_shape has %d dimensions, the shard %d", len(s.chunk), len(shape))
	}
	level := &shardLevel{grid: make([]int64, len(shape))}
	level.layout.Entries, level.layout.AtStart = 1, s.location == "start"
	for i, n := range s.chunk {
		if shape[i]%n != 0 {
			return nil, c.at.Errorf("chunk_shape %v does not divide the shard %v", s.chunk, shape)
		}
		level.grid[i] = shape[i] / n
		if level.layout.Entries *= level.grid[i]; level.layout.Entries > shard.MaxEntries {
			return nil, c.at.Errorf("a shard of more than %d entries", shard.MaxEntries)
		}
	}
	if err := s.index.buildIndex(level); err != nil {
		return nil, c.at.Errorf("index_codecs: %v", err)
	}
	bytes, err := drivers.CheckChunk(s.chunk, t.size)
	if err != nil {
		return nil, c.at.Errorf("%v", err)
	}
	level.max = 2*min(maxSane, level.layout.Entries*min(bytes+1<<12, maxSane/level.layout.Entries)) + level.layout.IndexSize()
	level.inner, err = s.codecs.build(slices.Clone(dims), s.chunk, t)
	return level, err
}

// buildIndex resolves index_codecs, which must make indexes of one size.
func (l codecList) buildIndex(level *shardLevel) error {
	x := &level.layout
	places := append(slices.Clone(level.grid), 2)
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	for _, c := range l {
		switch c.name {
		case "transpose":
			p, err := c.permutation(len(order))
			if err != nil {
				return err
			}
			order = permute(order, p)
		case "bytes":
			if c.conf["endian"] == nil {
				return c.at.Errorf(`"endian" must be given for an index`)
			}
			x.BigEndian = c.conf["endian"] == "big"
		case "crc32c":
			x.Checksums++
		default:
			return c.at.Errorf("codec %q in index_codecs: only those of fixed size can be", c.name)
		}
	}
	if !slices.IsSorted(order) {
		x.Shape, x.Order = places, order
	}
	return x.Check()
}

// leaf returns the innermost chain.
func (c *chain) leaf() *chain {
	for c.shard != nil {
		c = c.shard.inner
	}
	return c
}
