package faulty

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"tsmount/kvstore"
)

// Store is a store that fails on request. Use New.
type Store struct {
	base kvstore.Store

	mu    sync.Mutex // guards following
	rules []*rule
	calls map[Method]int
}

type rule struct {
	Rule
	seen int
}

var (
	_ kvstore.Store       = (*Store)(nil)
	_ kvstore.Writability = (*Store)(nil)
)

// New returns base with rules.
func New(base kvstore.Store, rules ...Rule) *Store {
	s := &Store{base: base, calls: map[Method]int{}}
	s.Add(rules...)
	return s
}

// Add adds rules behind those that are there.
func (s *Store) Add(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rules {
		s.rules = append(s.rules, &rule{Rule: r})
	}
}

// Clear removes all rules. Calls that wait in a rule go on waiting.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// Calls returns how many calls of methods there have been.
func (s *Store) Calls(methods Method) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for m, calls := range s.calls {
		if m&methods != 0 {
			n += calls
		}
	}
	return n
}

// hit counts a call and returns the rule that decides on it, or one that does
// nothing.
func (s *Store) hit(m Method, key string) Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[m]++
	for _, r := range s.rules {
		if r.Methods != 0 && r.Methods&m == 0 || !matches(r.Key, key) {
			continue
		}
		r.seen++
		if n := r.seen - r.Skip; n > 0 && (r.Count == 0 || n <= r.Count) {
			return r.Rule
		}
	}
	return Rule{}
}

// before does what the rule does before the call; an error ends the call.
func (s *Store) before(ctx context.Context, r Rule, m Method, key string) error {
	if err := wait(ctx, r); err != nil {
		return fmt.Errorf("%s: %w", s.base.Location(key), err)
	}
	if r.Do != nil {
		if err := r.Do(m, key); err != nil {
			return fmt.Errorf("%s: %w", s.base.Location(key), err)
		}
	}
	if r.Late {
		return nil
	}
	return s.after(r, key)
}

// after returns the error of the rule.
func (s *Store) after(r Rule, key string) error {
	if r.Err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", s.base.Location(key), r.Err)
}

func wait(ctx context.Context, r Rule) error {
	if r.Delay > 0 {
		timer := time.NewTimer(r.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if r.Gate != nil {
		select {
		case <-r.Gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Read implements kvstore.Store.
func (s *Store) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	m := Read
	if opt.StatOnly {
		m = Stat
	}
	r := s.hit(m, key)
	if err := s.before(ctx, r, m, key); err != nil {
		return kvstore.ReadResult{}, err
	}
	res, err := s.base.Read(ctx, key, opt)
	if err == nil {
		err = s.after(r, key)
	}
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	res.Value = res.Value[:max(0, len(res.Value)-r.Cut)]
	return res, nil
}

// Write implements kvstore.Store.
func (s *Store) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	r := s.hit(Write, key)
	if err := s.before(ctx, r, Write, key); err != nil {
		return kvstore.Stamp{}, err
	}
	stamp, err := s.base.Write(ctx, key, value, opt)
	if err == nil {
		err = s.after(r, key)
	}
	if err != nil {
		return kvstore.Stamp{}, err
	}
	return stamp, nil
}

// Delete implements kvstore.Store.
func (s *Store) Delete(ctx context.Context, key string, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	r := s.hit(Delete, key)
	if err := s.before(ctx, r, Delete, key); err != nil {
		return kvstore.Stamp{}, err
	}
	stamp, err := s.base.Delete(ctx, key, opt)
	if err == nil {
		err = s.after(r, key)
	}
	if err != nil {
		return kvstore.Stamp{}, err
	}
	return stamp, nil
}

// List implements kvstore.Store.
func (s *Store) List(ctx context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		r := s.hit(List, opt.Prefix)
		if err := s.before(ctx, r, List, opt.Prefix); err != nil {
			yield(kvstore.Entry{}, err)
			return
		}
		n := 0
		for e, err := range s.base.List(ctx, opt) {
			if r.Err != nil && n >= r.Entries {
				break
			}
			n++
			if !yield(e, err) {
				return
			}
		}
		if err := s.after(r, opt.Prefix); err != nil {
			yield(kvstore.Entry{}, err)
		}
	}
}

// Writable implements kvstore.Writability.
func (s *Store) Writable() error { return kvstore.Writable(s.base) }

// Identity implements kvstore.Store.
func (s *Store) Identity() string { return "faulty " + s.base.Identity() }

// Location implements kvstore.Store.
func (s *Store) Location(key string) string { return s.base.Location(key) }
