package cache

import (
	"context"
	"sync"
	"time"

	"tsmount/arrayview"
)

// maxBatch is how many tiles one read has under way at a time.
const maxBatch = 1024

// reading is one ReadAt under way; its memory is recycled.
type reading struct {
	w     *Window
	q     request
	pos   *position // nil: the read continues nothing
	end   int64     // the element behind the last one of the read
	boxes []arrayview.Box
	walk  arrayview.Tiles
	batch []touch
	arena []int64 // tile boxes of the batch
	dst   []int64 // strides of the box in the reply

	noting bool // noted is wanted
	noted  []origin
}

// touch is one tile of a read: which chunk it comes from and where it goes.
type touch struct {
	e *entry
	f *flight // nil: the value is here
	taken
	whole  bool // needs no value: all of it was written here and is not stored
	erased bool // needs no value: it reads as fill
	box    arrayview.Box
	src    int64 // bytes into the decoded chunk
	fill   int64 // bytes into the fill value
	dst    int64 // bytes into the reply's part for the box
	kept   bool  // a position keeps the chunk in use already
	booked bool  // its bytes are reserved from the in-use budget
}

var readings = sync.Pool{New: func() any { return new(reading) }}

func newReading(w *Window, bound time.Time) *reading {
	r := readings.Get().(*reading)
	r.w, r.q, r.pos = w, request{engine: w.engine, bound: bound}, nil
	return r
}

// release gives back what the read still holds, also after an error.
func (r *reading) release() {
	r.settle()
	r.w, r.q, r.pos = nil, request{}, nil
	clear(r.noted)
	r.noted = r.noted[:0]
	readings.Put(r)
}

// readBox reads one box, whose elements lie together in dst. It returns how
// many leading bytes are right.
func (r *reading) readBox(ctx context.Context, box arrayview.Box, dst []byte) (int, error) {
	w := r.w
	r.dst = resized(r.dst, box.Rank())
	arrayview.DenseStrides(box.Shape, w.order, w.elem, r.dst)
	r.walk.Reset(w.tiler, box, w.order, w.chunkStrides)
	more := r.walk.Next()
	for more {
		r.settle()
		more = r.collect(box, more, true)
		for i := range r.batch {
			if err := r.copyTile(ctx, &r.batch[i], dst); err != nil {
				return int(r.batch[i].dst), err
			}
		}
	}
	if err := r.walk.Err(); err != nil {
		return 0, err
	}
	return len(dst), nil
}

// collect pins the chunks of the next tiles and, to read them, starts the loads
// of those that are not fresh, as many as the budgets allow but at least one. It
// reports whether tiles remain.
func (r *reading) collect(box arrayview.Box, more, read bool) bool {
	w := r.w
	rank := box.Rank()
	var jobs []*job
	defer func() { startAll(jobs, w.layout.width()) }() // without the lock
	w.mu.Lock()
	defer w.mu.Unlock()
	r.arena = resized(r.arena, 0)
	for more && len(r.batch) < maxBatch {
		t := touch{e: w.layout.pin(r.walk.Cell), src: r.walk.Offset + w.component}
		t.kept = r.pos != nil && r.pos.kept[t.e] != nil
		if !t.kept {
			t.booked = w.engine.inUse.try(w.layout.bytes)
			if !t.booked {
				w.engine.unpinned.Add(1)
			}
			if !t.booked && len(r.batch) > 0 {
				t.e.unpin()
				return true
			}
		}
		at := len(r.arena)
		r.arena = append(append(r.arena, r.walk.Min...), r.walk.Shape...)
		t.box = arrayview.Box{Min: r.arena[at : at+rank : at+rank], Shape: r.arena[at+rank : at+2*rank : at+2*rank]}
		for d, x := range t.box.Min {
			t.dst += (x - box.Min[d]) * r.dst[d]
		}
		t.fill = w.fillOffset(r.walk.Min)
		if read && !w.unstored(&t, r.walk.Cell) {
			s := r.q.begin(t.e)
			t.taken, t.f = s.taken, s.f
			if s.job != nil {
				jobs = append(jobs, s.job)
			}
			if t.f != nil && t.kept {
				r.pos.waited = true
			}
		}
		r.batch = append(r.batch, t)
		more = r.walk.Next()
	}
	return more
}

