package cache

import (
	"context"
	"fmt"
)

// The dirty chunks of a pool that nobody uses stand in Pool.queue, the least
// recently used first. Those in use are counted, but not forced out.

// dirtyOf returns what is dirty of the chunk in e, made if there is nothing. The
// caller has pinned e.
func (l *layout) dirtyOf(e *entry, cell []int64) *dirty {
	p := l.chunks.pool
	l.written.Store(true)
	l.hold(1) // before anybody can store it
	p.mu.Lock()
	d := e.dirty
	made := d == nil
	if made {
		d = &dirty{entry: e, layout: l, cell: append([]int64(nil), cell...)}
		d.group = l.groupLocked(l.ds.WriteGroup(cell))
		d.group.members[d] = struct{}{}
		e.dirty = d
	}
	p.mu.Unlock()
	if !made {
		l.hold(-1)
	}
	return d
}

// hold counts what of the layout is not stored. As long as there is anything,
// the array stays open.
func (l *layout) hold(n int64) {
	switch now := l.unstored.Add(n); {
	case n > 0 && now == n:
		l.engine.writes(1)
		l.owner.acquire()
	case now == 0:
		l.engine.writes(-1)
		l.owner.release()
	}
}

// detach takes d from its entry, group and queue. The caller holds d.mu.
func (p *Pool) detach(d *dirty) {
	p.mu.Lock()
	d.entry.dirty = nil
	p.unqueue(d)
	delete(d.group.members, d)
	p.mu.Unlock()
	d.layout.hold(-1)
}

// enqueue puts the dirty chunk of an entry that nobody uses at the end of the
// queue, and has it stored if there is no reason to wait. The caller holds
// p.mu.
func (p *Pool) enqueue(d *dirty) {
	if d.place != nil {
		return
	}
	d.place = p.queue.PushBack(d)
	p.queued += d.weight
	d.group.queued++
	if d.group.complete() {
		d.group.start()
	}
}

// unqueue takes d out of the queue. The caller holds p.mu.
func (p *Pool) unqueue(d *dirty) {
	if d.place == nil {
		return
	}
	p.queue.Remove(d.place)
	d.place = nil
	d.group.queued--
	p.queued -= d.weight
	p.wakeLocked()
}

// wakeLocked wakes those that wait for the queue to become shorter.
func (p *Pool) wakeLocked() {
	if p.shorter != nil {
		close(p.shorter)
		p.shorter = nil
	}
}

// weigh sets the memory that d takes, in bytes. The caller holds d.mu.
func (p *Pool) weigh(d *dirty, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	more := n - d.weight
	d.weight = n
	p.dirty += more
	if d.place != nil {
		p.queued += more
	}
	if more < 0 {
		p.wakeLocked()
	}
}

// admit waits until the queue is no longer than queued_for_writeback_bytes_limit
// and beyond bytes allow, storing the oldest dirty chunks. The error is that of
// a chunk which could not be stored.
func (p *Pool) admit(ctx context.Context, beyond int64) error {
	for {
		run, shorter := p.press(beyond)
		if shorter == nil {
			return nil
		}
		var stored <-chan struct{}
		if run != nil {
			stored = run.done
		}
		select {
		case <-shorter:
		case <-stored:
		case <-ctx.Done():
			return fmt.Errorf("waiting for write-back: %w", context.Cause(ctx))
		}
		if run.failed() && p.tooLong(beyond) {
			return fmt.Errorf("write-back: %w", run.err)
		}
	}
}

// failed reports whether the run has ended with an error.
func (r *storeRun) failed() bool {
	if r == nil {
		return false
	}
	select {
	case <-r.done:
		return r.err != nil
	default:
		return false
	}
}

func (p *Pool) tooLong(beyond int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queued-beyond > p.writeback
}

// press begins to store the oldest chunks of a queue that is too long. It
// returns the first that is under way, and a channel that is closed when the
// queue becomes shorter; nil if it is short enough.
func (p *Pool) press(beyond int64) (first *storeRun, shorter <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	excess := p.queued - beyond
	if excess <= p.writeback {
		return nil, nil
	}
	excess -= p.writeback // which may be the largest number
	first = p.startOldest(&excess, false)
	if first == nil { // then there is nothing else left
		first = p.startOldest(&excess, true)
	}
	if p.shorter == nil {
		p.shorter = make(chan struct{})
	}
	return first, p.shorter
}

// startOldest begins to store the oldest chunks of the queue, excess bytes of
// them, of those groups that failed last time or of the others: a store that
// takes nothing must not stop writers to another one. It returns the first run.
// The caller holds p.mu.
func (p *Pool) startOldest(excess *int64, failed bool) (first *storeRun) {
	for place := p.queue.Front(); place != nil && *excess > 0; place = place.Next() {
		d := place.Value.(*dirty)
		if d.group.failed != failed || d.weight == 0 {
			continue
		}
		*excess -= d.weight
		if run := d.group.start().want(); first == nil {
			first = run
		}
	}
	return first
}
