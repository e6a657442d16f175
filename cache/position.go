package cache

import (
	"slices"
	"time"

	"tsmount/arrayview"
)

const (
	// maxPositions is how many places of one open file are followed.
	maxPositions = 8
	// nearBytes is how far from a position a read may begin to continue it.
	nearBytes = 1 << 20
	// behindBytes is how far behind a position chunks stay in use: the next read
	// may begin inside the last element, and reads of the kernel's read-ahead
	// come in any order.
	behindBytes = 128 << 10
	// eagerBytes is how much the first read at the beginning of a file asks for
	// if the whole file is likely to be read.
	eagerBytes = 64 << 10
	// firstAhead is how far a position reads ahead at first, in chunk bytes.
	firstAhead = 32 << 20
	// slowStore is the store latency from which on a position that has to wait
	// for its read-ahead reads further ahead.
	slowStore = 2 * time.Millisecond
	// maxAhead is how many chunks a position reads ahead.
	maxAhead = 512
	// maxSteps bounds the tiles that one read looks ahead.
	maxSteps = 4096
)

// position is a place in a file from which somebody reads on. Guarded by its
// window's mu.
type position struct {
	next   int64 // the element behind the last one read
	begun  bool  // enough was read from here to read ahead
	kept   map[*entry]*keep
	cursor []int64 // where read-ahead goes on: the first view index of a tile; nil: not known
	done   bool    // read-ahead has reached the end of the file
	limit  int64   // of bytes read ahead
	waited bool    // a read had to wait for a chunk that was started ahead
	gone   bool    // no longer followed: a read still under way keeps nothing for it
}

// keep is a chunk that a position keeps in use. The position holds one pin.
type keep struct {
	first, last int64 // elements of the file that come from it
	booked      int64 // bytes reserved from the in-use budget
}

func (w *Window) behind() int64 { return behindBytes / w.elem }

func newPosition() *position {
	return &position{kept: make(map[*entry]*keep), limit: firstAhead}
}

// follow returns the position that a read of n elements at first continues, or
// nil if it continues none: its end is then a position to be continued.
func (w *Window) follow(first, n int64) *position {
	w.mu.Lock()
	defer w.mu.Unlock()
	near := nearBytes / w.elem
	for i := len(w.positions) - 1; i >= 0; i-- {
		p := w.positions[i]
		if first < p.next-near-n || first > p.next+near {
			continue
		}
		copy(w.positions[i:], w.positions[i+1:])
		w.positions[len(w.positions)-1] = p
		p.begun = p.begun || p.next > 0 || n*w.elem >= eagerBytes
		return p
	}
	p := newPosition()
	p.next = first + n
	if len(w.positions) == maxPositions {
		w.forget(w.positions[0])
	}
	w.positions = append(w.positions, p)
	return nil
}

// keep hands the pin and the booking of t over to the read's position if that
// needs the chunk beyond the end of the read. The caller holds w.mu.
func (w *Window) keep(r *reading, t *touch) bool {
	if r.pos == nil || w.closed || r.pos.gone || t.kept || !t.booked || r.pos.kept[t.e] != nil {
		return false
	}
	var room [arrayview.MaxRank]int64
	first, last := w.span(t.box.Min, room[:len(t.box.Min)])
	if last < r.end-w.behind() {
		return false
	}
	r.pos.kept[t.e] = &keep{first: first, last: last, booked: w.layout.bytes}
	return true
}

// advance moves the read's position to the end of the read: it takes over the
// chunks of the last batch, gives back those that have been passed, and starts
// more.
func (w *Window) advance(r *reading) {
	if r.pos == nil {
		return
	}
	r.settle()
	w.load(r.pos, w.moveOn(r))
}

// moveOn moves the position and keeps the chunks that come next.
func (w *Window) moveOn(r *reading) []next {
	w.mu.Lock()
	defer w.mu.Unlock()
	ahead, chunks, moved := w.move(r)
	if !moved {
		return nil
	}
	p := r.pos
	if p.waited && w.layout.slow() {
		p.limit = min(2*p.limit, w.engine.inUse.limit/2)
	}
	p.waited = false
	return w.keepAhead(p, r.q.bound, ahead, chunks)
}

// pass is advance for a write, which needs nothing that comes next.
func (w *Window) pass(r *reading) {
	if r.pos == nil {
		return
	}
	r.settle()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.move(r)
}

// move moves the position and gives back the chunks that have been passed. It
// returns the bytes and the number of those that lie ahead. The caller holds
// w.mu.
func (w *Window) move(r *reading) (ahead int64, chunks int, moved bool) {
	p, next := r.pos, r.end
	if w.closed || p.gone || next <= p.next && len(p.kept) > 0 {
		return 0, 0, false
	}
	p.next = next
	for e, k := range p.kept {
		if k.last < next-w.behind() {
			w.dropKept(p, e, k)
		} else if k.first >= next {
			ahead += k.booked
			chunks++
		}
	}
	return ahead, chunks, true
}

func (w *Window) dropKept(p *position, e *entry, k *keep) {
	w.engine.inUse.release(k.booked)
	delete(p.kept, e)
	e.unpin()
}

// forget ends the following of p. The caller holds w.mu.
func (w *Window) forget(p *position) {
	w.dropAll(p)
	p.gone = true
	w.positions = slices.DeleteFunc(w.positions, func(q *position) bool { return q == p })
}

func (w *Window) dropAll(p *position) {
	for e, k := range p.kept {
		w.dropKept(p, e, k)
	}
}
