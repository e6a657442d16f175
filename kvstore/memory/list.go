package memory

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"

	"tsmount/kvstore"
)

// List implements kvstore.Store.
func (s *Store) List(ctx context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		keys := s.keys()
		for i := first(keys, opt); i < len(keys) && strings.HasPrefix(keys[i], opt.Prefix); {
			if err := ctx.Err(); err != nil {
				yield(kvstore.Entry{}, fmt.Errorf("list %s: %w", s.Location(opt.Prefix), err))
				return
			}
			entry, ok := s.entry(keys[i], opt)
			i++
			if entry.Dir {
				// All keys of the level sort before the byte that follows "/".
				i = sort.SearchStrings(keys, entry.Key+string(rune('/'+1)))
			}
			if ok && !yield(entry, nil) {
				return
			}
		}
	}
}

// keys returns all keys in order. The slice is never changed.
func (s *Store) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sorted == nil {
		s.sorted = slices.Sorted(maps.Keys(s.items))
	}
	return s.sorted
}

// first returns the index of the first key that opt may select.
func first(keys []string, opt kvstore.ListOptions) int {
	i := sort.SearchStrings(keys, opt.Prefix)
	if opt.After == "" {
		return i
	}
	return max(i, sort.Search(len(keys), func(i int) bool { return keys[i] > opt.After }))
}

// entry describes key, or its level. ok is false when key has gone meanwhile.
func (s *Store) entry(key string, opt kvstore.ListOptions) (e kvstore.Entry, ok bool) {
	if opt.Delimiter {
		if i := strings.IndexByte(key[len(opt.Prefix):], '/'); i >= 0 {
			return kvstore.Entry{Key: key[:len(opt.Prefix)+i], Dir: true, Size: -1}, true
		}
	}
	s.mu.RLock()
	it, ok := s.items[key]
	s.mu.RUnlock()
	return kvstore.Entry{Key: key, Size: int64(len(it.value)), Modified: it.modified}, ok
}
