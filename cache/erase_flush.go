package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"tsmount/arrayview"
	"tsmount/kvstore"
)

const (
	// eraseBatch is how many chunks are deleted at a time, or one shard of more,
	// and eraseBytes how much memory those take that are not deleted.
	eraseBatch = 1024
	eraseBytes = 64 << 20
	// eraseListed is from how many stored keys on the store is asked which exist,
	// whatever else it holds; for fewer only as long as it holds about as many,
	// or what one request lists.
	eraseListed  = 1 << 14
	eraseListing = 1000
)

// flushErased makes the records durable: chunks that were not touched since are
// deleted where a record covers them, and merged with fill where it does in
// part.
func (l *layout) flushErased(ctx context.Context) error {
	for _, r := range l.erasures() {
		if err := l.flushErasure(ctx, r); err != nil {
			return fmt.Errorf("erasing: %w", err)
		}
		l.changeErasures(func(list []*erasure) []*erasure {
			return slices.DeleteFunc(list, func(o *erasure) bool { return o == r })
		})
	}
	return nil
}

func (l *layout) flushErasure(ctx context.Context, r *erasure) error {
	perGroup := make([]int64, len(r.cells.Min))
	for i, n := range r.schema.WriteChunk {
		perGroup[i] = max(1, n/r.schema.Chunk[i])
	}
	exists, err := l.existing(ctx, r, perGroup)
	if err != nil {
		return err
	}
	groups := map[*writeGroup]bool{}
	chunks, bytes := 0, int64(0)
	flush := func() error {
		list := make([]*writeGroup, 0, len(groups))
		for g := range groups {
			list = append(list, g)
		}
		clear(groups)
		chunks, bytes = 0, 0
		return l.flushGroups(ctx, list)
	}
	for block := range blocksOf(r.cells, perGroup) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if exists != nil && !exists(block) {
			continue
		}
		for cell := range cellsOf(block) {
			if !r.pending(cell) || r.misses(cell) {
				continue
			}
			g, n, err := l.eraseCell(cell)
			if err != nil {
				return err
			}
			groups[g] = true
			chunks++
			bytes += n
		}
		if chunks >= eraseBatch || bytes >= eraseBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// misses reports whether the record covers nothing of a cell among its own.
func (r *erasure) misses(cell []int64) bool {
	for i, step := range r.region.step {
		if step > r.schema.Chunk[i] {
			a, _, _ := r.region.part(r.schema, cell)
			return slices.Contains(a.shape, 0)
		}
	}
	return false
}

// eraseCell turns what the records say of a cell into a dirty chunk. It returns
// the chunk's group and the memory that it takes.
func (l *layout) eraseCell(cell []int64) (g *writeGroup, bytes int64, err error) {
	e := l.pin(cell)
	defer e.unpin()
	for {
		d := l.dirtyOf(e, cell)
		if !d.lock() {
			continue
		}
		defer d.mu.Unlock()
		err = l.applyErasures(d)
		if d.buf != nil {
			bytes = l.bytes
		}
		return d.group, bytes, err
	}
}

// existing returns which blocks of cells may have something stored or cached;
// nil if it is better not to ask.
func (l *layout) existing(ctx context.Context, r *erasure, perGroup []int64) (func(block arrayview.Box) bool, error) {
	keys := int64(1)
	for i, n := range r.cells.Shape {
		if keys *= (n + perGroup[i] - 1) / perGroup[i]; keys >= eraseListed {
			break
		}
	}
	if keys <= 1 {
		return nil, nil
	}
	stored := map[string]bool{}
	for entry, err := range l.base.List(ctx, kvstore.ListOptions{}) {
		if errors.Is(err, errors.ErrUnsupported) {
			return nil, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		stored[entry.Key] = true
		if keys < eraseListed && int64(len(stored)) > max(2*keys, eraseListing) {
			return nil, nil
		}
	}
	for key := range l.chunks.known() {
		stored[l.ds.WriteGroup(cellOfKey(key))] = true
	}
	return func(block arrayview.Box) bool { return stored[l.ds.WriteGroup(block.Min)] }, nil
}

// known returns the keys of the entries that hold a chunk, or soon may.
func (t *table) known() map[string]bool {
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	keys := make(map[string]bool, len(t.entries))
	for key, e := range t.entries {
		if e.value != nil || e.flight != nil || e.dirty != nil {
			keys[key] = true
		}
	}
	return keys
}

// blocksOf yields the parts into which the multiples of step cut a box. The box
// that is yielded is the same each time.
func blocksOf(b arrayview.Box, step []int64) func(yield func(arrayview.Box) bool) {
	return func(yield func(arrayview.Box) bool) {
		if b.Empty() {
			return
		}
		block := arrayview.NewBox(b.Rank())
		enter := func(i int, lo int64) {
			hi := min(b.Max(i), (floorDiv(lo, step[i])+1)*step[i])
			block.Min[i], block.Shape[i] = lo, hi-lo
		}
		for i := range step {
			enter(i, b.Min[i])
		}
		for yield(block) {
			i := len(step) - 1
			for ; i >= 0; i-- {
				if next := block.Max(i); next < b.Max(i) {
					enter(i, next)
					break
				}
				enter(i, b.Min[i])
			}
			if i < 0 {
				return
			}
		}
	}
}

// cellsOf yields the indices of a box. The slice is the same each time.
func cellsOf(b arrayview.Box) func(yield func([]int64) bool) {
	ones := slices.Repeat([]int64{1}, b.Rank())
	return func(yield func([]int64) bool) {
		for block := range blocksOf(b, ones) {
			if !yield(block.Min) {
				return
			}
		}
	}
}
