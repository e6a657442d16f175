package main

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"tsmount/kvstore"
	"tsmount/kvstore/memory"
)

// overlay is a store that keeps all changes to itself: info and check open
// datasets through it and tell afterwards what would have been done.
type overlay struct {
	kvstore.Store // what is really there

	mu      sync.Mutex      // guards following
	written *memory.Store   // values that would be written
	created map[string]bool // their keys
	deleted map[string]bool // keys that would be deleted
}

var _ kvstore.Store = (*overlay)(nil)

func newOverlay(base kvstore.Store) *overlay {
	return &overlay{Store: base, written: memory.New(), created: map[string]bool{}, deleted: map[string]bool{}}
}

// changes returns the locations that would be written and those that would be
// deleted, sorted.
func (o *overlay) changes() (written, deleted []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(o.created)) {
		written = append(written, o.Location(key))
	}
	for _, key := range slices.Sorted(maps.Keys(o.deleted)) {
		deleted = append(deleted, o.Location(key))
	}
	return written, deleted
}

// where returns the store that holds key, nil when it would be deleted.
func (o *overlay) where(key string) kvstore.Store {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.created[key]:
		return o.written
	case o.deleted[key]:
		return memory.New()
	}
	return o.Store
}

// Read implements kvstore.Store.
func (o *overlay) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	return o.where(key).Read(ctx, key, opt)
}

// condition checks that key still has the generation that opt demands.
func (o *overlay) condition(ctx context.Context, key string, opt kvstore.WriteOptions) error {
	if opt.IfEqual == "" {
		return nil
	}
	_, err := o.Read(ctx, key, kvstore.ReadOptions{StatOnly: true, IfEqual: opt.IfEqual})
	return err
}

// Write implements kvstore.Store.
func (o *overlay) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	if err := o.condition(ctx, key, opt); err != nil {
		return kvstore.Stamp{}, err
	}
	stamp, err := o.written.Write(ctx, key, value, kvstore.WriteOptions{})
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.created[key] = true
	}
	return stamp, err
}

// Delete implements kvstore.Store.
func (o *overlay) Delete(ctx context.Context, key string, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	if err := o.condition(ctx, key, opt); err != nil {
		return kvstore.Stamp{}, err
	}
	o.mu.Lock()
	delete(o.created, key)
	o.deleted[key] = true
	o.mu.Unlock()
	return o.written.Delete(ctx, key, kvstore.WriteOptions{})
}

// List implements kvstore.Store. Keys that would be created come first, out of
// order: nobody who only looks needs an order.
func (o *overlay) List(ctx context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		seen := map[string]bool{}
		for e, err := range o.written.List(ctx, opt) {
			seen[e.Key] = true
			if !yield(e, err) {
				return
			}
		}
		for e, err := range o.Store.List(ctx, opt) {
			if err == nil && (seen[e.Key] || o.gone(e)) {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (o *overlay) gone(e kvstore.Entry) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !e.Dir && o.deleted[e.Key]
}

// Identity implements kvstore.Store.
func (o *overlay) Identity() string {
	return strings.Join([]string{"overlay", o.written.Identity(), o.Store.Identity()}, " ")
}
