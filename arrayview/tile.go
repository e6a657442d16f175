package arrayview

import "slices"

// A Tiler cuts boxes of a view along the cells of the stored grid: a tile is a
// sub-box of the view all of whose indices lie in one cell. It is built once per
// view and is safe for concurrent use.
type Tiler struct {
	t             *Transform
	origin, chunk []int64  // of the grid, per output dimension
	feeds         [][]feed // per input dimension
	array         []bool   // per input dimension: an index array varies along it
}

// feed is an output that moves with an input dimension.
type feed struct {
	offset, stride int64 // offset counts from the grid's origin
	chunk          int64
}

// NewTiler returns a tiler for the view t of an array whose cell c covers
// gridOrigin + c*chunk up to one chunk further. Extents in chunk are positive;
// both slices have one entry per output dimension and are not copied.
func NewTiler(t *Transform, gridOrigin, chunk []int64) *Tiler {
	rank := t.Input.Rank()
	r := &Tiler{t: t, origin: gridOrigin, chunk: chunk, feeds: make([][]feed, rank), array: make([]bool, rank)}
	for i := range t.Output {
		m := &t.Output[i]
		switch {
		case m.Kind == MapInput && m.Stride != 0:
			r.feeds[m.Dim] = append(r.feeds[m.Dim], feed{m.Offset - gridOrigin[i], m.Stride, chunk[i]})
		case m.Kind == MapArray:
			for d, n := range m.Array.Shape {
				r.array[d] = r.array[d] || n != 1
			}
		}
	}
	return r
}

// Transform returns the view that the tiler was built for.
func (t *Tiler) Transform() *Transform { return t.t }

// Segment returns the largest range [lo, hi) around index, inside the input
// domain, in which no output moves to another cell. Along a dimension that an
// index array varies with it is the index alone.
func (t *Tiler) Segment(dim int, index int64) (lo, hi int64) {
	if t.array[dim] {
		return index, index + 1
	}
	lo, hi = t.t.Input.Min[dim], t.t.Input.Max[dim]
	for i := range t.feeds[dim] {
		f := &t.feeds[dim][i]
		in := floorMod(f.offset+f.stride*index, f.chunk)
		down, up := in, f.chunk-1-in
		if f.stride < 0 {
			down, up = up, down
		}
		// A quotient by a negative stride is negative or zero whatever its size.
		lo = max(lo, index-abs(down/f.stride))
		hi = min(hi, index+abs(up/f.stride)+1)
	}
	return lo, hi
}

// Locate computes the stored index of a view index and the cell that holds it.
// A value of an index array outside its bounds is ErrOutOfRange.
func (t *Tiler) Locate(in []int64, cell []int64, stored []int64) error {
	if err := t.t.Apply(in, stored); err != nil {
		return err
	}
	for i, x := range stored {
		cell[i] = floorDiv(x-t.origin[i], t.chunk[i])
	}
	return nil
}

// Strides computes, for each view dimension, how many bytes one step moves
// inside a chunk whose own strides, in bytes per output dimension, are
// chunkStrides. Index arrays add nothing: they do not vary inside a tile.
func (t *Tiler) Strides(chunkStrides, out []int64) {
	clear(out)
	for i := range t.t.Output {
		if m := &t.t.Output[i]; m.Kind == MapInput {
			out[m.Dim] += m.Stride * chunkStrides[i]
		}
	}
}

// Tile is a sub-box of a view that lies in one cell of the stored grid.
type Tile struct {
	Box
	// Cell holds every stored index of the tile.
	Cell []int64
	// Offset is where the element of Box.Min lies in the decoded chunk, in
	// bytes; Tiler.Strides tells how to go on from there.
	Offset int64
}

// Tiles walks the tiles of one box. Reset makes it ready and Next steps; the
// zero value is empty. The memory of the tile is reused by Next, that of the
// walk by Reset: a walk that is reset for views of the same rank allocates
// nothing.
type Tiles struct {
	Tile
	t            *Tiler
	box          Box
	order        []int
	chunkStrides []int64
	stored       []int64
	started      bool
	err          error
}

// Reset begins a walk over box, which must lie inside the view's domain. order
// lists the view's dimensions from slowest to fastest: tiles come in the
// lexicographic order of their first elements. chunkStrides are the bytes per
// step of each output dimension in a decoded chunk; the arguments are not copied
// and must stay as they are until the walk ends.
func (w *Tiles) Reset(t *Tiler, box Box, order []int, chunkStrides []int64) {
	rank, out := box.Rank(), t.t.OutputRank()
	if len(w.Min) != rank {
		w.Box = NewBox(rank)
	}
	w.Cell, w.stored = resize(w.Cell, out), resize(w.stored, out)
	w.t, w.box, w.order, w.chunkStrides = t, box, order, chunkStrides
	w.started, w.err = false, nil
}

// Next moves to the next tile. It reports false at the end of the walk and when
// an index array's value is out of range; Err tells which.
func (w *Tiles) Next() bool {
	if !w.advance() {
		return false
	}
	if w.err = w.t.Locate(w.Min, w.Cell, w.stored); w.err != nil {
		return false
	}
	w.Offset = 0
	for i, x := range w.stored {
		w.Offset += (x - w.t.origin[i] - w.Cell[i]*w.t.chunk[i]) * w.chunkStrides[i]
	}
	return true
}

// Err returns why Next stopped early.
func (w *Tiles) Err() error { return w.err }

// advance sets the box of the next tile.
func (w *Tiles) advance() bool {
	if !w.started {
		w.started = true
		if w.err != nil || w.t == nil || w.box.Empty() {
			return false
		}
		for d := range w.Min {
			w.enter(d, w.box.Min[d])
		}
		return true
	}
	for _, d := range slices.Backward(w.order) {
		if next := w.Max(d); next < w.box.Max(d) {
			w.enter(d, next)
			return w.err == nil
		}
		if w.Shape[d] != w.box.Shape[d] {
			w.enter(d, w.box.Min[d])
		}
	}
	return false
}

// enter makes the tile begin at index along d.
func (w *Tiles) enter(d int, index int64) {
	_, hi := w.t.Segment(d, index)
	w.Min[d], w.Shape[d] = index, min(hi, w.box.Max(d))-index
}

func resize(s []int64, n int) []int64 {
	if cap(s) < n {
		return make([]int64, n)
	}
	return s[:n]
}
