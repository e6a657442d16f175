package kvstoretest

import (
	"context"
	"fmt"
	"testing"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/resources"
)

// Features are the powers of a store.
type Features struct {
	// AnyKey: keys are paths of the test's choice, also "a/b" and odd ones,
	// though a store may refuse some. Without it only Harness.Keys are used.
	AnyKey bool
	// EmptyValue: a value may have no bytes.
	EmptyValue bool
	// Writable: values can be written and deleted.
	Writable bool
	// ConditionalWrite: WriteOptions.IfEqual works.
	ConditionalWrite bool
	// List: keys can be listed.
	List bool
	// StrictGenerations: the same bytes written again have a new generation, and
	// a condition fails after any write of the key, whatever it wrote.
	StrictGenerations bool
}

// All is a store that can do everything.
var All = Features{AnyKey: true, EmptyValue: true, Writable: true, ConditionalWrite: true, List: true, StrictGenerations: true}

// Harness is one empty storage and the ways to it.
type Harness struct {
	// Open returns a handle to the storage. It is called more than once: what
	// one handle writes the others see.
	Open func(t testing.TB) kvstore.Store
	// Limited, when set, is Open with a limit on concurrent requests.
	Limited func(t testing.TB, limit *resources.Limiter) kvstore.Store
	// RawGet and RawPut, when set, go to the storage past the store.
	RawGet func(t testing.TB, key string) (value []byte, ok bool)
	RawPut func(t testing.TB, key string, value []byte)
	// Keys, when set, returns n keys that the store can hold, in order.
	Keys func(n int) []string
	// Settle, when set, waits until what has been written so far can be
	// Unchanged: a store may take its time to be sure.
	Settle func()
	// Idle, when set, closes what the store keeps open between two requests.
	Idle func()
	// Features are the powers of the store.
	Features Features
}

// keys returns n different keys in ascending order.
func (h *Harness) keys(n int) []string {
	if h.Keys != nil {
		return h.Keys(n)
	}
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("k/%05d", i)
	}
	return keys
}

func (h *Harness) key() string { return h.keys(1)[0] }

func (h *Harness) settle() {
	if h.Settle != nil {
		h.Settle()
	}
}

// Maker returns a harness with new storage that lives as long as t.
type Maker func(t testing.TB) Harness

// Run tests the stores that newHarness makes.
func Run(t *testing.T, newHarness Maker) {
	t.Run("bare", func(t *testing.T) { runAll(t, newHarness) })
	t.Run("prefix", func(t *testing.T) { runAll(t, prefixed(newHarness)) })
	t.Run("faulty", func(t *testing.T) { runAll(t, wrapped(newHarness, noFaults)) })
}

// tests are the themes of the suite.
var tests = []struct {
	name  string
	needs Features
	run   func(t *testing.T, h *Harness)
}{
	{"Read", Features{}, testRead},
	{"Write", Features{Writable: true}, testWrite},
	{"ReadOnly", Features{}, testReadOnly},
	{"Conditions", Features{Writable: true, ConditionalWrite: true}, testConditions},
	{"Atomic", Features{Writable: true}, testAtomic},
	{"CompareAndSwap", Features{Writable: true, ConditionalWrite: true, StrictGenerations: true}, testCompareAndSwap},
	{"Keys", Features{Writable: true, AnyKey: true}, testKeys},
	{"List", Features{Writable: true, List: true}, testList},
	{"NoList", Features{}, testNoList},
	{"Limits", Features{}, testLimits},
}

func runAll(t *testing.T, newHarness Maker) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHarness(t)
			if lacks := test.needs.missingFrom(h.Features); lacks != "" {
				t.Skipf("the store has not the power %s", lacks)
			}
			test.run(t, &h)
		})
	}
}

