package tree

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	"tsmount/arrayview"
)

// chunksDir is D/chunks: one file per chunk of the stored grid that the view
// touches.
type chunksDir struct{ place }

var _ Dir = (*chunksDir)(nil)

func (d *chunksDir) ID() ID       { return ID{Ino: dirIno(d.Path())} }
func (d *chunksDir) Path() string { return join(d.path, "chunks") }

func (d *chunksDir) Stat(ctx context.Context) (Stat, error)      { return d.statDir(ctx) }
func (d *chunksDir) Xattrs(ctx context.Context) ([]Xattr, error) { return d.xattrs(ctx, nil) }

func (d *chunksDir) Lookup(ctx context.Context, name string) (Node, error) {
	stem, f, ok := splitName(name)
	if !ok {
		return nil, notExist(name)
	}
	v, err := d.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	g := newGrid(v)
	if g == nil {
		return nil, notExist(name)
	}
	cell, ok := g.parse(stem)
	if !ok {
		return nil, notExist(name)
	}
	return d.file(v, chunkPart{cell}, "chunks/"+name, f)
}

func (d *chunksDir) List(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		v, err := d.view(ctx, begins)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		g, suffix := d.listing(v)
		v.release()
		if g == nil {
			return
		}
		hash := hashPath(join(d.canonical, "chunks/"))
		for cell := range g.from(from) {
			name := g.name(cell) + suffix
			if !yield(Entry{Name: name, Ino: hash.add(name).ino()}, nil) {
				return
			}
		}
	}
}

// listing returns the grid and the extension that the names have; nil when
// there is nothing to list.
func (d *chunksDir) listing(v *view) (*grid, string) {
	g := newGrid(v)
	if g == nil || g.cells.Empty() {
		return nil, ""
	}
	first, err := v.narrow([]part{chunkPart{g.cells.Min}})
	if err != nil {
		return nil, ""
	}
	f := d.t.listed(first)
	if f == nil {
		return nil, ""
	}
	return g, "." + f.Ext()
}

// grid is the part of the stored chunk grid that a view touches. It exists
// where each dimension of the view is a shifted or cropped stored dimension.
type grid struct {
	v       *view
	cells   arrayview.Box // stored cell indices, in the order of the view's dimensions
	outputs []int         // the stored dimension that each dimension of the view is
}

// newGrid returns the grid of v, nil where it has none.
func newGrid(v *view) *grid {
	g := &grid{v: v, cells: arrayview.NewBox(v.rank()), outputs: make([]int, v.rank())}
	for d := range g.outputs {
		g.outputs[d] = -1
	}
	for o, m := range v.t.Output {
		switch m.Kind {
		case arrayview.MapArray:
			return nil
		case arrayview.MapInput:
			if m.Stride != 1 || g.outputs[m.Dim] >= 0 {
				return nil
			}
			g.outputs[m.Dim] = o
		}
	}
	for d, o := range g.outputs {
		if o < 0 {
			return nil
		}
		g.span(d, o)
	}
	return g
}

// span sets the cells that dimension d of the view, which is stored dimension o,
// touches.
func (g *grid) span(d, o int) {
	s, domain := g.v.st.Schema, g.v.domain()
	offset := g.v.t.Output[o].Offset - s.GridOrigin[o]
	lo, hi := domain.Min[d]+offset, domain.Max[d]+offset
	first := floorDiv(lo, s.Chunk[o])
	g.cells.Min[d] = first
	if hi > lo {
		g.cells.Shape[d] = floorDiv(hi-1, s.Chunk[o]) - first + 1
	}
}

// clip returns the indices of the view that lie in a cell.
func (g *grid) clip(cell []int64) arrayview.Box {
	s, box := g.v.st.Schema, g.v.domain().Box()
	for d, o := range g.outputs {
		lo := s.GridOrigin[o] + cell[d]*s.Chunk[o] - g.v.t.Output[o].Offset
		hi := min(lo+s.Chunk[o], box.Max(d))
		lo = max(lo, box.Min[d])
		box.Min[d], box.Shape[d] = lo, hi-lo
	}
	return box
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// name returns I.J.K; the one cell of an array without dimensions is 0.
func (g *grid) name(cell []int64) string {
	if len(cell) == 0 {
		return "0"
	}
	var buf [64]byte
	b := buf[:0]
	for i, c := range cell {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendInt(b, c, 10)
	}
	return string(b)
}

// parse is the inverse of name for the cells of the grid.
func (g *grid) parse(name string) ([]int64, bool) {
	cell := make([]int64, g.cells.Rank())
	words := strings.SplitN(name, ".", len(cell)+1)
	for i := range min(len(cell), len(words)) {
		cell[i], _ = strconv.ParseInt(words[i], 10, 64)
	}
	return cell, g.name(cell) == name && g.cells.Contains(cell)
}

// from yields the cells from number i on, the last dimension fastest. The slice
// is the same each time.
func (g *grid) from(i int64) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		total, err := g.cells.Elements()
		if err != nil {
			total = math.MaxInt64
		}
		cell := make([]int64, g.cells.Rank())
		if i < 0 || i >= total {
			return
		}
		rest := i
		for d := len(cell) - 1; d >= 0; d-- {
			cell[d] = g.cells.Min[d] + rest%g.cells.Shape[d]
			rest /= g.cells.Shape[d]
		}
		for ; i < total && yield(cell); i++ {
			g.step(cell)
		}
	}
}

// step moves to the next cell, from the last one to the first.
func (g *grid) step(cell []int64) {
	for d := len(cell) - 1; d >= 0; d-- {
		if cell[d]++; cell[d] < g.cells.Max(d) {
			return
		}
		cell[d] = g.cells.Min[d]
	}
}

// chunkPart is one chunk, clipped to the view.
type chunkPart struct{ cell []int64 }

func (p chunkPart) of(v *view) (*arrayview.Selection, error) {
	g := newGrid(v)
	if g == nil || len(p.cell) != g.cells.Rank() || !g.cells.Contains(p.cell) {
		return nil, notExist(fmt.Sprint("chunk ", p.cell))
	}
	return arrayview.BoxSelection(*v.domain(), g.clip(p.cell))
}
