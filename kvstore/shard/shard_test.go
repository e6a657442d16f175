package shard_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tsmount/drivers/codec"
	"tsmount/kvstore"
	"tsmount/kvstore/kvstoretest"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

// memo keeps everything for good, as the cache's does while there is room.
type memo struct {
	mu    sync.Mutex
	known map[string]memoised
}

type memoised struct {
	value  any
	weight int64
	stamp  kvstore.Stamp
}

func newMemo() *memo { return &memo{known: map[string]memoised{}} }

func (m *memo) Get(ctx context.Context, key string, bound time.Time, load kvstore.MemoLoad) (any, kvstore.Stamp, error) {
	m.mu.Lock()
	have, ok := m.known[key]
	m.mu.Unlock()
	if ok && have.stamp.Fresh(bound) {
		return have.value, have.stamp, nil
	}
	value, weight, stamp, err := load(ctx, have.value, have.stamp.Generation)
	if err != nil {
		return nil, kvstore.Stamp{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[key] = memoised{value, weight, stamp}
	return value, stamp, nil
}

func open(t testing.TB, base kvstore.Store, f shard.Indexed) kvstore.Store {
	t.Helper()
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	return shard.New(base, newMemo(), f)
}

// maker returns harnesses over memory whose stores wrap makes of the memory.
func maker(perShard int, suffix string, wrap func(testing.TB, kvstore.Store) kvstore.Store) kvstoretest.Maker {
	return func(testing.TB) kvstoretest.Harness {
		base := memory.New()
		return kvstoretest.Harness{
			Open: func(t testing.TB) kvstore.Store { return wrap(t, base) },
			RawGet: func(t testing.TB, key string) ([]byte, bool) {
				res, err := wrap(t, base).Read(t.Context(), key, kvstore.ReadOptions{})
				return res.Value, err == nil && res.State == kvstore.Present
			},
			RawPut: func(t testing.TB, key string, value []byte) {
				if _, err := wrap(t, base).Write(t.Context(), key, value, kvstore.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
			},
			Keys: func(n int) []string {
				keys := make([]string, n)
				for i := range keys {
					keys[i] = fmt.Sprintf("c/%05d%s#%d", i/perShard, suffix, i%perShard)
				}
				return keys
			},
			Features: kvstoretest.Features{EmptyValue: true, Writable: true, ConditionalWrite: true, StrictGenerations: true},
		}
	}
}

func single(f shard.Indexed) func(testing.TB, kvstore.Store) kvstore.Store {
	return func(t testing.TB, base kvstore.Store) kvstore.Store { return open(t, base, f) }
}

var layouts = map[string]shard.Indexed{
	"end":       {Entries: 8, Checksums: 1},
	"start":     {Entries: 8, Checksums: 1, AtStart: true},
	"plain":     {Entries: 8},
	"big":       {Entries: 8, BigEndian: true},
	"two sums":  {Entries: 8, Checksums: 2, AtStart: true},
	"one entry": {Entries: 1, Checksums: 1},
}

func TestStore(t *testing.T) {
	for name, f := range layouts {
		t.Run(name, func(t *testing.T) { kvstoretest.Run(t, maker(int(f.Entries), "", single(f))) })
	}
}

func TestNestedStore(t *testing.T) {
	f := layouts["end"]
	wrap := func(t testing.TB, base kvstore.Store) kvstore.Store {
		return open(t, open(t, base, shard.Indexed{Entries: 3, Checksums: 1, AtStart: true}), f)
	}
	kvstoretest.Run(t, maker(int(f.Entries), "#2", wrap))
}

func TestStoreOfEncodedShards(t *testing.T) {
	f := layouts["end"]
	wrap := func(t testing.TB, base kvstore.Store) kvstore.Store {
		codecs := []codec.Codec{codec.Zstd{Level: 1}, codec.CRC32C{}}
		return open(t, shard.Encoded(base, newMemo(), codecs, 1<<25), f)
	}
	kvstoretest.Run(t, maker(int(f.Entries), "", wrap))
}

func BenchmarkStore(b *testing.B) {
	kvstoretest.Bench(b, maker(8, "", single(layouts["end"])))
}
