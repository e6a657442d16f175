package memory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tsmount/kvstore"
)

// Store is a kvstore.Store in memory. Use New.
type Store struct {
	id int64

	mu      sync.RWMutex // guards following
	items   map[string]item
	counter uint64
	sorted  []string // all keys in order, nil after the set of keys has changed
}

type item struct {
	value      []byte // immutable
	generation kvstore.Generation
	modified   time.Time
}

var (
	_ kvstore.Store   = (*Store)(nil)
	_ kvstore.Glancer = (*Store)(nil)
)

var lastID atomic.Int64

// New returns an empty store.
func New() *Store {
	return &Store{id: lastID.Add(1), items: map[string]item{}}
}

// Preload stores values without any condition, for tests and examples.
func (s *Store) Preload(values map[string][]byte) {
	for key, value := range values {
		s.mu.Lock()
		s.put(key, slices.Clone(value))
		s.mu.Unlock()
	}
}

// Len returns the number of keys.
func (s *Store) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.items)
}

// Read implements kvstore.Store.
func (s *Store) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	res := kvstore.ReadResult{Stamp: kvstore.Stamp{Generation: kvstore.Absent, Time: time.Now()}}
	if err := check(ctx, key); err != nil {
		return kvstore.ReadResult{}, err
	}
	s.mu.RLock()
	it, ok := s.items[key]
	s.mu.RUnlock()
	if ok {
		res.Stamp.Generation = it.generation
	}
	switch now := res.Stamp.Generation; {
	case opt.IfEqual != "" && opt.IfEqual != now:
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, kvstore.ErrMismatch)
	case opt.IfNotEqual == now:
		res.State = kvstore.Unchanged
		return res, nil
	case !ok:
		return res, nil
	}
	res.State, res.Size, res.Modified = kvstore.Present, int64(len(it.value)), it.modified
	if opt.StatOnly {
		return res, nil
	}
	lo, hi, err := opt.Select(res.Size)
	if err != nil {
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, err)
	}
	res.Value = opt.Into(hi - lo)
	copy(res.Value, it.value[lo:hi])
	return res, nil
}

// Glance implements kvstore.Glancer.
func (s *Store) Glance(key string, gen kvstore.Generation) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	it, ok := s.items[key]
	if !ok {
		return gen == kvstore.Absent && key != ""
	}
	return gen == it.generation
}

// Write implements kvstore.Store.
func (s *Store) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	stamp := kvstore.Stamp{Time: time.Now()}
	if err := check(ctx, key); err != nil {
		return kvstore.Stamp{}, err
	}
	value = slices.Clone(value)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.condition(key, opt.IfEqual); err != nil {
		return kvstore.Stamp{}, err
	}
	stamp.Generation = s.put(key, value)
	return stamp, nil
}

// Delete implements kvstore.Store.
func (s *Store) Delete(ctx context.Context, key string, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	stamp := kvstore.Stamp{Generation: kvstore.Absent, Time: time.Now()}
	if err := check(ctx, key); err != nil {
		return kvstore.Stamp{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.condition(key, opt.IfEqual); err != nil {
		return kvstore.Stamp{}, err
	}
	if _, ok := s.items[key]; ok {
		delete(s.items, key)
		s.sorted = nil
	}
	return stamp, nil
}

// put stores value, which is the store's own. s.mu is held.
func (s *Store) put(key string, value []byte) kvstore.Generation {
	s.counter++
	generation := kvstore.Generation(strconv.FormatUint(s.counter, 36))
	if _, ok := s.items[key]; !ok {
		s.sorted = nil
	}
	s.items[key] = item{value: value, generation: generation, modified: time.Now()}
	return generation
}

// condition checks WriteOptions.IfEqual. s.mu is held.
func (s *Store) condition(key string, want kvstore.Generation) error {
	now := kvstore.Absent
	if it, ok := s.items[key]; ok {
		now = it.generation
	}
	if want != "" && want != now {
		return fmt.Errorf("key %q: %w", key, kvstore.ErrMismatch)
	}
	return nil
}

func check(ctx context.Context, key string) error {
	if key == "" {
		return kvstore.BadKey(key, "a key is not empty")
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	return nil
}

// Identity implements kvstore.Store.
func (s *Store) Identity() string { return "memory " + strconv.FormatInt(s.id, 10) + " " }

// Location implements kvstore.Store.
func (s *Store) Location(key string) string { return "memory://" + kvstore.EscapePath(key, "") }
