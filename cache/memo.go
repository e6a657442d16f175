package cache

import (
	"context"
	"strings"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/shard"
)

// memo keeps values that a shard adapter has parsed as entries of a pool.
type memo struct {
	engine *Engine
	table  *table
}

var _ kvstore.Memo = memo{}

// outdate forgets what t, a table of memoised values, holds of the shard that is
// stored under key, and of the shards in it: whatever bound is asked for, nothing
// older than what was stored by ourselves may come back. The keys of memoised
// values begin with that of their shard, or with a separator before it.
func (t *table) outdate(key string) {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, e := range t.entries {
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(name, string(shard.Separator)), key); ok && (rest == "" || rest[0] == shard.Separator) {
			p.drop(e)
		}
	}
}

// Get implements kvstore.Memo.
func (m memo) Get(ctx context.Context, key string, bound time.Time, load kvstore.MemoLoad) (any, kvstore.Stamp, error) {
	e := m.table.pin([]byte(key), func(string) loadFunc { return nil })
	defer e.unpin()
	q := request{engine: m.engine, bound: bound, load: func(ctx context.Context, _ time.Time, old any, gen kvstore.Generation) (loaded, error) {
		value, weight, stamp, err := load(ctx, old, gen)
		return loaded{value: value, weight: weight, stamp: stamp}, err
	}}
	got, err := q.get(ctx, e)
	return got.value, got.stamp, err
}
