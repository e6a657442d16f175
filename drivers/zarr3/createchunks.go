package zarr3

import (
	"fmt"
	"slices"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// chooseChunks sets chunk_grid and codecs: TensorStore's choice of chunks to
// read, of chunks to write, and of the order inside.
func (m *metadata) chooseChunks(want drivers.Constraints) error {
	list := m.codecs.clone() // completion changes it
	if want.Schema.Codec != nil {
		given, err := parseCodec(*want.Schema.Codec)
		if err != nil {
			return err
		}
		if list = merge(list, given); list == nil {
			list = given
		}
	}
	layout := want.Schema.ChunkLayout
	if layout == nil {
		layout = &drivers.ChunkLayout{}
	}
	rank := len(m.shape)
	inner, sharded := list.innerChunk(rank)
	read, write, err := m.shapes(layout, inner)
	if err != nil {
		return &strictjson.Error{Path: "schema.chunk_layout", Msg: err.Error()}
	}
	if !sharded && !slices.Equal(read, write) {
		list = codecList{newSharding(list)}
	}
	m.chunk = write
	c := completion{m: m, read: read, layout: layout}
	m.codecs, err = c.list(list, identity(rank))
	return err
}

func identity(n int) []int {
	dims := make([]int, n)
	for i := range dims {
		dims[i] = i
	}
	return dims
}

// newSharding returns a sharding_indexed codec whose chunks the codecs of list
// encode.
func newSharding(list codecList) *codecSpec {
	if list == nil {
		list = codecList{}
	}
	return &codecSpec{name: "sharding_indexed", kind: arrayToBytes, conf: map[string]any{}, shard: &shardSpec{codecs: list}}
}

// innerChunk returns the shape of the innermost chunk that the codecs give, 0
// where they leave it open, and whether they have shards.
func (l codecList) innerChunk(rank int) (chunk []int64, sharded bool) {
	dims, chunk := identity(rank), make([]int64, rank)
	for {
		for _, c := range l.of(arrayToArray) {
			if order, err := c.permutation(rank); err == nil {
				dims = permute(dims, order)
			}
		}
		s := l.sharding()
		if s == nil {
			return chunk, sharded
		}
		sharded = true
		for place, n := range s.chunk {
			if place < rank {
				chunk[dims[place]] = n
			}
		}
		l = s.codecs
	}
}

// shapes chooses the chunks to read and to write; inner is what the codecs say
// of those to read.
func (m *metadata) shapes(layout *drivers.ChunkLayout, inner []int64) (read, write []int64, err error) {
	rank := len(m.shape)
	hardRead, hardWrite := both(inner, layout.Read.Shape, rank), both(m.chunk, layout.Write.Shape, rank)
	extents := slices.Clone(m.shape)
	write = make([]int64, rank) // 0: open
	for d := range write {
		if write[d] = hardWrite[d]; write[d] == 0 && d < len(layout.Write.ShapeSoft) {
			if write[d] = layout.Write.ShapeSoft[d]; write[d] < 0 {
				write[d] = max(1, m.shape[d])
			}
		}
		if write[d] != 0 {
			extents[d] = write[d]
		}
	}
	of := layout.Read
	of.Shape = hardRead
	read = drivers.ChooseChunk(extents, of)
	for d := range write {
		switch w, r := write[d], read[d]; {
		case w == 0 || w%r == 0:
		case hardRead[d] == 0:
			read[d] = nearestDivisor(w, r)
		case hardWrite[d] == 0:
			write[d] = nearestMultiple(w, r)
		default:
			return nil, nil, fmt.Errorf("chunks to read of %d and to write of %d along dimension %d: the first must divide the second", r, w, d)
		}
	}
	of = layout.Write
	of.Shape = slices.Clone(write)
	chosen := drivers.ChooseChunk(m.shape, of)
	for d := range write {
		if write[d] == 0 {
			write[d] = nearestMultiple(chosen[d], read[d])
		}
	}
	return read, write, nil
}

// both returns, for each dimension, the first of two demands that is not 0.
func both(a, b []int64, rank int) []int64 {
	out := make([]int64, rank)
	for d := range out {
		if d < len(a) {
			out[d] = a[d]
		}
		if out[d] == 0 && d < len(b) {
			out[d] = b[d]
		}
	}
	return out
}

// nearestDivisor returns the divisor of n that is nearest to want, the smaller
// of two, among those that a search of a million finds.
func nearestDivisor(n, want int64) int64 {
	for off := range min(want, 1000000) {
		if n%(want-off) == 0 {
			return want - off
		}
		if n%(want+off) == 0 {
			return want + off
		}
	}
	return 1
}

// nearestMultiple returns the multiple of n, not 0, that is nearest to want.
func nearestMultiple(want, n int64) int64 { return max(1, (want+n/2)/n) * n }

// completion adds to codecs what a document has to say.
type completion struct {
	m      *metadata
	read   []int64
	layout *drivers.ChunkLayout
}

// list completes a list of codecs for chunks with the dimensions dims.
func (c completion) list(l codecList, dims []int) (codecList, error) {
	out := l.of(arrayToArray)
	for _, t := range out {
		order, err := t.permutation(len(dims))
		if err != nil {
			return nil, err
		}
		dims = permute(dims, order)
		t.conf["order"] = ints(order)
		t.bare = false
	}
	toBytes := l.toBytes()
	if toBytes == nil {
		toBytes = &codecSpec{name: "bytes", kind: arrayToBytes, conf: map[string]any{}}
	}
	toBytes.bare = false
	if toBytes.shard != nil {
		if after := l.of(bytesToBytes); len(after) > 0 {
			return nil, after[0].at.Errorf("codec %q behind sharding_indexed: every read would take the whole shard", after[0].name)
		}
		if err := c.shard(toBytes.shard, dims); err != nil {
			return nil, err
		}
	} else {
		if t := c.transpose(dims); t != nil {
			out = append(out, t)
		}
		c.bytes(toBytes)
	}
	out = append(out, toBytes)
	for _, b := range l.of(bytesToBytes) {
		b.bare = false
		byteCodecs[b.name].complete(b.conf, c.m.dtype.size)
		out = append(out, b)
	}
	return out, nil
}

// shard completes one level of sharding.
func (c completion) shard(s *shardSpec, dims []int) (err error) {
	if s.chunk == nil {
		s.chunk = permute(c.read, dims)
	}
	if len(s.index) == 0 {
		s.index = codecList{{name: "bytes", kind: arrayToBytes, conf: map[string]any{}}, {name: "crc32c", kind: bytesToBytes, conf: map[string]any{}}}
	}
	index := s.index.of(arrayToArray)
	toBytes := s.index.toBytes()
	if toBytes == nil {
		toBytes = &codecSpec{name: "bytes", kind: arrayToBytes, conf: map[string]any{}}
	}
	standIn(toBytes.conf, "endian", "little")
	s.index = append(append(index, toBytes), s.index.of(bytesToBytes)...)
	for _, x := range s.index {
		x.bare = false
	}
	s.codecs, err = c.list(s.codecs, dims)
	return err
}

// bytes sets the byte order; elements of one byte have none, but structs always
// get one.
func (c completion) bytes(b *codecSpec) {
	if c.m.dtype.ordered() || c.m.dtype.structured {
		standIn(b.conf, "endian", "little")
		return
	}
	delete(b.conf, "endian")
}

// transpose returns the codec that gives chunks with the dimensions dims the
// order that the layout asks for; nil when they have it.
func (c completion) transpose(dims []int) *codecSpec {
	wanted := c.layout.InnerOrder
	if wanted == nil {
		wanted = c.layout.InnerOrderSoft
	}
	rank := len(dims)
	if len(wanted) < rank {
		return nil
	}
	order := make([]int, 0, rank)
	for _, d := range wanted {
		if d < rank { // the others are inside elements
			order = append(order, slices.Index(dims, d))
		}
	}
	if slices.IsSorted(order) {
		return nil
	}
	return &codecSpec{name: "transpose", kind: arrayToArray, conf: map[string]any{"order": ints(order)}}
}

func ints(list []int) []int64 {
	out := make([]int64, len(list))
	for i, n := range list {
		out[i] = int64(n)
	}
	return out
}