// missingFrom names a power of f that have lacks.
func (f Features) missingFrom(have Features) string {
	for _, power := range []struct {
		name       string
		need, have bool
	}{
		{"AnyKey", f.AnyKey, have.AnyKey},
		{"EmptyValue", f.EmptyValue, have.EmptyValue},
		{"Writable", f.Writable, have.Writable},
		{"ConditionalWrite", f.ConditionalWrite, have.ConditionalWrite},
		{"List", f.List, have.List},
		{"StrictGenerations", f.StrictGenerations, have.StrictGenerations},
	} {
		if power.need && !power.have {
			return power.name
		}
	}
	return ""
}

// wrapped returns harnesses whose stores are wrapped by wrap.
func wrapped(newHarness Maker, wrap func(kvstore.Store) kvstore.Store) Maker {
	return func(t testing.TB) Harness {
		h := newHarness(t)
		open, limited := h.Open, h.Limited
		h.Open = func(t testing.TB) kvstore.Store { return wrap(open(t)) }
		if limited != nil {
			h.Limited = func(t testing.TB, l *resources.Limiter) kvstore.Store { return wrap(limited(t, l)) }
		}
		return h
	}
}

func noFaults(s kvstore.Store) kvstore.Store { return faulty.New(s) }

// prefixed returns harnesses whose stores are parts of larger ones. Keys beside
// the part, which nothing may ever show, are there as well.
func prefixed(newHarness Maker) Maker {
	const prefix = "some/where-"
	inner := wrapped(newHarness, func(s kvstore.Store) kvstore.Store { return kvstore.Prefixed(s, prefix) })
	return func(t testing.TB) Harness {
		h := inner(t)
		if !h.Features.AnyKey {
			t.Skip("the store has not the power AnyKey, which a prefix takes")
		}
		if put := h.RawPut; put != nil {
			for _, beside := range []string{"some/where", "some/wherd", "some/where.", "some/else", "zzz"} {
				put(t, beside, []byte("beside"))
			}
			h.RawPut = func(t testing.TB, key string, value []byte) { put(t, prefix+key, value) }
		}
		if get := h.RawGet; get != nil {
			h.RawGet = func(t testing.TB, key string) ([]byte, bool) { return get(t, prefix+key) }
		}
		return h
	}
}

// write stores a value and fails the test if that fails.
func write(t testing.TB, s kvstore.Store, key string, value string) kvstore.Stamp {
	t.Helper()
	stamp, err := s.Write(context.Background(), key, []byte(value), kvstore.WriteOptions{})
	if err != nil {
		t.Fatalf("Write(%q): %v", key, err)
	}
	return stamp
}

// put stores a value, past the store if that cannot.
func (h *Harness) put(t testing.TB, s kvstore.Store, key, value string) {
	t.Helper()
	switch {
	case h.Features.Writable:
		write(t, s, key, value)
	case h.RawPut != nil:
		h.RawPut(t, key, []byte(value))
	default:
		t.Skip("there is no way to store a value")
	}
}

// read reads with opt and fails the test if that fails.
func read(t testing.TB, s kvstore.Store, key string, opt kvstore.ReadOptions) kvstore.ReadResult {
	t.Helper()
	res, err := s.Read(context.Background(), key, opt)
	if err != nil {
		t.Fatalf("Read(%q): %v", key, err)
	}
	return res
}

// wantValue checks that key holds value.
func wantValue(t testing.TB, s kvstore.Store, key, value string) {
	t.Helper()
	res := read(t, s, key, kvstore.ReadOptions{})
	if res.State != kvstore.Present {
		t.Fatalf("Read(%q): got state %v, want Present", key, res.State)
	}
	if string(res.Value) != value {
		t.Fatalf("Read(%q): got %s, want %s", key, short(string(res.Value)), short(value))
	}
}

// wantMissing checks that key holds nothing.
func wantMissing(t testing.TB, s kvstore.Store, key string) {
	t.Helper()
	if res := read(t, s, key, kvstore.ReadOptions{}); res.State != kvstore.Missing {
		t.Fatalf("Read(%q): got state %v, want Missing", key, res.State)
	}
}

func short(s string) string {
	if len(s) > 40 {
		return fmt.Sprintf("%q... (%d bytes)", s[:40], len(s))
	}
	return fmt.Sprintf("%q", s)
}
