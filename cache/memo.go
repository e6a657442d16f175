package cache

import (
	"context"
	"time"

	"tsmount/kvstore"
)

// memo keeps values that a shard adapter has parsed as entries of a pool.
type memo struct {
	engine *Engine
	table  *table
}

var _ kvstore.Memo = memo{}

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
