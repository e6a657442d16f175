package shard

import (
	"context"
	"errors"
	"fmt"

	"tsmount/kvstore"
)

// index is the checked index of one shard, in the form that its format stores.
// It is never changed.
type index struct {
	raw  []byte // nil: the shard is missing
	size int64  // of the shard, in bytes
}

// indexOverhead is what an index takes beside its bytes, about.
const indexOverhead = 64

func (x *index) weight() int64 { return indexOverhead + int64(len(x.raw)) }

// load returns the index that part selects of a shard, by way of the memo. open
// checks the bytes and returns those to keep.
func (from source) load(ctx context.Context, shard string, part kvstore.ByteRange, open func(raw []byte) ([]byte, error)) (*index, kvstore.Stamp, error) {
	value, stamp, err := from.memo.Get(ctx, shard, from.bound, func(ctx context.Context, old any, known kvstore.Generation) (any, int64, kvstore.Stamp, error) {
		before, ok := old.(*index)
		if !ok {
			known = ""
		}
		x, stamp, err := from.fetch(ctx, shard, part, before, known, open)
		if err != nil {
			return nil, 0, kvstore.Stamp{}, err
		}
		return x, x.weight(), stamp, nil
	})
	if err != nil {
		return nil, kvstore.Stamp{}, err
	}
	x, ok := value.(*index)
	if !ok {
		return nil, kvstore.Stamp{}, fmt.Errorf("the memo holds a %T for shard %q", value, shard)
	}
	return x, stamp, nil
}

// fetch reads the index, or keeps before if its generation is still known.
func (from source) fetch(ctx context.Context, shard string, part kvstore.ByteRange, before *index, known kvstore.Generation, open func(raw []byte) ([]byte, error)) (*index, kvstore.Stamp, error) {
	r, err := from.base.Read(ctx, shard, kvstore.ReadOptions{Range: part, IfNotEqual: known, Bound: from.bound})
	if errors.Is(err, kvstore.ErrRange) {
		return nil, kvstore.Stamp{}, corruptf("shard %q is shorter than its index: %v", shard, err)
	}
	if err != nil {
		return nil, kvstore.Stamp{}, fmt.Errorf("index: %w", err)
	}
	switch r.State {
	case kvstore.Unchanged:
		return before, r.Stamp, nil
	case kvstore.Missing:
		return &index{}, r.Stamp, nil
	}
	raw, err := open(r.Value)
	if err != nil {
		return nil, kvstore.Stamp{}, fmt.Errorf("index of shard %q (generation %q): %w", shard, r.Stamp.Generation, err)
	}
	return &index{raw: raw, size: r.Size}, r.Stamp, nil
}
