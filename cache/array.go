package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/kvstore"
)

// Array is one open of an array: what is shared, seen through the settings of
// one mount. Methods are safe for concurrent use.
type Array struct {
	shared      *shared
	want        drivers.Constraints
	transform   *arrayview.Transform
	failMissing bool
	keepFill    bool

	mu     sync.Mutex // guards following
	closed bool
	compat string // CompatKey of the array that was opened
	docs   *documents
	state  *State
	err    error // of parsing docs

	assumed        bool // docs are what the spec describes, as of assumedAt
	assumedForGood bool // they are never read
	assumedAt      time.Time
}

// newArray returns the array of r without reading anything; the caller's
// reference to s becomes the array's.
func newArray(s *shared, r OpenRequest) *Array {
	return &Array{shared: s, want: r.Want, transform: r.Transform, failMissing: r.FailMissing, keepFill: r.KeepFill}
}

// Close gives the array back. Windows must have been closed.
func (a *Array) Close() {
	a.mu.Lock()
	closed := a.closed
	a.closed = true
	a.mu.Unlock()
	if !closed {
		a.shared.release()
	}
}

// Store returns the store that the array lies in, and Path its path there.
func (a *Array) Store() kvstore.Store { return a.shared.store }

// Path returns the path of the array in its store, "" or ending in "/".
func (a *Array) Path() string { return a.shared.path }

// Driver returns the name of the array's format.
func (a *Array) Driver() string { return a.shared.format.Name() }

// NewOrigins returns a memory of where the bytes of one file come from.
func (a *Array) NewOrigins() *Origins { return a.shared.engine.newOrigins() }

// Modified returns the newest modification known of the array: of its documents
// and of all chunks that were read; zero when none is known. It never goes back.
func (a *Array) Modified() time.Time { return a.shared.modified.newest() }

// Refresh drops what is cached of the array, for all who have it open.
func (a *Array) Refresh() { a.shared.drain() }

// State returns what the array is, known to be so at bound or later. The error
// wraps fs.ErrNotExist when the array is gone and ErrIncompatible when another
// one is in its place.
func (a *Array) State(ctx context.Context, bound time.Time) (*State, error) {
	docs, err := a.documents(ctx, bound)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, ErrClosed
	}
	if a.docs == nil || a.docs.version < docs.version {
		a.docs = docs
		a.state, a.err = a.parse(docs)
	}
	return a.state, a.err
}

func (a *Array) documents(ctx context.Context, bound time.Time) (*documents, error) {
	a.mu.Lock()
	docs := a.docs
	use := a.assumed && (a.assumedForGood || !bound.After(a.assumedAt))
	a.mu.Unlock()
	if use {
		return docs, nil
	}
	return a.shared.documents(ctx, bound)
}

// parse makes the state that docs describe. The caller holds a.mu.
func (a *Array) parse(docs *documents) (*State, error) {
	s := a.shared
	ds, err := s.parse(docs, a.want)
	if err != nil {
		return nil, err
	}
	if a.compat == "" {
		a.compat = ds.CompatKey()
	} else if a.compat != ds.CompatKey() {
		return nil, fmt.Errorf("%s: %w", s.store.Location(s.path), ErrIncompatible)
	}
	return a.newState(ds, docs)
}

// parse makes the array that docs describe.
func (s *shared) parse(docs *documents, want drivers.Constraints) (drivers.Dataset, error) {
	where := s.store.Location(s.path)
	if _, ok := docs.docs[s.keys[0]]; !ok {
		return nil, fmt.Errorf("%s: %w: %w: there is no %q", where, drivers.ErrNoArray, fs.ErrNotExist, s.keys[0])
	}
	ds, err := s.format.Parse(s.path, docs.docs, want)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return ds, nil
}

func (a *Array) newState(ds drivers.Dataset, docs *documents) (*State, error) {
	schema := ds.Schema()
	if err := checkFinite(schema.Domain); err != nil {
		return nil, err
	}
	t := a.transform
	if t == nil {
		t = arrayview.Identity(schema.Domain)
	}
	if t.OutputRank() != schema.Rank() {
		return nil, fmt.Errorf("transform: its output rank is %d, the array's rank %d", t.OutputRank(), schema.Rank())
	}
	resolved, err := t.Resolve(schema.Domain)
	if err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	if err := checkFinite(resolved.Input); err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	modified := docs.modified
	if schema.Modified.After(modified) {
		modified = schema.Modified
	}
	l := a.shared.layout(ds, a.want, docs.version)
	if a.assumed {
		l.assume()
	}
	return &State{Schema: schema, Transform: resolved, Version: docs.version, Modified: modified, layout: l}, nil
}

func checkFinite(d arrayview.Domain) error {
	if !d.Finite() {
		return errors.New("the domain is not bounded")
	}
	return nil
}
