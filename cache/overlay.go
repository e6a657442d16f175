package cache

import (
	"fmt"

	"tsmount/arrayview"
	"tsmount/kvstore"
)

// unstored reports whether the tile needs nothing that is stored: all of it was
// written here, or reads as fill since it was erased.
func (w *Window) unstored(t *touch, cell []int64) bool {
	l := w.layout
	if !l.written.Load() {
		return false
	}
	for {
		if d := w.pool.dirtyOf(t.e); d != nil && d.lock() {
			err := l.applyErasures(d) // an error comes again when the tile is copied
			t.whole = err == nil && d.covers(w.area(t))
			d.mu.Unlock()
			return t.whole
		}
		whole, partly := l.erasedCell(cell)
		t.erased = whole
		if !partly {
			return whole
		}
		if _, _, err := l.eraseCell(cell); err != nil { // likewise
			return false
		}
	}
}

// dirtyOf returns what is dirty of an entry, or nil.
func (p *Pool) dirtyOf(e *entry) *dirty {
	p.mu.Lock()
	defer p.mu.Unlock()
	return e.dirty
}

// dirtyNow returns what is dirty of the tile's chunk, or nil. same says that the
// tile has what was known of the chunk all the same: nothing was stored since.
func (p *Pool) dirtyNow(t *touch) (d *dirty, same bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return t.e.dirty, t.erased || !t.whole && t.stores == t.e.stores.Load()
}

// copyDirty copies the elements of t from its dirty chunk, completed where
// needed by what was taken of the stored one.
func (r *reading) copyDirty(t *touch, d *dirty, c arrayview.Copy, dst []byte) (done bool, err error) {
	w := r.w
	if !d.lock() {
		return false, nil
	}
	defer d.mu.Unlock()
	if err := w.layout.applyErasures(d); err != nil {
		return false, err
	}
	if d.erased {
		c.SrcStrides = w.fill.strides
		return true, c.Run(dst, t.dst, w.fill.data, t.fill)
	}
	if !d.covers(w.area(t)) {
		if t.whole || t.erased || t.stores != t.e.stores.Load() {
			return false, nil
		}
		chunk, _ := t.value.(*buffer)
		if chunk == nil && w.array.failMissing {
			return false, w.missing(t)
		}
		d.rebase(chunk, t.generation(), t.stamp.Time)
	}
	return true, c.Run(dst, t.dst, d.buf.data, t.src)
}

// missing is the error of a chunk that is not there, where that is one.
func (w *Window) missing(t *touch) error {
	return fmt.Errorf("%s: %w", w.layout.store.Location(w.layout.ds.ChunkKey(w.cellOf(t.box.Min))), errMissing)
}

// generation returns that of the chunk which was taken. A shard's generation is
// not that of a chunk which it does not hold.
func (t *taken) generation() kvstore.Generation {
	if chunk, _ := t.value.(*buffer); chunk == nil {
		return kvstore.Absent
	}
	return t.stamp.Generation
}
