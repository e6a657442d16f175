package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync/atomic"
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

// glanceFunc reports that the item of key, of which old and gen are known as for
// a loadFunc, is unchanged, if that can be told without waiting for anything.
type glanceFunc func(key string, old any, gen kvstore.Generation) bool

// flight is one load under way. Its fields are guarded by pool.mu, except began
// and done, which do not change, and err, which is set before done closes.
type flight struct {
	began   time.Time
	bound   time.Time // what the load was asked for
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	err     error

	overtaken bool // a store has made the entry's value since
}

// request says how fresh a value must be and how it is loaded.
type request struct {
	engine *Engine // whose context flights run under
	bound  time.Time
	load   loadFunc // nil: the entry's own
}

// start is what begin finds: a value, or the flight that brings it, of which the
// caller is then a waiter. job is set when the flight is new: the caller runs it.
type start struct {
	taken
	f   *flight
	job *job
}

// taken is what an entry held at one moment.
type taken struct {
	value  any // with a reference taken if it is a buffer
	stamp  kvstore.Stamp
	stores int64 // entry.stores then
}

// begin returns the value of e if it is fresh, otherwise the flight to wait
// for. The caller has pinned e.
func (q request) begin(e *entry) start {
	p := e.table.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.known && e.stamp.Fresh(q.bound) {
		p.stats.Hits++
		return start{taken: e.takeLocked()}
	}
	s := start{f: e.flight}
	if s.f == nil {
		p.stats.Misses++
		s.job = q.prepare(e)
		s.f = s.job.f
	}
	s.f.waiters++
	return s
}

// takeLocked returns what e holds.
func (e *entry) takeLocked() taken {
	t := taken{value: e.value, stamp: e.stamp, stores: e.stores.Load()}
	if b, ok := e.value.(*buffer); ok {
		t.value = b.keep()
	}
	return t
}

// job is a flight to be run.
type job struct {
	engine *Engine
	ctx    context.Context
	e      *entry
	f      *flight
	load   loadFunc
	old    any
	gen    kvstore.Generation
}

// prepare makes the flight of e. The caller holds pool.mu.
func (q request) prepare(e *entry) *job {
	ctx, cancel := context.WithCancel(q.engine.base)
	f := &flight{began: time.Now(), bound: q.bound, done: make(chan struct{}), cancel: cancel}
	e.flight = f
	j := &job{engine: q.engine, ctx: ctx, e: e, f: f, load: q.load}
	if j.load == nil {
		j.load = e.load
	}
	if e.known {
		j.gen = e.stamp.Generation
		if _, isBuffer := e.value.(*buffer); !isBuffer {
			j.old = e.value
		}
	}
	q.engine.flights.Add(1)
	return j
}

// run loads and ends the flight.
func (j *job) run() {
	defer j.engine.flights.Done()
	defer j.f.cancel()
	l, err := guard(j.ctx, j.f.bound, j.load, j.old, j.gen)
	j.e.table.pool.land(j.e, j.f, l, err)
}

// glance ends the flight at once if a glance can tell that nothing has changed:
// a goroutine for each chunk would take longer than looking at its file.
func (j *job) glance() bool {
	t := j.e.table
	if j.gen == "" || t.glance == nil {
		return false
	}
	stamp := kvstore.Stamp{Generation: j.gen, Time: time.Now()}
	if !t.glance(j.e.key, j.old, j.gen) {
		return false
	}
	defer j.engine.flights.Done()
	defer j.f.cancel()
	t.pool.land(j.e, j.f, loaded{unchanged: true, stamp: stamp}, nil)
	return true
}

// start ends the flight at once or runs it on a goroutine of its own. The caller
// holds no lock.
func (j *job) start() {
	if !j.glance() {
		go j.run()
	}
}

// startAll starts jobs, those that take a goroutine on at most width of them, in
// their order, and returns without waiting for these. The caller holds no lock.
func startAll(jobs []*job, width int) {
	jobs = slices.DeleteFunc(jobs, (*job).glance)
	next := new(atomic.Int64)
	for range min(width, len(jobs)) {
		go func() {
			for i := next.Add(1) - 1; i < int64(len(jobs)); i = next.Add(1) - 1 {
				jobs[i].run()
			}
		}()
	}
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
func (q request) finish(ctx context.Context, e *entry, f *flight) (taken, error) {
	p := e.table.pool
	for {
		if err := f.wait(ctx); err != nil {
			p.leave(e, f)
			return taken{}, err
		}
		got, ok := p.collect(e, f, q.bound)
		if ok {
			return got, nil
		}
		if f.err != nil && !f.began.Before(q.bound) {
			return taken{}, f.err
		}
		next := q.begin(e)
		if next.f == nil {
			return next.taken, nil
		}
		if next.job != nil {
			next.job.start()
		}
		f = next.f
	}
}

func (f *flight) ended() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// wait returns when the flight has ended, or with the error of ctx. To ask for
// ctx.Done costs a goroutine.
func (f *flight) wait(ctx context.Context) error {
	if f.ended() {
		return nil
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// collect takes the outcome of a flight that has ended, if it was made for a
// bound that is fresh enough: a store may then answer with an older stamp (its
// clock is behind, or a cache of its own was fresh enough). What overtook the
// flight was not made for any bound.
func (p *Pool) collect(e *entry, f *flight, bound time.Time) (taken, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f.waiters--
	if f.err != nil || f.bound.Before(bound) || !e.known || f.overtaken && !e.stamp.Fresh(bound) {
		return taken{}, false
	}
	return e.takeLocked(), true
}

// get returns the value of e, no older than the request's bound, with a
// reference taken if it is a buffer.
func (q request) get(ctx context.Context, e *entry) (taken, error) {
	s := q.begin(e)
	if s.f == nil {
		return s.taken, nil
	}
	if s.job != nil {
		s.job.start()
	}
	return q.finish(ctx, e, s.f)
}
