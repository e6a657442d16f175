package cache

import (
	"time"

	"tsmount/arrayview"
)

// next is a chunk that a position keeps although its value is still to come.
type next struct {
	e *entry // pinned
	k *keep
	q request
	start
}

// keepAhead keeps the chunks that come next in the file; ahead bytes in so many
// chunks are under way or waiting already. It returns those that are to be
// loaded. The caller holds w.mu.
func (w *Window) keepAhead(p *position, bound time.Time, ahead int64, chunks int) (loads []next) {
	if !p.begun || p.done || p.next >= w.total {
		return nil
	}
	w.placeCursor(p)
	var cell, stored [arrayview.MaxRank]int64
	n := w.t.OutputRank()
	for step := 0; step < maxSteps && chunks < maxAhead && !p.done && ahead+w.layout.bytes <= p.limit; step++ {
		if w.tiler.Locate(p.cursor, cell[:n], stored[:n]) != nil {
			p.done = true // the read that gets there reports it
			break
		}
		e := w.layout.pin(cell[:n])
		if k := p.kept[e]; k != nil {
			e.unpin()
			_, last := w.span(p.cursor, stored[:len(p.cursor)])
			k.last = max(k.last, last)
		} else {
			if !w.engine.inUse.try(w.layout.bytes) {
				e.unpin()
				break
			}
			ahead += w.layout.bytes
			chunks++
			loads = w.keepNext(p, e, bound, loads)
		}
		p.done = !w.nextTile(p.cursor)
	}
	return loads
}

// keepNext keeps e, pinned by the caller, for p, and adds it to loads if it is
// not fresh.
func (w *Window) keepNext(p *position, e *entry, bound time.Time, loads []next) []next {
	var room [arrayview.MaxRank]int64
	first, last := w.span(p.cursor, room[:len(p.cursor)])
	k := &keep{first: first, last: last, booked: w.layout.bytes}
	p.kept[e] = k
	q := request{engine: w.engine, bound: bound}
	s := q.begin(e)
	if s.f == nil {
		w.arrived(p, e, k, s.value)
		return loads
	}
	e.again()
	w.ahead.Add(1)
	return append(loads, next{e: e, k: k, q: q, start: s})
}

// load starts what keepAhead has returned.
func (w *Window) load(p *position, loads []next) {
	var jobs []*job
	for _, l := range loads {
		if l.job != nil {
			jobs = append(jobs, l.job)
		}
	}
	startAll(jobs, w.layout.width())
	for _, l := range loads {
		if l.job != nil && l.f.ended() { // at a glance
			w.await(p, l)
		} else {
			go w.await(p, l)
		}
	}
}

// await takes the value of l when it has come.
func (w *Window) await(p *position, l next) {
	defer w.ahead.Done()
	got, err := l.q.finish(w.ctx, l.e, l.f)
	if err == nil { // an error is the business of the read that gets there
		w.mu.Lock()
		w.arrived(p, l.e, l.k, got.value)
		w.mu.Unlock()
	}
	l.e.unpin()
}

// arrived drops the reference to what read-ahead has loaded: the entry keeps
// it. A missing chunk takes no memory. The caller holds w.mu.
func (w *Window) arrived(p *position, e *entry, k *keep, value any) {
	if chunk, ok := value.(*buffer); ok {
		chunk.drop()
		return
	}
	if p.kept[e] == k {
		w.engine.inUse.release(k.booked)
		k.booked = 0
	}
}

// placeCursor sets the cursor to the first tile that begins at or behind
// p.next, unless it is there or further already.
func (w *Window) placeCursor(p *position) {
	if p.cursor != nil && arrayview.LinearIndex(w.view, w.order, p.cursor) >= p.next {
		return
	}
	rank := w.view.Rank()
	if p.cursor == nil {
		p.cursor = make([]int64, rank)
	}
	arrayview.LinearPoint(w.view, w.order, p.next, p.cursor)
	for i, d := range w.order {
		lo, _ := w.tiler.Segment(d, p.cursor[d])
		if lo == p.cursor[d] {
			continue
		}
		for _, faster := range w.order[i+1:] {
			p.cursor[faster] = w.view.Min[faster]
		}
		p.done = !w.stepAlong(p.cursor, i)
		return
	}
}

// nextTile moves a tile's first index to that of the next tile in the file. It
// reports false behind the last one.
func (w *Window) nextTile(at []int64) bool { return w.stepAlong(at, len(w.order)-1) }

// stepAlong moves at to the next segment along the i-th slowest dimension, or
// if that was the last one, along the one before.
func (w *Window) stepAlong(at []int64, i int) bool {
	for ; i >= 0; i-- {
		d := w.order[i]
		if _, hi := w.tiler.Segment(d, at[d]); hi < w.view.Max(d) {
			at[d] = hi
			return true
		}
		at[d] = w.view.Min[d]
	}
	return false
}
