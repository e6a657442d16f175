package drivers

import "fmt"

// defaultChunkElements is the number of elements that TensorStore aims at in
// the chunks of new arrays (chunk_layout.cc, ChooseChunkShape).
const defaultChunkElements = 1 << 20

// Whole merges the constraints on read and write chunks, for formats in which
// they are the same. Demands must agree; of preferences those on read chunks
// come first. A nil layout has no constraints.
func (l *ChunkLayout) Whole() (ChunkShape, error) {
	if l == nil {
		return ChunkShape{}, nil
	}
	r, w := l.Read, l.Write
	if d := contradicts(r.Shape, w.Shape); d >= 0 {
		return ChunkShape{}, fmt.Errorf("read chunks of %d and write chunks of %d along dimension %d: they must be equal", r.Shape[d], w.Shape[d], d)
	}
	if d := contradicts(r.Aspect, w.Aspect); d >= 0 {
		return ChunkShape{}, fmt.Errorf("aspect ratios %v of read chunks and %v of write chunks along dimension %d: they must be equal", r.Aspect[d], w.Aspect[d], d)
	}
	if r.Elements != 0 && w.Elements != 0 && r.Elements != w.Elements {
		return ChunkShape{}, fmt.Errorf("read chunks of %d and write chunks of %d elements: they must be equal", r.Elements, w.Elements)
	}
	return ChunkShape{
		Shape: firstGiven(r.Shape, w.Shape), ShapeSoft: firstGiven(r.ShapeSoft, w.ShapeSoft),
		Aspect: firstGiven(r.Aspect, w.Aspect), AspectSoft: firstGiven(r.AspectSoft, w.AspectSoft),
		Elements:    firstGiven([]int64{r.Elements}, []int64{w.Elements})[0],
		ElementSoft: firstGiven([]int64{r.ElementSoft}, []int64{w.ElementSoft})[0],
	}, nil
}

// contradicts returns a dimension in which both lists say something and not the
// same, or -1.
func contradicts[T int64 | float64](a, b []T) int {
	for d := range min(len(a), len(b)) {
		if a[d] != 0 && b[d] != 0 && a[d] != b[d] {
			return d
		}
	}
	return -1
}

// firstGiven returns, for every dimension, the first entry that is not zero.
func firstGiven[T int64 | float64](lists ...[]T) []T {
	var out []T
	for _, list := range lists {
		for d, x := range list {
			if d == len(out) {
				out = append(out, 0)
			}
			if out[d] == 0 {
				out[d] = x
			}
		}
	}
	return out
}

// ChooseChunk returns the shape of the chunks of a new array of the given
// finite extents as TensorStore chooses it: given sizes are kept, the others
// are as near to the aspect ratio as the extents allow, with at most the number
// of elements aimed at.
func ChooseChunk(extents []int64, c ChunkShape) []int64 {
	target := firstGiven([]int64{c.Elements}, []int64{c.ElementSoft}, []int64{defaultChunkElements})[0]
	p := chunkProblem{target: float64(target)}
	given := firstGiven(c.Shape, c.ShapeSoft)
	aspect := firstGiven(c.Aspect, c.AspectSoft)
	for d, extent := range extents {
		dim := chunkDim{aspect: 1, cap: min(p.target, float64(max(1, extent)))}
		if d < len(aspect) && aspect[d] > 0 {
			dim.aspect = aspect[d]
		}
		if d < len(given) && given[d] != 0 {
			if dim.fixed = given[d]; dim.fixed < 0 {
				dim.fixed = max(1, extent)
			}
		}
		p.dims = append(p.dims, dim)
	}
	return p.solve()
}

// chunkProblem is the choice of a chunk shape.
type chunkProblem struct {
	target float64 // elements
	dims   []chunkDim
}

type chunkDim struct {
	aspect, cap float64
	fixed       int64 // 0: free
}

// sizes returns the shape for the scale f and its number of elements.
func (p *chunkProblem) sizes(f float64) (shape []int64, elements float64) {
	shape, elements = make([]int64, len(p.dims)), 1
	for d, dim := range p.dims {
		if shape[d] = dim.fixed; dim.fixed == 0 {
			shape[d] = max(1, int64(min(dim.aspect*f, dim.cap)))
		}
		elements *= float64(shape[d])
	}
	return shape, elements
}

// solve finds the largest scale by bisection. The steps are TensorStore's, for
// rounding makes the result depend on them.
func (p *chunkProblem) solve() []int64 {
	step, high := 1.0, 0.0
	for _, dim := range p.dims {
		if dim.fixed == 0 {
			step, high = min(step, 1/dim.aspect), max(high, p.target/dim.aspect)
		}
	}
	step, high = step/2, 2*high
	low := step
	for low+step < high {
		mid := (low + high) / 2
		if mid <= low || mid >= high { // no number between them
			break
		}
		_, n := p.sizes(mid)
		if n >= p.target {
			high = mid
		}
		if n <= p.target {
			low = mid
		}
	}
	if shape, n := p.sizes(high); n == p.target {
		return shape
	}
	shape, _ := p.sizes(low)
	return shape
}
