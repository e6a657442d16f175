package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"tsmount/kvstore"
)

// loaded is what a load found: a value with its weight in bytes, or that the
// known one is unchanged.
type loaded struct {
	value     any // a *buffer with one reference, nil for missing, or a memo value
	unchanged bool
	weight    int64
	stamp     kvstore.Stamp
}

// loadFunc reads an item. old and gen are what is known of it (nil and "" when
// nothing); old is only for memo values, never a buffer.
// bound is the oldest state of the store that will do.
type loadFunc func(ctx context.Context, bound time.Time, old any, gen kvstore.Generation) (loaded, error)

// flight is one load under way. Its fields are guarded by pool.mu, except began
// and done, which do not change, and err, which is set before done closes.
type flight struct {
	began   time.Time
	bound   time.Time // what the load was asked for
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	err     error
}

// request says how fresh a value must be and how it is loaded.
type request struct {
	engine *Engine // whose context flights run under
	bound  time.Time
	load   loadFunc // nil: the entry's own
}

// begin returns the value of e if it is fresh (hit), with a reference taken if
// it is a buffer; otherwise the flight to wait for, of which the caller is then
// a waiter. The caller has pinned e.
func (q request) begin(e *entry) (value any, stamp kvstore.Stamp, f *flight) {
	p := e.table.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.known && e.stamp.Fresh(q.bound) {
		p.stats.Hits++
		return e.keepLocked(), e.stamp, nil
	}
	f = e.flight
	if f == nil {
		p.stats.Misses++
		f = q.launch(e)
	}
	f.waiters++
	return nil, kvstore.Stamp{}, f
}

// keepLocked returns the value, with a reference taken if it is a buffer.
func (e *entry) keepLocked() any {
	if b, ok := e.value.(*buffer); ok {
		return b.keep()
	}
	return e.value
}

func (q request) launch(e *entry) *flight {
	ctx, cancel := context.WithCancel(q.engine.base)
	f := &flight{began: time.Now(), bound: q.bound, done: make(chan struct{}), cancel: cancel}
	e.flight = f
	load := q.load
	if load == nil {
		load = e.load
	}
	var old any
	var gen kvstore.Generation
	if e.known {
		gen = e.stamp.Generation
		if _, isBuffer := e.value.(*buffer); !isBuffer {
			old = e.value
		}
	}
	q.engine.flights.Add(1)
	go func() {
		defer q.engine.flights.Done()
		defer cancel()
		l, err := guard(ctx, q.bound, load, old, gen)
		e.table.pool.land(e, f, l, err)
	}()
	return f
}

// land ends a flight and stores what it brought, unless everybody has left.
func (p *Pool) land(e *entry, f *flight, l loaded, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(f.done)
	f.err = err
	if e.flight != f {
		discard(l)
		return
	}
	e.flight = nil
	if err != nil {
		p.stats.Errors++
		return
	}
	p.publish(e, l)
}

func discard(l loaded) {
	if b, ok := l.value.(*buffer); ok {
		b.drop()
	}
}

// guard turns a panic of a load into an error of that load: one bad chunk must
// not end the process.
func guard(ctx context.Context, bound time.Time, load loadFunc, old any, gen kvstore.Generation) (l loaded, err error) {
	defer func() {
		if r := recover(); r != nil {
			l, err = loaded{}, fmt.Errorf("internal error: %v\n%s", r, debug.Stack())
		}
	}()
	return load(ctx, bound, old, gen)
}

// leave ends the caller's interest in f. The last one out cancels it.
func (p *Pool) leave(e *entry, f *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiters--; f.waiters > 0 {
		return
	}
	if e.flight == f {
		e.flight = nil
		f.cancel()
	}
}

// finish waits for f, and for further flights if f was not asked for anything
// as fresh as the request. It ends the caller's interest in f in any case.
func (q request) finish(ctx context.Context, e *entry, f *flight) (any, kvstore.Stamp, error) {
	p := e.table.pool
	for {
		select {
		case <-f.done:
		case <-ctx.Done():
			p.leave(e, f)
			return nil, kvstore.Stamp{}, ctx.Err()
		}
		value, stamp, ok := p.collect(e, f, q.bound)
		if ok {
			return value, stamp, nil
		}
		if f.err != nil && !f.began.Before(q.bound) {
			return nil, kvstore.Stamp{}, f.err
		}
		var next *flight
		if value, stamp, next = q.begin(e); next == nil {
			return value, stamp, nil
		}
		f = next
	}
}

// collect takes the outcome of a flight that has ended, if it was made for a
// bound that is fresh enough: a store may then answer with an older stamp (its
// clock is behind, or a cache of its own was fresh enough).
func (p *Pool) collect(e *entry, f *flight, bound time.Time) (any, kvstore.Stamp, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.waiters--
	if f.err != nil || f.bound.Before(bound) || !e.known {
		return nil, kvstore.Stamp{}, false
	}
	return e.keepLocked(), e.stamp, true
}

// get returns the value of e, no older than the request's bound, with a
// reference taken if it is a buffer.
func (q request) get(ctx context.Context, e *entry) (any, kvstore.Stamp, error) {
	value, stamp, f := q.begin(e)
	if f == nil {
		return value, stamp, nil
	}
	return q.finish(ctx, e, f)
}