// copyTile waits for the chunk of t and copies its elements to dst.
func (r *reading) copyTile(ctx context.Context, t *touch, dst []byte) error {
	w := r.w
	if err := w.check(t.box); err != nil {
		return err
	}
	for {
		if t.f != nil {
			f := t.f
			t.f = nil
			var err error
			if t.taken, err = r.q.finish(ctx, t.e, f); err != nil {
				return err
			}
		}
		if done, err := r.copyKnown(t, dst); done || err != nil {
			return err
		}
		r.retake(t)
	}
}

// copyKnown copies the elements of t from what is known of its chunk. It is not
// done if that is not enough, or was stored meanwhile.
func (r *reading) copyKnown(t *touch, dst []byte) (done bool, err error) {
	w := r.w
	c := arrayview.Copy{Shape: t.box.Shape, DstStrides: r.dst, SrcStrides: w.tileStrides, ElemSize: int(w.elem), SwapPart: w.swap}
	if w.layout.written.Load() {
		if d, same := w.pool.dirtyNow(t); d != nil {
			return r.copyDirty(t, d, c, dst)
		} else if !same {
			return false, nil
		}
	}
	if r.noting {
		r.noted = append(r.noted, origin{t.e.key, t.stamp.Generation})
	}
	chunk, _ := t.value.(*buffer)
	switch {
	case chunk != nil:
		err = c.Run(dst, t.dst, chunk.data, t.src)
	case w.array.failMissing && !t.erased:
		return false, w.missing(t)
	default:
		c.SrcStrides = w.fill.strides
		err = c.Run(dst, t.dst, w.fill.data, t.fill)
	}
	chunk.drop()
	t.value = nil
	return true, err
}

// retake takes what is known of the chunk of t anew.
func (r *reading) retake(t *touch) {
	if chunk, ok := t.value.(*buffer); ok {
		chunk.drop()
	}
	t.whole, t.erased = false, false
	s := r.q.begin(t.e)
	t.taken, t.f = s.taken, s.f
	if s.job != nil {
		s.job.start()
	}
}

// settle ends the batch. Chunks that the read's position needs beyond the end of
// the read stay in use.
func (r *reading) settle() {
	w := r.w
	if len(r.batch) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range r.batch {
		t := &r.batch[i]
		if t.f != nil {
			w.pool.leave(t.e, t.f)
		}
		if chunk, ok := t.value.(*buffer); ok {
			chunk.drop()
		}
		if !w.keep(r, t) {
			if t.booked {
				w.engine.inUse.release(w.layout.bytes)
			}
			t.e.unpin()
		}
		*t = touch{}
	}
	r.batch = r.batch[:0]
}

// fillOffset returns where the element of a view index lies in the fill value.
func (w *Window) fillOffset(at []int64) int64 {
	if len(w.fill.data) == int(w.elem) {
		return 0
	}
	var cell, stored [arrayview.MaxRank]int64
	n := w.t.OutputRank()
	if w.tiler.Locate(at, cell[:n], stored[:n]) != nil {
		return 0 // the walk has located it already
	}
	off := int64(0)
	for d, s := range w.fill.stored {
		off += s * stored[d]
	}
	return off
}

// cellOf returns the cell of a view index.
func (w *Window) cellOf(at []int64) []int64 {
	n := w.t.OutputRank()
	cell, stored := make([]int64, n), make([]int64, n)
	_ = w.tiler.Locate(at, cell, stored) // the walk has located it already
	return cell
}

func resized(s []int64, n int) []int64 {
	if cap(s) < n {
		return make([]int64, n)
	}
	return s[:n]
}
