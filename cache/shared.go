package cache

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/resources"
)

// sharedKey tells which opens share documents and chunks: those of one array in
// one store and one pool, whatever their bounds, transforms or fields.
type sharedKey struct {
	place             string // the identity of the store at the array's path
	format, documents string
	pool              *Pool
}

// shared is one open array: its documents and, per layout, its chunks.
type shared struct {
	engine   *Engine
	key      sharedKey
	refs     int // guarded by engine.mu
	format   drivers.Format
	store    kvstore.Store
	path     string
	keys     []string // of the documents
	pool     *Pool
	dataCopy *resources.Limiter
	docs     *entry // pinned while the array is open
	modified *modified

	mu      sync.Mutex // guards following
	layouts map[string]*layout
}

// share returns the open array that r asks for, with one more reference.
func (e *Engine) share(r OpenRequest) *shared {
	keys := r.Format.MetadataKeys(r.Path, r.Want)
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = strings.TrimPrefix(key, r.Path)
	}
	key := sharedKey{place: r.Store.Identity() + r.Path, format: r.Format.Name(), documents: strings.Join(names, "\x00"), pool: r.Pool}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.open[key]
	if s == nil {
		s = &shared{
			engine: e, key: key, format: r.Format, store: r.Store, path: r.Path, keys: keys,
			pool: r.Pool, dataCopy: r.DataCopy, layouts: make(map[string]*layout), modified: new(modified),
		}
		s.docs = newTable(r.Pool, 0, s.glanceDocuments).pin([]byte("documents"), func(string) loadFunc { return s.loadDocuments })
		e.open[key] = s
	}
	s.refs++
	return s
}

// release gives a reference back. What is cached of an array that nobody has
// open any more stays in its pool only through the tables of its layouts: it is
// dropped, for a new open would make new ones.
func (s *shared) release() {
	e := s.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.refs--; s.refs > 0 {
		return
	}
	delete(e.open, s.key)
	s.docs.unpin()
	s.drain()
}

// drain drops everything that is cached of the array.
func (s *shared) drain() {
	s.docs.table.drain()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.layouts {
		l.chunks.drain()
		l.memo.drain()
	}
}

// acquire takes one more reference; the caller has one, or the array has chunks
// that are not stored.
func (s *shared) acquire() {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	s.refs++
}

// allLayouts returns the layouts that the array has had.
func (s *shared) allLayouts() []*layout {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.layouts))
}

// layout returns the layout of ds, which was parsed with want from documents of
// the given version; it is made on first use.
func (s *shared) layout(ds drivers.Dataset, want drivers.Constraints, version uint64) *layout {
	// Fields of different shapes have cells of different ranks.
	key := strconv.Itoa(ds.Schema().Rank()) + " " + ds.CompatKey()
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.layouts[key]
	if l == nil {
		l = s.newLayout(ds, want)
		s.layouts[key] = l
	}
	if version >= l.checked.Load() {
		l.checked.Store(version)
		l.newest.Store(ds.Schema())
	}
	return l
}
