package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// maxCreateRaces is how often an open with create begins again when somebody
// else creates or deletes the array at the same time.
const maxCreateRaces = 10

// Open opens, or creates, the array that r asks for. The error wraps
// drivers.ErrNoArray and fs.ErrNotExist when there is none, drivers.ErrExists
// when there is one that must not be, drivers.ErrConstraint when it is not what
// the request demands.
func (e *Engine) Open(ctx context.Context, r OpenRequest) (*Array, error) {
	a := newArray(e.share(r), r)
	if err := a.open(ctx, r); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

func (a *Array) open(ctx context.Context, r OpenRequest) error {
	if r.Mode.DeleteExisting {
		if err := a.deleteAll(ctx); err != nil {
			return err
		}
	}
	if r.Mode.AssumeMetadata || r.Mode.AssumeCached {
		return a.assume(r)
	}
	for race := 0; ; race++ {
		var err error
		if r.Mode.Open || !r.Mode.Create {
			_, err = a.State(ctx, r.Bound)
			if err == nil || !r.Mode.Create || !errors.Is(err, drivers.ErrNoArray) {
				return err
			}
		}
		if err = a.create(ctx, r); err == nil || race == maxCreateRaces {
			return err
		}
		if !errors.Is(err, kvstore.ErrMismatch) {
			return err
		}
		r.Bound = time.Now()
	}
}

// deleteAll deletes exactly the keys under the array's path.
func (a *Array) deleteAll(ctx context.Context) error {
	s := a.shared
	for entry, err := range s.store.List(ctx, kvstore.ListOptions{Prefix: s.path}) {
		if err == nil {
			_, err = s.store.Delete(ctx, entry.Key, kvstore.WriteOptions{})
		}
		if err != nil {
			return fmt.Errorf("deleting what exists at %s: %w", s.store.Location(s.path), err)
		}
	}
	s.drain()
	return nil
}

// assume takes the metadata that the spec describes as the stored one.
func (a *Array) assume(r OpenRequest) error {
	s := a.shared
	docs, _, err := s.format.Create(s.path, nil, r.Want)
	if err != nil {
		return err
	}
	d := newDocuments(len(docs))
	d.docs = docs
	a.mu.Lock()
	defer a.mu.Unlock()
	a.docs, a.assumed, a.assumedAt = d, true, time.Now()
	a.assumedForGood = r.Mode.AssumeMetadata
	a.state, a.err = a.parse(d)
	return a.err
}

// create stores the documents of a new array, each on condition that nothing
// has changed since they were read. The one that decides comes last.
func (a *Array) create(ctx context.Context, r OpenRequest) error {
	s := a.shared
	have, err := s.documents(ctx, time.Now())
	if err != nil {
		return err
	}
	docs, _, err := s.format.Create(s.path, have.docs, r.Want)
	if err != nil {
		return fmt.Errorf("creating %s: %w", s.store.Location(s.path), err)
	}
	for _, key := range s.creationOrder(docs) {
		gen, known := have.generations[key]
		if !known {
			gen = kvstore.Absent
		}
		if _, err := s.store.Write(ctx, key, docs[key], kvstore.WriteOptions{IfEqual: gen}); err != nil {
			if errors.Is(err, kvstore.ErrMismatch) && !r.Mode.Open {
				return fmt.Errorf("creating %s: %w: %w", s.store.Location(key), drivers.ErrExists, fs.ErrExist)
			}
			return fmt.Errorf("creating %s: %w", s.store.Location(key), err)
		}
	}
	_, err = a.State(ctx, time.Now())
	return err
}

func (s *shared) creationOrder(docs map[string][]byte) []string {
	order := make([]string, 0, len(docs))
	for key := range docs {
		order = append(order, key)
	}
	sort.Slice(order, func(i, j int) bool {
		last := s.keys[0]
		if (order[i] == last) != (order[j] == last) {
			return order[j] == last
		}
		return order[i] < order[j]
	})
	return order
}
