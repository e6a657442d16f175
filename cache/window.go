package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// Window is the reading state of one open file: it knows the order in which the
// file's bytes come from chunks, keeps the chunks in use that its positions
// need, and starts the ones that come next. Methods are safe for concurrent use.
type Window struct {
	array  *Array
	engine *Engine
	layout *layout
	pool   *Pool

	view    arrayview.Box // of the view's domain
	order   []int         // slowest to fastest in the file
	total   int64         // elements of the view
	version uint64        // of the state
	schema  *drivers.Schema
	elem    int64 // bytes per element
	swap    int   // bytes to reverse, 0: none
	stored  arrayview.Domain
	t       *arrayview.Transform
	inside  bool // every index of the view lies in the stored domain
	tiler   *arrayview.Tiler

	chunkStrides []int64 // bytes, per stored dimension, inside a decoded chunk
	tileStrides  []int64 // bytes, per view dimension, inside a decoded chunk
	component    int64   // bytes: where the visible component begins in a decoded chunk
	fill         fillSource
	lost         int64 // layout.lost when the window was opened

	ctx    context.Context // of read-ahead
	cancel context.CancelFunc
	ahead  sync.WaitGroup // read-ahead goroutines

	mu        sync.Mutex // guards following
	closed    bool
	positions []*position // most recently used last
}

// fillSource is the fill value as a source of copies.
type fillSource struct {
	data    []byte
	strides []int64 // bytes per view dimension
	stored  []int64 // bytes per stored dimension
}

// Window returns the reading state for a file that shows view v of the array in
// state st.
func (a *Array) Window(st *State, v View) (*Window, error) {
	schema := st.Schema
	box := v.Transform.Input.Box()
	total, err := arrayview.Product(append([]int64{int64(schema.DType.Size())}, box.Shape...))
	if err != nil {
		return nil, err
	}
	w := &Window{
		array: a, engine: a.shared.engine, layout: st.layout, pool: a.shared.pool,
		version: st.Version, schema: schema, view: box, order: v.Order, elem: int64(schema.DType.Size()),
		stored: schema.Domain, t: v.Transform,
		inside:       v.Transform.Check(box, schema.Domain) == nil,
		tiler:        arrayview.NewTiler(v.Transform, schema.GridOrigin, schema.Chunk),
		chunkStrides: schema.ChunkStrides(), tileStrides: make([]int64, box.Rank()),
		component: schema.Component.Offset, lost: st.layout.lost.Load(),
	}
	w.total = total / w.elem
	if v.BigEndian && schema.DType.PartSize() > 1 {
		w.swap = schema.DType.PartSize()
	}
	w.tiler.Strides(w.chunkStrides, w.tileStrides)
	w.fill = fillSource{data: schema.Fill, stored: schema.FillStrides(), strides: make([]int64, box.Rank())}
	w.tiler.Strides(w.fill.stored, w.fill.strides)
	w.ctx, w.cancel = context.WithCancel(w.engine.base)
	w.positions = []*position{newPosition()}
	return w, nil
}

// Continue makes w, which nobody uses yet, the window of a file that old was the
// window of before: what was lost of what was written through old stays known.
func (w *Window) Continue(old *Window) {
	if w.layout == old.layout {
		w.lost = old.lost
	}
}

// Close gives back what the window keeps in use.
func (w *Window) Close() {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed = true
	for _, p := range w.positions {
		w.dropAll(p)
	}
	w.mu.Unlock()
	w.cancel()
	w.ahead.Wait()
}

// ReadAt copies the elements first, first+1, ... in the file's order into dst,
// whose length is a multiple of the element size. Chunks are no older than
// bound; with o, which may be nil, no older than its newest bound either, and o
// remembers them. It returns how many leading bytes of dst are right: all of
// them, or with an error as many as come before what could not be read.
func (w *Window) ReadAt(ctx context.Context, bound time.Time, first int64, dst []byte, o *Origins) (int, error) {
	n := int64(len(dst)) / w.elem
	if first < 0 || n*w.elem != int64(len(dst)) || first+n > w.total {
		return 0, fmt.Errorf("elements %d..%d of %d: outside the view", first, first+n, w.total)
	}
	if n == 0 {
		return 0, nil
	}
	r := newReading(w, o.begin(bound))
	defer r.release()
	r.noting = o != nil
	defer func() { o.end(w.version, r.noted) }()
	r.pos, r.end = w.follow(first, n), first+n
	boxes := arrayview.LinearBoxes(r.boxes[:0], w.view, w.order, first, first+n)
	r.boxes = boxes
	done := 0
	for _, box := range boxes {
		elements, _ := box.Elements() // fits: it is part of the view
		bytes := int(elements * w.elem)
		got, err := r.readBox(ctx, box, dst[done:done+bytes])
		if err != nil {
			r.pos = nil // what failed is not kept in use
			return done + got, err
		}
		done += bytes
	}
	w.advance(r)
	return done, nil
}

// check refuses a tile that reaches outside the stored domain: the spec's
// transform promised more than there is.
func (w *Window) check(tile arrayview.Box) error {
	if w.inside {
		return nil
	}
	return w.t.Check(tile, w.stored)
}

// span returns the places in the file of the first and last element of the tile
// that holds the view index at, not clipped to any read.
func (w *Window) span(at, scratch []int64) (first, last int64) {
	for d := range at {
		scratch[d], _ = w.tiler.Segment(d, at[d])
	}
	first = arrayview.LinearIndex(w.view, w.order, scratch)
	for d := range at {
		_, hi := w.tiler.Segment(d, at[d])
		scratch[d] = hi - 1
	}
	return first, arrayview.LinearIndex(w.view, w.order, scratch)
}

// errMissing is a missing chunk where fill_missing_data_reads is false.
var errMissing = errors.New("chunk is missing and fill_missing_data_reads is false")
