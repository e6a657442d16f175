package cache

import (
	"context"
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tsmount/kvstore"
)

const (
	// maxOrigins is how many chunks are remembered of one file, and
	// maxOriginBytes how much memory all files of a daemon take for it.
	maxOrigins     = 1 << 16
	maxOriginBytes = 64 << 20
	// originBytes is about what one remembered chunk takes beside its strings.
	originBytes = 64
	// keepDeadline is how long an open may take to find out that nothing has
	// changed; what takes longer is not worth it.
	keepDeadline = 100 * time.Millisecond
)

// Origins remembers from which chunks, in which generation, the bytes come that
// somebody above keeps of a file (the kernel's page cache), so that they can be
// kept across an open if nothing has changed. Methods are safe for concurrent
// use.
type Origins struct {
	engine *Engine
	held   *atomic.Int64 // bytes taken of the engine's share

	mu      sync.Mutex // guards following
	version uint64     // of the state that the bytes show
	bound   time.Time  // the newest bound of an open
	reads   int        // under way
	lost    bool       // more than is remembered, or of several generations
	cells   map[string]kvstore.Generation
}

// newOrigins returns a memory for one file of arrays of the engine.
func (e *Engine) newOrigins() *Origins {
	o := &Origins{engine: e, held: new(atomic.Int64)}
	runtime.AddCleanup(o, func(held *atomic.Int64) { e.originBytes.Add(-held.Load()) }, o.held)
	return o
}

// Keep tells, at an open of the file at bound, whether the bytes that are kept
// are still right: all chunks that they came from are unchanged. If not, they
// must be dropped, and what is read from now on is remembered anew.
func (o *Origins) Keep(ctx context.Context, a *Array, st *State, bound time.Time) bool {
	cells := o.open(st.Version, bound)
	if cells == nil {
		return false
	}
	soon := withPatience(ctx, keepDeadline)
	defer soon.stop()
	if st.layout.unchanged(soon, cells, bound) {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget()
	return false
}

// open notes an open and returns the chunks that are to be checked, nil if the
// answer is no anyway.
func (o *Origins) open(version uint64, bound time.Time) map[string]kvstore.Generation {
	o.mu.Lock()
	defer o.mu.Unlock()
	if bound.After(o.bound) {
		o.bound = bound
	}
	if o.reads > 0 || o.lost || o.version != version || len(o.cells) == 0 {
		o.forget()
		o.version = version
		return nil
	}
	cells := make(map[string]kvstore.Generation, len(o.cells))
	for key, gen := range o.cells {
		cells[key] = gen
	}
	return cells
}

// forget begins anew. The caller holds o.mu. While reads are under way what
// they bring is of unknown age.
func (o *Origins) forget() {
	o.engine.originBytes.Add(-o.held.Swap(0))
	o.cells, o.lost = nil, o.reads > 0
}

// begin notes that a read begins; it must use the bound that is returned, which
// is the newest of all opens, for the bytes are everybody's.
func (o *Origins) begin(bound time.Time) time.Time {
	if o == nil {
		return bound
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reads++
	if o.bound.After(bound) {
		return o.bound
	}
	return bound
}

// end notes what a read of an array in the given state came from.
func (o *Origins) end(version uint64, from []origin) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reads--
	if version != o.version {
		o.lost = true
	}
	for _, f := range from {
		o.note(f)
	}
}

// origin is one chunk that a read came from.
type origin struct {
	key        string // of its entry
	generation kvstore.Generation
}

func (o *Origins) note(f origin) {
	have, known := o.cells[f.key]
	switch {
	case o.lost, known && have == f.generation:
		return
	case known, len(o.cells) >= maxOrigins, o.engine.originBytes.Load() > maxOriginBytes:
		o.forget()
		o.lost = true
		return
	case o.cells == nil:
		o.cells = make(map[string]kvstore.Generation)
	}
	o.cells[f.key] = f.generation
	size := int64(len(f.key) + len(f.generation) + originBytes)
	o.held.Add(size)
	o.engine.originBytes.Add(size)
}

// keepBatch is how many chunks are asked about before the answers are looked at.
const keepBatch = 256

// asked is a chunk that is asked about.
type asked struct {
	key string
	gen kvstore.Generation
	e   *entry  // that holds the generation
	f   *flight // that asks the store; nil: the entry is fresh
}

// unchanged reports whether all cells are known to have the given generations
// at bound.
func (l *layout) unchanged(ctx context.Context, cells map[string]kvstore.Generation, bound time.Time) bool {
	var known, others []asked
	same := true
	for key, gen := range cells {
		a := asked{key: key, gen: gen, e: l.chunks.pinKnown(key, gen)}
		if a.e == nil {
			others = append(others, a)
			continue
		}
		if known = append(known, a); len(known) == keepBatch {
			same = l.sameKnown(ctx, known, bound)
			known = known[:0]
		}
		if !same {
			return false
		}
	}
	return l.sameKnown(ctx, known, bound) && l.sameStored(ctx, others, bound)
}

// sameKnown asks by the entries, which makes them fresh for the reads to come,
// and unpins them.
func (l *layout) sameKnown(ctx context.Context, list []asked, bound time.Time) bool {
	q := request{engine: l.engine, bound: bound}
	var jobs []*job
	same := ctx.Err() == nil // glances do not ask
	for i := range list {
		if !same {
			break
		}
		s := q.begin(list[i].e)
		discard(loaded{value: s.value})
		if list[i].f = s.f; s.f == nil {
			same = same && s.stamp.Generation == list[i].gen
		}
		if s.job != nil {
			jobs = append(jobs, s.job)
		}
	}
	startAll(jobs, l.width())
	for _, a := range list {
		switch {
		case a.f != nil && same:
			got, err := q.finish(ctx, a.e, a.f)
			discard(loaded{value: got.value})
			same = err == nil && got.stamp.Generation == a.gen
		case a.f != nil:
			l.chunks.pool.leave(a.e, a.f)
		}
		a.e.unpin()
	}
	return same
}

// sameStored asks the store.
func (l *layout) sameStored(parent context.Context, list []asked, bound time.Time) bool {
	if len(list) == 0 {
		return true
	}
	work, ctx := errgroup.WithContext(parent)
	work.SetLimit(l.width())
	for _, a := range list {
		if ctx.Err() != nil {
			break // one has changed
		}
		work.Go(func() error {
			r, err := l.store.Read(ctx, l.ds.ChunkKey(cellOfKey(a.key)), kvstore.ReadOptions{StatOnly: true, IfNotEqual: a.gen, Bound: storeBound(bound)})
			if err == nil && r.State != kvstore.Unchanged {
				err = kvstore.ErrMismatch
			}
			return err
		})
	}
	return work.Wait() == nil && parent.Err() == nil
}

// pinKnown pins the entry of key if there is one that holds generation gen.
func (t *table) pinKnown(key string, gen kvstore.Generation) *entry {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	e := t.entries[key]
	if e == nil || !e.known || e.stamp.Generation != gen {
		return nil
	}
	p.pinLocked(e)
	return e
}

// cellOfKey is the inverse of what layout.pin makes of a cell.
func cellOfKey(key string) []int64 {
	cell := make([]int64, len(key)/8)
	for d := range cell {
		cell[d] = int64(binary.BigEndian.Uint64([]byte(key[8*d : 8*d+8])))
	}
	return cell
}
