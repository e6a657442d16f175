package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tsmount/kvstore"
)

// writeGroup is the dirty chunks of one stored key: a chunk, or those of a
// shard, which are stored in one rewrite. Its fields are guarded by pool.mu.
type writeGroup struct {
	layout  *layout
	key     string
	members map[*dirty]struct{}
	queued  int       // members that nobody uses
	run     *storeRun // nil: none is under way
}

// storeRun is one attempt to store a group. err is set before done closes.
type storeRun struct {
	done chan struct{}
	err  error
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
// uses its chunks, and as many bytes were written as it has. The caller holds
// pool.mu.
func (g *writeGroup) complete() bool {
	if g.queued < len(g.members) {
		return false
	}
	cells, bytes := g.size()
	if int64(len(g.members)) < cells {
		return false
	}
	written := int64(0)
	for d := range g.members {
		written += d.wrote.Load()
	}
	return written >= bytes
}

// size returns how many chunks a group of any member's place has in the domain,
// and their bytes. The caller holds pool.mu.
func (g *writeGroup) size() (cells, bytes int64) {
	schema := g.layout.schema()
	cells, bytes = 1, schema.ChunkBytes()/max(1, schema.ComponentBytes())*int64(schema.DType.Size())
	for d := range g.members {
		for i, c := range d.cell {
			step, chunk := schema.WriteChunk[i], schema.Chunk[i]
			lo := schema.GridOrigin[i] + c*chunk/step*step
			extent := min(lo+step, schema.Domain.Max[i]) - max(lo, schema.Domain.Min[i])
			cells *= (extent + chunk - 1) / chunk
			bytes *= extent
		}
		break
	}
	return cells, bytes
}

// start begins to store the group, unless that is under way, and returns the
// run. The caller holds pool.mu.
func (g *writeGroup) start() *storeRun {
	if g.run == nil {
		g.run = &storeRun{done: make(chan struct{})}
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
	err := e.storing.Acquire(e.base)
	if err == nil {
		err = g.storeGuarded()
		e.storing.Release()
	}
	p.mu.Lock()
	run.err, g.run = err, nil
	if len(g.members) == 0 && l.groups[g.key] == g {
		delete(l.groups, g.key)
	}
	close(run.done) // before anybody is woken, who would begin another run
	p.wakeLocked()
	p.mu.Unlock()
	if err != nil && e.base.Err() == nil {
		l.retryLater(g.key, err)
	}
}

// storeGuarded turns a panic into an error: one bad chunk must not end the
// process.
func (g *writeGroup) storeGuarded() (err error) {
	_, err = guard(g.layout.engine.base, time.Time{}, func(ctx context.Context, _ time.Time, _ any, _ kvstore.Generation) (loaded, error) {
		return loaded{}, g.layout.storeGroup(ctx, g)
	}, nil, "")
	return err
}

// retryLater stores everything that is dirty after a while, and logs why.
func (l *layout) retryLater(key string, why error) {
	if !l.retrying.CompareAndSwap(false, true) {
		return
	}
	l.engine.log.Error("cannot store what was written, will try again", "key", l.owner.store.Location(l.owner.path+key), "err", why)
	time.AfterFunc(retryPause, func() {
		l.retrying.Store(false)
		if l.engine.base.Err() == nil && l.unstored.Load() > 0 {
			_ = l.flush(l.engine.base) // what fails is logged, and tried again
		}
	})
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
// what was written last: it is waited for, and another one begins.
func (l *layout) flushGroups(ctx context.Context, groups []*writeGroup) error {
	var first error
	for again := groups; len(again) > 0; {
		runs, older := l.startAll(again)
		again = nil
		for i, run := range runs {
			select {
			case <-run.done:
			case <-ctx.Done():
				return fmt.Errorf("waiting for write-back: %w", context.Cause(ctx))
			}
			switch {
			case older[i]:
				again = append(again, groups[i])
			case first == nil:
				first = run.err
			}
		}
		groups = again
	}
	return first
}

// startAll begins to store groups, and tells which were being stored already.
func (l *layout) startAll(groups []*writeGroup) (runs []*storeRun, older []bool) {
	p := l.chunks.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range groups {
		older = append(older, g.run != nil)
		runs = append(runs, g.start())
	}
	return runs, older
}
