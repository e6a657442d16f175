package cache

import (
	"container/list"
	"math"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"tsmount/kvstore"
)

// maxMissing is how many unpinned entries that weigh nothing (missing chunks)
// a pool remembers.
const maxMissing = 1 << 16

// Pool is one cache_pool: entries of any number of arrays under one soft limit
// of bytes. Clean entries that nobody uses never exceed the limit together with
// what is in use; entries in use may.
type Pool struct {
	limit     int64 // total_bytes_limit
	writeback int64 // queued_for_writeback_bytes_limit

	mu      sync.Mutex // guards following, and all fields of entries and flights
	idle    *simplelru.LRU[*entry, struct{}]
	missing *simplelru.LRU[*entry, struct{}]
	bytes   int64 // weight of idle
	inUse   int64 // weight of pinned entries
	stats   PoolStats

	queue   list.List     // of *dirty that nobody uses, oldest use first
	queued  int64         // their bytes
	dirty   int64         // bytes of all dirty chunks
	shorter chan struct{} // closed when the queue becomes shorter; nil: nobody waits
}

// newPool returns a pool with the two limits in bytes.
func newPool(limit, writeback int64) *Pool {
	idle, _ := simplelru.NewLRU[*entry, struct{}](math.MaxInt, nil) // errs on sizes below 1 only
	missing, _ := simplelru.NewLRU[*entry, struct{}](math.MaxInt, nil)
	return &Pool{limit: limit, writeback: writeback, idle: idle, missing: missing}
}

// table is a set of entries with keys of their own: the chunks of one layout,
// or what an adapter memoises.
type table struct {
	pool    *Pool
	weight  int64             // of a chunk
	glance  glanceFunc        // nil: only a load can tell
	entries map[string]*entry // guarded by pool.mu
}

// newTable returns an empty table; weight is the bytes of a chunk, if it is one
// of chunks. glance may be nil.
func newTable(p *Pool, weight int64, glance glanceFunc) *table {
	return &table{pool: p, weight: weight, glance: glance, entries: make(map[string]*entry)}
}

// entry is one cached item. All fields but key and table are guarded by
// pool.mu.
type entry struct {
	table *table
	key   string

	pins   int
	known  bool
	value  any // *buffer (nil: missing chunk), or what a memo load returned
	weight int64
	stamp  kvstore.Stamp
	flight *flight
	load   loadFunc // set by whoever made the entry
	dirty  *dirty   // what was written and is not stored; changed with its mu held, too

	stores atomic.Int64 // how often a chunk was stored: what was known before is older
}

// pin returns the entry of key, made with what load returns if there is none,
// and keeps it until unpin. key may be reused by the caller.
func (t *table) pin(key []byte, load func(key string) loadFunc) *entry {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	e := t.entries[string(key)]
	if e == nil {
		e = &entry{table: t, key: string(key)}
		e.load = load(e.key)
		t.entries[e.key] = e
	}
	p.pinLocked(e)
	if e.dirty != nil {
		p.unqueue(e.dirty)
	}
	return e
}

func (p *Pool) pinLocked(e *entry) {
	if e.pins++; e.pins > 1 || !e.known {
		return
	}
	if e.weight == 0 {
		p.missing.Remove(e)
		return
	}
	if p.idle.Remove(e) {
		p.bytes -= e.weight
		p.inUse += e.weight
	}
}

// again pins an entry that the caller has pinned already.
func (e *entry) again() {
	p := e.table.pool
	p.mu.Lock()
	e.pins++
	p.mu.Unlock()
}

func (e *entry) unpin() {
	p := e.table.pool
	p.mu.Lock()
	p.unpinLocked(e)
	p.mu.Unlock()
}

func (p *Pool) unpinLocked(e *entry) {
	if e.pins--; e.pins > 0 {
		return
	}
	if e.dirty != nil {
		p.enqueue(e.dirty)
	}
	switch {
	case !e.known:
		p.forget(e)
	case e.weight == 0:
		if p.limit == 0 {
			p.forget(e)
			return
		}
		p.missing.Add(e, struct{}{})
		if p.missing.Len() > maxMissing {
			if old, _, ok := p.missing.RemoveOldest(); ok {
				p.forget(old)
			}
		}
	default:
		p.inUse -= e.weight
		p.bytes += e.weight
		p.idle.Add(e, struct{}{})
	}
	p.evict()
}

// evict drops the least recently used idle entries until the limit holds.
func (p *Pool) evict() {
	for p.bytes > 0 && p.bytes+p.inUse > p.limit {
		e, _, ok := p.idle.RemoveOldest()
		if !ok {
			return
		}
		p.bytes -= e.weight
		p.stats.Evictions++
		p.forget(e)
	}
}

// forget drops what is known of an unpinned entry that is in no list, and the
// entry unless it is dirty.
func (p *Pool) forget(e *entry) {
	if e.dirty == nil && e.table.entries[e.key] == e {
		delete(e.table.entries, e.key)
	}
	e.setLocked(nil, 0, kvstore.Stamp{})
	e.known = false
}

// setLocked replaces the value. The caller accounts for the weight.
func (e *entry) setLocked(value any, weight int64, stamp kvstore.Stamp) {
	if old, ok := e.value.(*buffer); ok {
		old.drop()
	}
	e.value, e.weight, e.stamp, e.known = value, weight, stamp, true
}

// publish stores the outcome of a flight in its entry, which is pinned.
func (p *Pool) publish(e *entry, l loaded) {
	if l.unchanged && e.known {
		e.stamp = l.stamp
		p.stats.Unchanged++
		return
	}
	if e.known {
		p.inUse -= e.weight
	}
	e.setLocked(l.value, l.weight, l.stamp)
	p.inUse += e.weight
	p.stats.Loads++
	if l.value == nil {
		p.stats.Missing++
	}
	p.evict()
}

// drain forgets everything in t; pinned entries lose their value and are
// loaded again when next used. What is being loaded is not stored: it may have
// been read before whatever the caller wants to be seen.
func (t *table) drain() {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range t.entries {
		p.drop(e)
	}
}

// drop is drain for one entry. The caller holds p.mu.
func (p *Pool) drop(e *entry) {
	if e.pins == 0 {
		p.pinLocked(e) // leaves its list
		e.pins = 0
		if e.known {
			p.inUse -= e.weight
		}
		p.forget(e)
		return
	}
	e.flight = nil
	if e.known {
		p.inUse -= e.weight
		e.setLocked(nil, 0, kvstore.Stamp{})
		e.known = false
	}
}

// replace makes a stored value that of its entry; nil: the key is deleted. What
// is being loaded may be older and is not taken: whoever waits for it gets this
// value, if that is fresh enough. One that takes the place of nothing is
// remembered only if remember says so: who fills an array does not read it at
// once, and recycled memory is faster.
func (p *Pool) replace(e *entry, value *buffer, stamp kvstore.Stamp, remember bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.stores.Add(1)
	if e.flight != nil {
		e.flight.overtaken = true
		e.flight = nil
	}
	remember = remember || e.known
	if e.known {
		p.inUse -= e.weight
	}
	switch {
	case !remember, e.known && e.stamp.Time.After(stamp.Time) && e.stamp.Generation != stamp.Generation:
		// The latter was loaded meanwhile: only the store knows which is the newer one.
		e.setLocked(nil, 0, kvstore.Stamp{})
		e.known = false
	case value == nil:
		e.setLocked(nil, 0, stamp)
	default:
		e.setLocked(value.keep(), e.table.weight, stamp)
	}
	p.inUse += e.weight
	p.evict()
}
