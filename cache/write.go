package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tsmount/arrayview"
)

// overflow is how far a write that has begun may lengthen the queue of dirty
// chunks beyond its limit before it waits, in bytes.
const overflow = 64 << 20

// errLost is the error of who wrote to an array that is no longer there.
var errLost = errors.New("what was written to it is lost")

// WriteAt takes the bytes of p as those of the payload from off on. It waits
// while too much is dirty; an error then says why that could not be stored, and
// nothing has been taken. Bytes may be any part of an element.
func (w *Window) WriteAt(ctx context.Context, off int64, p []byte) error {
	if off < 0 || off+int64(len(p)) > w.total*w.elem {
		return fmt.Errorf("bytes %d..%d of %d: outside the view", off, off+int64(len(p)), w.total*w.elem)
	}
	if err := w.pool.admit(ctx, 0); err != nil {
		return err
	}
	w.array.shared.modified.now()
	skip := off % w.elem
	if skip != 0 {
		n := min(w.elem-skip, int64(len(p)))
		if err := w.writeCut(off/w.elem, skip, p[:n]); err != nil {
			return err
		}
		off, p = off+n, p[n:]
	}
	tail := int64(len(p)) % w.elem
	if whole := int64(len(p)) - tail; whole > 0 {
		if err := w.writeElements(ctx, off/w.elem, p[:whole]); err != nil {
			return err
		}
		off, p = off+whole, p[whole:]
	}
	if tail != 0 {
		return w.writeCut(off/w.elem, 0, p)
	}
	return nil
}

// writeElements takes whole elements from the first on.
func (w *Window) writeElements(ctx context.Context, first int64, src []byte) error {
	n := int64(len(src)) / w.elem
	r := newReading(w, time.Time{})
	defer r.release()
	r.pos, r.end = w.follow(first, n), first+n
	r.boxes = arrayview.LinearBoxes(r.boxes[:0], w.view, w.order, first, first+n)
	done := int64(0)
	for _, box := range r.boxes {
		elements, _ := box.Elements() // fits: it is part of the view
		bytes := elements * w.elem
		if err := r.writeBox(ctx, box, src[done:done+bytes]); err != nil {
			r.pos = nil
			return err
		}
		done += bytes
	}
	w.pass(r)
	return nil
}

// writeBox takes the elements of one box, which lie together in src.
func (r *reading) writeBox(ctx context.Context, box arrayview.Box, src []byte) error {
	w := r.w
	r.dst = resized(r.dst, box.Rank())
	arrayview.DenseStrides(box.Shape, w.order, w.elem, r.dst)
	return r.eachTile(ctx, box, func(t *touch, d *dirty) error {
		c := arrayview.Copy{Shape: t.box.Shape, DstStrides: w.tileStrides, SrcStrides: r.dst, ElemSize: int(w.elem), SwapPart: w.swap}
		return d.write(c, w.area(t), src, t.dst)
	})
}

// fillBox makes the elements of one box the fill value.
func (r *reading) fillBox(ctx context.Context, box arrayview.Box) error {
	w := r.w
	r.dst = resized(r.dst, box.Rank())
	clear(r.dst)
	return r.eachTile(ctx, box, func(t *touch, d *dirty) error {
		c := arrayview.Copy{Shape: t.box.Shape, DstStrides: w.tileStrides, SrcStrides: w.fill.strides, ElemSize: int(w.elem)}
		return d.fill(c, w.area(t), w.fill.data, t.fill)
	})
}

// area returns where the tile lies in its chunk.
func (w *Window) area(t *touch) area {
	return area{shape: t.box.Shape, strides: w.tileStrides, off: t.src, elem: w.elem}
}

