package tree

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tsmount/cache"
)

// maxIdle is how many arrays stay open although nothing uses them.
const maxIdle = 256

// arrays is the table of open arrays of a mount. An array is opened by its
// first user and stays open for a while behind its last one.
type arrays struct {
	source Source

	mu     sync.Mutex // guards all below; never held across a call out
	closed bool
	open   map[string]*member
	idle   *list.List // of *member: open, in the table, unused; oldest first
	known  map[string]identity
}

// identity remembers which array a path meant last.
type identity struct {
	gen   uint64
	print string // of the parts of the schema that make arrays incompatible
}

// member is one array of the mount. refs, place and gone are guarded by
// arrays.mu, the rest is written before ready is closed.
type member struct {
	table *arrays
	path  string
	refs  int
	place *list.Element // in arrays.idle
	gone  bool          // no longer in the table: closed with its last user

	ready  chan struct{} // closed when the opening has ended
	err    error
	opened *Opened
	gen    uint64
}

func newArrays(source Source) *arrays {
	return &arrays{source: source, open: map[string]*member{}, idle: list.New(), known: map[string]identity{}}
}

// get returns the array at path, which put gives back. Whoever comes first
// opens it; the others wait for that, and try themselves if it was given up.
func (a *arrays) get(ctx context.Context, path string, bound time.Time) (*member, error) {
	for {
		m, first := a.enter(path)
		if first {
			a.begin(ctx, m, bound)
		}
		if err := m.wait(ctx); err != nil {
			a.put(m)
			return nil, err
		}
		if m.err == nil {
			return m, nil
		}
		a.put(m)
		if first || !givenUp(m.err) || ctx.Err() != nil {
			return nil, m.err
		}
	}
}

// wait returns when the opening has ended, or with the error of ctx. To ask for
// ctx.Done costs a goroutine.
func (m *member) wait(ctx context.Context) error {
	select {
	case <-m.ready:
		return nil
	default:
	}
	select {
	case <-m.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// givenUp reports whether err is about the caller and not about the array.
func givenUp(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// enter takes a reference to the member for path, making it when necessary.
func (a *arrays) enter(path string) (m *member, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m = a.open[path]
	if m == nil {
		m = &member{table: a, path: path, ready: make(chan struct{}), gone: a.closed}
		first = true
		if !a.closed {
			a.open[path] = m
		}
	}
	a.take(m)
	return m, first
}

// take adds a reference. The caller holds a.mu.
func (a *arrays) take(m *member) {
	m.refs++
	if m.place != nil {
		a.idle.Remove(m.place)
		m.place = nil
	}
}

// begin opens the array of m in the caller's goroutine. The result of a caller
// that was cancelled is not kept: the next one tries again.
func (a *arrays) begin(ctx context.Context, m *member, bound time.Time) {
	m.opened, m.err = a.openArray(ctx, m.path, bound)
	var print string
	if m.err == nil {
		print, m.err = fingerprint(ctx, m.opened)
	}
	a.mu.Lock()
	if m.err != nil {
		a.remove(m)
	} else {
		m.gen = a.identify(m.path, print)
	}
	a.mu.Unlock()
	close(m.ready)
}

func (a *arrays) openArray(ctx context.Context, path string, bound time.Time) (*Opened, error) {
	found, err := a.source.Look(ctx, path, bound)
	if err != nil {
		return nil, err
	}
	if found.Open == nil {
		return nil, notExist(path)
	}
	return found.Open(ctx, bound)
}

// fingerprint tells apart arrays whose files must not be mistaken for each
// other although they have the same path.
func fingerprint(ctx context.Context, o *Opened) (string, error) {
	st, err := o.Array.State(ctx, time.Time{})
	if err != nil {
		o.Array.Close()
		return "", err
	}
	s := st.Schema
	return fmt.Sprint(o.Driver, s.DType, s.Chunk, s.WriteChunk, s.GridOrigin, s.InnerOrder, string(s.Codec), s.Component), nil
}

// identify returns the generation of path: a new one whenever another array
// than last time is found there.
func (a *arrays) identify(path, print string) uint64 {
	id, ok := a.known[path]
	if ok && id.print != print {
		id.gen++
	}
	id.print = print
	a.known[path] = id
	return id.gen
}

// remove takes m out of the table.
func (a *arrays) remove(m *member) {
	if a.open[m.path] == m {
		delete(a.open, m.path)
	}
	m.gone = true
	if m.place != nil {
		a.idle.Remove(m.place)
		m.place = nil
	}
}

// put gives back a reference of get.
func (a *arrays) put(m *member) {
	a.mu.Lock()
	m.refs--
	var unused []*member
	switch {
	case m.refs > 0:
	case m.gone:
		unused = append(unused, m)
	default:
		m.place = a.idle.PushBack(m)
		for a.idle.Len() > maxIdle {
			oldest := a.idle.Front().Value.(*member)
			a.remove(oldest)
			unused = append(unused, oldest)
		}
	}
	a.mu.Unlock()
	for _, m := range unused {
		m.close()
	}
}

func (m *member) close() {
	if m.err == nil && m.opened != nil {
		m.opened.Array.Close()
	}
}

// drop takes m, an array that is no longer what it was, out of the table: the
// next get opens what is there now, under a new generation.
func (a *arrays) drop(m *member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m.gone {
		return
	}
	a.remove(m)
	if id, ok := a.known[m.path]; ok {
		id.print = ""
		a.known[m.path] = id
	}
}

// close closes what nothing uses and lets the rest go with its last user.
func (a *arrays) close() {
	a.mu.Lock()
	a.closed = true
	var unused []*member
	for _, m := range a.open {
		if m.place != nil {
			unused = append(unused, m)
		}
		a.remove(m)
	}
	a.mu.Unlock()
	for _, m := range unused {
		m.close()
	}
}

// state returns what the array is, as of bound or later. An array that is not
// what it was when it was opened is ErrStale.
func (m *member) state(ctx context.Context, bound time.Time) (*cache.State, error) {
	st, err := m.opened.Array.State(ctx, bound)
	if err != nil && replaced(err) {
		m.table.drop(m)
		return nil, fmt.Errorf("%w: %w", ErrStale, err)
	}
	return st, err
}
