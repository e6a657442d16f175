package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tsmount/kvstore"
)

// writeGroup is the dirty chunks of one stored key: a chunk, or those of a
// shard, which are stored in one rewrite. Its fields are guarded by pool.mu.
type writeGroup struct {
	layout  *layout
	key     string
	members map[*dirty]struct{}
	wrote   atomic.Int64 // what its members have counted; not guarded
	queued  int          // members that nobody uses
	run     *storeRun    // nil: none is under way
	failed  bool         // the last run did: the next one has a reason of its own
}

// storeRun is one attempt to store a group. err is set before done closes.
type storeRun struct {
	done   chan struct{}
	err    error
	hurry  sync.Once
	wanted chan struct{} // closed when somebody waits for it
}

// want tells the run that somebody waits for it.
func (r *storeRun) want() *storeRun {
	r.hurry.Do(func() { close(r.wanted) })
	return r
}

// retryPause is when chunks that could not be stored are tried again.
const retryPause = 30 * time.Second

// groupLocked returns the group of a stored key. The caller holds pool.mu.
func (l *layout) groupLocked(key string) *writeGroup {
	g := l.groups[key]
	if g == nil {
		g = &writeGroup{layout: l, key: key, members: make(map[*dirty]struct{})}
		l.groups[key] = g
	}
	return g
}

// complete reports whether the writers seem to be through with the group: nobody
// uses its chunks, and as many bytes were written since they were stored last as
// it has. One that could not be stored waits for whoever asks for it. The caller
// holds pool.mu.
func (g *writeGroup) complete() bool {
	if g.queued < len(g.members) || g.failed {
		return false
	}
	cells, bytes := g.size()
	return int64(len(g.members)) >= cells && g.wrote.Load() >= bytes
}

// size returns how many chunks a group of any member's place has in the domain,
// and their bytes. The caller holds pool.mu.
func (g *writeGroup) size() (cells, bytes int64) {
	schema := g.layout.schema()
	cells, bytes = 1, schema.ChunkBytes()
	for d := range g.members {
		for i, c := range d.cell {
			step, chunk := schema.WriteChunk[i], schema.Chunk[i]
			lo := schema.GridOrigin[i] + c*chunk/step*step
			extent := min(lo+step, schema.Domain.Max[i]) - max(lo, schema.Domain.Min[i])
			cells *= (extent + chunk - 1) / chunk
			if extent%chunk == 0 {
				bytes *= extent / chunk
			} else {
				bytes = bytes / chunk * extent
			}
		}
		break
	}
	return cells, bytes
}

// start begins to store the group, unless that is under way, and returns the
// run. The caller holds pool.mu.
func (g *writeGroup) start() *storeRun {
	if g.run == nil {
		g.run = &storeRun{done: make(chan struct{}), wanted: make(chan struct{})}
		g.layout.engine.flights.Add(1)
		go g.store(g.run)
	}
	return g.run
}

// store is the goroutine of a run.
func (g *writeGroup) store(run *storeRun) {
	l := g.layout
	e, p := l.engine, l.chunks.pool
	defer e.flights.Done()
	err := g.storeBounded(run)
	p.mu.Lock()
	run.err, g.run, g.failed = err, nil, err != nil
	switch {
	case len(g.members) == 0:
		if l.groups[g.key] == g {
			delete(l.groups, g.key)
		}
	case g.complete(): // again: what was written meanwhile
		g.start()
	}
	close(run.done) // before anybody is woken, who would begin another run
	p.wakeLocked()
	p.mu.Unlock()
	if err != nil && e.base.Err() == nil {
		l.retryLater(g.key, err)
	}
}

// storeBounded stores when the limits allow it. Those of the array come first:
// it must not keep others from their places while it waits.
func (g *writeGroup) storeBounded(run *storeRun) error {
	l := g.layout
	e := l.engine
	l.chunks.pool.mu.Lock()
	_, bytes := g.size()
	l.chunks.pool.mu.Unlock()
	e.backlog.Add(bytes)
	defer e.backlog.Add(-bytes)
	if err := l.rewrites.reserve(e.base, bytes); err != nil {
		return err
	}
	defer l.rewrites.release(bytes)
	if err := e.storing.Acquire(e.base); err != nil {
		return err
	}
	defer e.storing.Release()
	return g.storeGuarded(run)
}

// storeGuarded turns a panic into an error: one bad chunk must not end the
// process.
func (g *writeGroup) storeGuarded(run *storeRun) (err error) {
	_, err = guard(g.layout.engine.base, time.Time{}, func(ctx context.Context, _ time.Time, _ any, _ kvstore.Generation) (loaded, error) {
		return loaded{}, g.layout.storeGroup(ctx, g, run.wanted)
	}, nil, "")
	return err
}

// retryLater stores everything that is dirty after a while, and logs why.
func (l *layout) retryLater(key string, why error) {
	if l.unstored.Load() == 0 || !l.retrying.CompareAndSwap(false, true) {
		return
	}
	l.engine.log.Error("cannot store what was written, will try again", "key", l.owner.store.Location(l.owner.path+key), "err", why)
	l.engine.flights.Add(1) // the caller is one itself
	go func() {
		defer l.engine.flights.Done()
		err := sleep(l.engine.base, retryPause)
		l.retrying.Store(false)
		if err == nil && l.unstored.Load() > 0 {
			_ = l.flush(l.engine.base) // what fails is logged, and tried again
		}
	}()
}

// taken returns the members of g, their entries pinned against eviction.
func (g *writeGroup) taken() []*dirty {
	p := g.layout.chunks.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*dirty, 0, len(g.members))
	for d := range g.members {
		p.pinLocked(d.entry)
		list = append(list, d)
	}
	return list
}

// flush stores everything that was dirty when it was called. The error is the
// first of those that could not be stored; they stay dirty.
func (l *layout) flush(ctx context.Context) error {
	err := l.flushErased(ctx)
	if err != nil && ctx.Err() == nil {
		l.retryLater("", err)
	}
	return errors.Join(err, l.flushGroups(ctx, l.dirtyGroups()))
}

func (l *layout) dirtyGroups() []*writeGroup {
	p := l.chunks.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	groups := make([]*writeGroup, 0, len(l.groups))
	for _, g := range l.groups {
		groups = append(groups, g)
	}
	return groups
}

// flushGroups stores groups. A run that was under way already may have missed
// what was written last: it is waited for, and whatever comes after it is new
// enough, so that others who go on writing keep nobody waiting.
func (l *layout) flushGroups(ctx context.Context, groups []*writeGroup) error {
	runs, older := l.startAll(groups)
	first, err := wait(ctx, runs, older)
	if err != nil {
		return err
	}
	var again []*writeGroup
	for i, g := range groups {
		if older[i] {
			again = append(again, g)
		}
	}
	runs, _ = l.startAll(again)
	second, err := wait(ctx, runs, nil)
	return cmp.Or(first, second, err)
}

// wait waits for runs. first is the first of their errors, those of the runs that
// older marks left out; err is that of ctx.
func wait(ctx context.Context, runs []*storeRun, older []bool) (first, err error) {
	for i, run := range runs {
		select {
		case <-run.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for write-back: %w", context.Cause(ctx))
		}
		if older == nil || !older[i] {
			first = cmp.Or(first, run.err)
		}
	}
	return first, nil
}

// startAll begins to store groups, and tells which were being stored already.
func (l *layout) startAll(groups []*writeGroup) (runs []*storeRun, older []bool) {
	p := l.chunks.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range groups {
		older = append(older, g.run != nil)
		runs = append(runs, g.start().want())
	}
	return runs, older
}
