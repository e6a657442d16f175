package cache

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tsmount/kvstore"
)

// maxDocument is the largest metadata document that is read, in bytes.
const maxDocument = 64 << 20

// documents is one version of the documents of an array. It is immutable.
type documents struct {
	version     uint64 // no two versions of any array share it
	docs        map[string][]byte
	generations map[string]kvstore.Generation
	modified    time.Time
}

var versions atomic.Uint64

func newDocuments(n int) *documents {
	return &documents{version: versions.Add(1), docs: make(map[string][]byte, n), generations: make(map[string]kvstore.Generation, n)}
}

// loadDocuments reads the documents of s, the unchanged ones by condition. The
// stamp is the oldest of theirs.
func (s *shared) loadDocuments(ctx context.Context, bound time.Time, old any, _ kvstore.Generation) (loaded, error) {
	known, _ := old.(*documents)
	results := make([]kvstore.ReadResult, len(s.keys))
	g, ctx := errgroup.WithContext(ctx)
	for i, key := range s.keys {
		g.Go(func() (err error) {
			opt := kvstore.ReadOptions{Bound: storeBound(bound), MaxBytes: maxDocument}
			if known != nil {
				opt.IfNotEqual = known.generations[key]
			}
			results[i], err = s.store.Read(ctx, key, opt)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return loaded{}, err
	}
	return s.assemble(known, results)
}

// glanceDocuments is the glanceFunc of the documents.
func (s *shared) glanceDocuments(_ string, old any, _ kvstore.Generation) bool {
	known, ok := old.(*documents)
	if !ok {
		return false
	}
	for _, key := range s.keys {
		if !kvstore.Glance(s.store, key, known.generations[key]) {
			return false
		}
	}
	return true
}

func (s *shared) assemble(known *documents, results []kvstore.ReadResult) (loaded, error) {
	next := newDocuments(len(s.keys))
	out := loaded{unchanged: known != nil}
	var names strings.Builder
	for i, key := range s.keys {
		r := results[i]
		if i == 0 || r.Stamp.Time.Before(out.stamp.Time) {
			out.stamp.Time = r.Stamp.Time
		}
		switch r.State {
		case kvstore.Unchanged:
			if doc, ok := known.docs[key]; ok {
				next.docs[key] = doc
			}
			next.generations[key] = known.generations[key]
			r.Modified = known.modified
		case kvstore.Present:
			out.unchanged = false
			next.docs[key], next.generations[key] = r.Value, r.Stamp.Generation
		case kvstore.Missing:
			if known != nil && known.generations[key] != kvstore.Absent {
				out.unchanged = false
				s.modified.note(r.Stamp.Time) // when it was removed is not known
			}
			next.generations[key] = kvstore.Absent
		}
		if r.Modified.After(next.modified) {
			next.modified = r.Modified
		}
		s.modified.note(r.Modified)
		out.weight += int64(len(next.docs[key]))
		names.WriteString(strconv.Quote(string(next.generations[key])))
	}
	out.stamp.Generation = kvstore.Generation(names.String())
	out.value = next
	return out, nil
}

// documents returns the documents, no older than bound.
func (s *shared) documents(ctx context.Context, bound time.Time) (*documents, error) {
	q := request{engine: s.engine, bound: bound}
	got, err := q.get(ctx, s.docs)
	if err != nil {
		return nil, fmt.Errorf("reading the metadata of %s: %w", s.store.Location(s.path), err)
	}
	return got.value.(*documents), nil
}
