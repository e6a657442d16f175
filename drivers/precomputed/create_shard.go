package precomputed

import (
	"math"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
)

// defaultPreshift is how many bits of chunk ids TensorStore lets share a
// minishard, at most.
const defaultPreshift = 9

// chooseSharding makes a sharded scale if the spec asks for one, or for write
// chunks that are larger than read chunks.
func (c *creation) chooseSharding() error {
	s := c.scale
	if s.shardingGiven {
		return nil
	}
	d := &dataset{size: [3]int64(s.size), chunk: [3]int64(s.chunkSize())}
	grid := d.grid()
	m := newMorton(grid)
	choice := writeChoice{m: m, grid: grid, chunk: d.chunk, want: c.layout.Write}
	within, ok := choice.bits()
	if !ok {
		return document.CreateErrorf("schema.chunk_layout.write_chunk.shape", "%v cannot be had: shards take a power of two of the chunks of %v, in turns along x, y and z; choose another shape",
			c.layout.Write.Shape, d.chunk)
	}
	if within == 0 && c.codec.shardData == "" {
		return nil
	}
	preshift := min(defaultPreshift, within)
	s.shardingGiven, s.sharding = true, &sharding{
		preshift: int64(preshift), minishard: int64(within - preshift), shard: int64(m.total() - within),
		gzipIndex: true, gzipData: s.encoding != encodingJPEG,
	}
	if c.codec.shardData != "" {
		s.sharding.gzipData = c.codec.shardData == gzipEncoding
	}
	return nil
}

// writeChoice chooses how many bits of a chunk id lie within a shard.
type writeChoice struct {
	m     morton
	grid  [3]int64
	chunk [3]int64
	want  drivers.ChunkShape
}

// bits returns the smallest number that meets the demands, or more if there are
// preferences; ok is false if none does.
func (w writeChoice) bits() (n int, ok bool) {
	for n = 0; n <= w.m.total(); n++ {
		if w.meets(n) {
			break
		}
	}
	if n > w.m.total() {
		return 0, false
	}
	best, least := n, math.Inf(1)
	elements := float64(max(w.want.Elements, w.want.ElementSoft))
	for ; n <= w.m.total() && w.meets(n); n++ {
		switch {
		case elements > 0:
			if off := math.Abs(math.Log(w.elements(n) / elements)); off < least {
				best, least = n, off
			}
		case w.preferred(n):
			best = n
		default:
			return best, true
		}
	}
	return best, true
}

// meets reports whether n bits give the extents that are demanded.
func (w writeChoice) meets(n int) bool {
	cells := w.m.span(n, w.grid)
	for d, chunk := range w.chunk {
		if d < len(w.want.Shape) && w.want.Shape[d] > 0 && w.want.Shape[d] != chunk*cells[d] {
			return false
		}
	}
	return true
}

// preferred reports whether n bits go no further than the preferred extents.
func (w writeChoice) preferred(n int) bool {
	cells := w.m.span(n, w.grid)
	for d, chunk := range w.chunk {
		if d < len(w.want.Shape) && w.want.Shape[d] > 0 {
			continue
		}
		soft := int64(0)
		if d < len(w.want.ShapeSoft) {
			soft = w.want.ShapeSoft[d]
		}
		if soft >= 0 && cells[d] > max(1, (soft+chunk/2)/chunk) {
			return false
		}
	}
	return true
}

// elements returns how many elements n bits cover.
func (w writeChoice) elements(n int) float64 {
	cells := w.m.span(n, w.grid)
	all := 1.0
	for d, chunk := range w.chunk {
		all *= float64(cells[d]) * float64(chunk)
	}
	return all
}
