package cache

import (
	"slices"
	"sync"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// erasure is a view that was made the fill value (O_TRUNC), as one record rather
// than as dirty chunks: the region, and which of its cells have been dealt with.
// A cell is dealt with when it gets a dirty chunk, into which the record is then
// applied; all others read as fill where the region covers them.
type erasure struct {
	region region
	cells  arrayview.Box
	schema *drivers.Schema // of the view: which component, and its fill value

	mu   sync.Mutex // guards done
	done map[int64]*[erasurePage / 64]uint64
}

// erasurePage is how many cells share one piece of the record's bits.
const erasurePage = 4096

// number returns the place of a cell among those of the record, -1 if it is none
// of them. Their number fits 63 bits: see Window.Erase.
func (r *erasure) number(cell []int64) int64 {
	n := int64(0)
	for i, c := range cell {
		if c < r.cells.Min[i] || c >= r.cells.Max(i) {
			return -1
		}
		n = n*r.cells.Shape[i] + c - r.cells.Min[i]
	}
	return n
}

// pending reports whether the record still has to be applied to a cell.
func (r *erasure) pending(cell []int64) bool {
	n := r.number(cell)
	if n < 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	page := r.done[n/erasurePage]
	return page == nil || page[n%erasurePage/64]&(1<<(n%64)) == 0
}

// take notes that a cell is dealt with, and reports whether it was not before.
func (r *erasure) take(cell []int64) bool {
	if !r.pending(cell) {
		return false
	}
	n := r.number(cell)
	r.mu.Lock()
	defer r.mu.Unlock()
	page := r.done[n/erasurePage]
	if page == nil {
		page = new([erasurePage / 64]uint64)
		r.done[n/erasurePage] = page
	}
	old := page[n%erasurePage/64]
	page[n%erasurePage/64] |= 1 << (n % 64)
	return old&(1<<(n%64)) == 0
}

// applyTo makes what the record covers of a chunk the fill value, once. The
// caller holds d.mu.
func (r *erasure) applyTo(d *dirty) error {
	if !r.take(d.cell) {
		return nil
	}
	a, at, whole := r.region.part(r.schema, d.cell)
	switch {
	case whole:
		d.erase()
		return nil
	case slices.Contains(a.shape, 0):
		return nil
	}
	from := r.schema.FillStrides()
	c := arrayview.Copy{Shape: a.shape, DstStrides: a.strides, SrcStrides: make([]int64, len(at)), ElemSize: int(a.elem)}
	off := int64(0)
	for i, stride := range from {
		// A shaped fill value covers dimensions as a whole: it begins where they do.
		off += stride * (at[i] - r.schema.Domain.Min[i])
		c.SrcStrides[i] = stride * r.region.step[i]
	}
	return d.fill(c, a, r.schema.Fill, off)
}

// erasures returns the records of a layout.
func (l *layout) erasures() []*erasure {
	if list := l.erased.Load(); list != nil {
		return *list
	}
	return nil
}

// erasedCell reports whether a cell reads as fill as a whole, because of a
// record that has not been applied to it; partly says that a part of it does.
func (l *layout) erasedCell(cell []int64) (whole, partly bool) {
	for _, r := range l.erasures() {
		if !r.pending(cell) {
			continue
		}
		a, _, all := r.region.part(r.schema, cell)
		if all {
			return true, false
		}
		partly = partly || !slices.Contains(a.shape, 0)
	}
	return false, partly
}

// applyErasures applies all records to a chunk. The caller holds d.mu.
func (l *layout) applyErasures(d *dirty) error {
	for _, r := range l.erasures() {
		if err := r.applyTo(d); err != nil {
			return err
		}
	}
	return nil
}

// addErasure adds a record, and applies it to the chunks that are dirty already.
// It takes the place of those that it covers.
func (l *layout) addErasure(r *erasure) error {
	l.written.Store(true)
	l.hold(1)
	l.changeErasures(func(list []*erasure) []*erasure {
		return append(slices.DeleteFunc(list, func(old *erasure) bool {
			return r.schema.Component == old.schema.Component && r.region.holds(old.region)
		}), r)
	})
	for _, d := range l.dirtyIn(r.cells) {
		if !d.lock() {
			continue
		}
		err := r.applyTo(d)
		d.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// changeErasures replaces the list of records by what f makes of a copy.
func (l *layout) changeErasures(f func([]*erasure) []*erasure) {
	l.erasing.Lock()
	old := l.erasures()
	list := f(slices.Clone(old))
	l.erased.Store(&list)
	l.erasing.Unlock()
	for _, r := range old {
		if !slices.Contains(list, r) {
			l.hold(-1)
		}
	}
}

// dirtyIn returns the dirty chunks of a box of cells.
func (l *layout) dirtyIn(cells arrayview.Box) []*dirty {
	p := l.chunks.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*dirty
	for _, g := range l.groups {
		for d := range g.members {
			if cells.Contains(d.cell) {
				list = append(list, d)
			}
		}
	}
	return list
}