// eachTile calls f with each tile of a box and the dirty chunk that it goes to,
// which is locked meanwhile.
func (r *reading) eachTile(ctx context.Context, box arrayview.Box, f func(*touch, *dirty) error) error {
	w := r.w
	r.walk.Reset(w.tiler, box, w.order, w.chunkStrides)
	for more := r.walk.Next(); more; {
		r.settle()
		if err := w.pool.admit(ctx, overflow); err != nil {
			return err
		}
		more = r.collect(box, more, false)
		for i := range r.batch {
			t := &r.batch[i]
			if err := w.check(t.box); err != nil {
				return err
			}
			if err := w.change(t.e, func(d *dirty) error { return f(t, d) }); err != nil {
				return err
			}
		}
	}
	return r.walk.Err()
}

// change calls f with the dirty chunk of an entry that the caller has pinned,
// locked and up to date with all records of erasures.
func (w *Window) change(e *entry, f func(*dirty) error) error {
	l := w.layout
	cell := cellOfKey(e.key)
	for {
		d := l.dirtyOf(e, cell)
		if !d.lock() {
			continue
		}
		defer d.mu.Unlock()
		d.keep = d.keep || w.array.keepFill
		if err := l.applyErasures(d); err != nil {
			return err
		}
		return f(d)
	}
}

// writeCut takes some bytes of one element, from its byte skip on.
func (w *Window) writeCut(element, skip int64, p []byte) error {
	rank, n := w.view.Rank(), w.t.OutputRank()
	var atRoom, cellRoom, storedRoom [arrayview.MaxRank]int64
	at, cell, stored := atRoom[:rank], cellRoom[:n], storedRoom[:n]
	arrayview.LinearPoint(w.view, w.order, element, at)
	if err := w.tiler.Locate(at, cell, stored); err != nil {
		return err
	}
	one := arrayview.NewBox(rank)
	for d := range at {
		one.Min[d], one.Shape[d] = at[d], 1
	}
	if err := w.check(one); err != nil {
		return err
	}
	off := w.component + w.layout.offset(cell, stored, w.chunkStrides)
	e := w.layout.pin(cell)
	defer e.unpin()
	return w.change(e, func(d *dirty) error {
		dst := d.room()
		for i, b := range p {
			byteAt := skip + int64(i)
			if part := int64(w.swap); part > 0 {
				byteAt = byteAt/part*part + part - 1 - byteAt%part
			}
			dst[off+byteAt] = b
			d.mask.set(off+byteAt, 1)
		}
		d.count(int64(len(p)))
		return nil
	})
}

// offset returns where a stored index lies in its decoded chunk, in bytes.
func (l *layout) offset(cell, stored, strides []int64) int64 {
	s, off := l.ds.Schema(), int64(0)
	for i, x := range stored {
		off += (x - s.GridOrigin[i] - cell[i]*s.Chunk[i]) * strides[i]
	}
	return off
}

// Erase makes every element of the view the fill value, for all readers, at
// once; the next flush makes it durable.
func (w *Window) Erase(ctx context.Context) error {
	if w.total == 0 {
		return nil
	}
	w.array.shared.modified.now()
	g, ok := regionOf(w.t)
	if ok && w.inside {
		cells := g.cells(w.schema)
		if _, err := cells.Elements(); err == nil {
			return w.layout.addErasure(&erasure{region: g, cells: cells, schema: w.schema, done: map[int64]*[erasurePage / 64]uint64{}})
		}
	}
	r := newReading(w, time.Time{})
	defer r.release()
	return r.fillBox(ctx, w.view)
}

// StoreSoon begins to store what was written to the array, and does not wait for
// it: what fails is logged, and tried again.
func (w *Window) StoreSoon() {
	l := w.layout
	if l.unstored.Load() == 0 {
		return
	}
	l.engine.flights.Add(1)
	go func() {
		defer l.engine.flights.Done()
		_ = l.flush(l.engine.base) // logged where it failed
	}()
}

// Flush stores what was written to the array, through whatever file, and waits
// for it. The error stays when the array is gone for which it was written.
func (w *Window) Flush(ctx context.Context) error {
	err := w.layout.flush(ctx)
	if w.layout.lost.Load() != w.lost {
		err = errors.Join(err, fmt.Errorf("%s: %w: %w", w.layout.store.Location(""), ErrIncompatible, errLost))
	}
	return err
}
