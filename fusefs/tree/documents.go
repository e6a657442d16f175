package tree

import (
	"container/list"
	"context"
	"sync"
	"time"

	"tsmount/kvstore"
)

// maxDocuments is how many places keep the documents that were read there.
const maxDocuments = 1024

// documents reads the small documents that tell what is at a place, and keeps
// them under the rule of all metadata: good if the stamp is not before bound.
type documents struct {
	store kvstore.Store

	mu    sync.Mutex // guards all below; never held while reading
	kept  map[string]*list.Element
	order list.List // of *documentSet, oldest use first
}

// documentSet are the documents of one place that exist. It is immutable.
type documentSet struct {
	path        string
	docs        map[string][]byte
	generations map[string]kvstore.Generation // of all keys, Absent included
	stamp       time.Time                     // all of them were current then
	modified    time.Time                     // the newest; zero: unknown
}

// get returns the documents at path, as of bound or later.
func (d *documents) get(ctx context.Context, path string, keys []string, bound time.Time) (*documentSet, error) {
	old := d.last(path)
	if old != nil && !old.stamp.Before(bound) {
		return old, nil
	}
	set, err := d.read(ctx, path, keys, old)
	if err != nil {
		return nil, err
	}
	d.keep(set)
	return set, nil
}

func (d *documents) last(path string) *documentSet {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.kept[path]
	if e == nil {
		return nil
	}
	d.order.MoveToBack(e)
	return e.Value.(*documentSet)
}

func (d *documents) keep(set *documentSet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[string]*list.Element{}
	}
	if e := d.kept[set.path]; e != nil {
		e.Value = set
		d.order.MoveToBack(e)
		return
	}
	d.kept[set.path] = d.order.PushBack(set)
	for d.order.Len() > maxDocuments {
		delete(d.kept, d.order.Remove(d.order.Front()).(*documentSet).path)
	}
}

// maxDocument is the largest document of a group that is read, in bytes.
const maxDocument = 64 << 20

// drop forgets everything.
func (d *documents) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = nil
	d.order.Init()
}

// read reads all keys at once, those that are known already on condition that
// they have changed.
func (d *documents) read(ctx context.Context, path string, keys []string, old *documentSet) (*documentSet, error) {
	results := make([]kvstore.ReadResult, len(keys))
	errs := make([]error, len(keys))
	var wg sync.WaitGroup
	for i, key := range keys {
		wg.Go(func() {
			opt := kvstore.ReadOptions{Bound: time.Now(), MaxBytes: maxDocument}
			if old != nil {
				opt.IfNotEqual = old.generations[key]
			}
			results[i], errs[i] = d.store.Read(ctx, key, opt)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	set := &documentSet{path: path, docs: map[string][]byte{}, generations: map[string]kvstore.Generation{}}
	for i, key := range keys {
		set.add(key, results[i], old)
	}
	return set, nil
}

func (s *documentSet) add(key string, r kvstore.ReadResult, old *documentSet) {
	switch r.State {
	case kvstore.Present:
		s.docs[key] = r.Value
	case kvstore.Unchanged:
		if value, ok := old.docs[key]; ok {
			s.docs[key] = value
		}
	}
	s.generations[key] = r.Stamp.Generation
	if s.stamp.IsZero() || r.Stamp.Time.Before(s.stamp) {
		s.stamp = r.Stamp.Time
	}
	if r.Modified.After(s.modified) {
		s.modified = r.Modified
	}
	if old != nil && r.State == kvstore.Unchanged && old.modified.After(s.modified) {
		s.modified = old.modified
	}
}
