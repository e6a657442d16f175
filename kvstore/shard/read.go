package shard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tsmount/drivers/codec"
	"tsmount/kvstore"
)

// maxTries is how often a shard may change between its index and its chunk;
// after that it is read as a whole, which takes no luck.
const maxTries = 4

// source is where indexes are read from.
type source struct {
	base  reader
	memo  kvstore.Memo
	bound time.Time
}

// Read implements kvstore.Store.
func (s *store) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	at, err := s.format.split(key)
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	if err := ctx.Err(); err != nil {
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, err)
	}
	s.merge.reading.Add(1)
	defer s.merge.reading.Add(-1)
	bound := opt.Bound
	if bound.IsZero() {
		bound = time.Now()
	}
	for range maxTries {
		res, err := s.readOnce(ctx, at, bound, opt)
		if err == nil {
			return res, nil
		}
		if !errors.Is(err, errMoved) {
			return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, err)
		}
		bound = time.Now()
	}
	res, err := s.readWhole(ctx, at, opt)
	if err != nil {
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, err)
	}
	return res, nil
}

// errMoved: the shard is not the one that the index described.
var errMoved = errors.New("the shard has changed")

func (s *store) readOnce(ctx context.Context, at place, bound time.Time, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	where, err := s.format.locate(ctx, source{(*timed)(s), s.memo, bound}, at)
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	res, err := where.answer(opt)
	if err != nil || res.State != kvstore.Present || opt.StatOnly {
		return res, err
	}
	lo, hi, err := opt.Select(res.Size)
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	return s.readBytes(ctx, at.shard, where, res, kvstore.ReadOptions{
		Range: kvstore.Span(where.lo+lo, where.lo+hi), IfEqual: where.stamp.Generation, Bound: bound, Buffer: opt.Buffer, Alloc: opt.Alloc,
	})
}

// answer returns what opt asks of the chunk, but no bytes.
func (where location) answer(opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	res := kvstore.ReadResult{Stamp: where.chunkStamp()}
	switch now := res.Stamp.Generation; {
	case opt.IfEqual != "" && opt.IfEqual != now:
		return kvstore.ReadResult{}, kvstore.ErrMismatch
	case opt.IfNotEqual == now:
		res.State = kvstore.Unchanged
	case where.found:
		res.State, res.Size = kvstore.Present, where.hi-where.lo
	}
	return res, nil
}

// readWhole answers from one read of the whole shard.
func (s *store) readWhole(ctx context.Context, at place, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	r, err := s.base.Read(ctx, at.shard, kvstore.ReadOptions{MaxBytes: maxRewrite})
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	where := location{stamp: r.Stamp}
	var value []byte
	if r.State == kvstore.Present {
		entries, err := s.format.unpack(r.Value, func(entry int64) bool { return entry == at.entry })
		if err != nil {
			return kvstore.ReadResult{}, err
		}
		value, where.found = entries[at.entry]
		where.hi = int64(len(value))
	}
	res, err := where.answer(opt)
	if err != nil || res.State != kvstore.Present {
		return res, err
	}
	if res.Modified = r.Modified; opt.StatOnly {
		return res, nil
	}
	lo, hi, err := opt.Select(res.Size)
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	res.Value = opt.Into(hi - lo)
	copy(res.Value, value[lo:hi])
	return res, nil
}

// readBytes reads what opt selects of a shard into res.
func (s *store) readBytes(ctx context.Context, shard string, where location, res kvstore.ReadResult, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	r, err := s.readRange(ctx, shard, opt)
	switch {
	case errors.Is(err, kvstore.ErrMismatch), err == nil && r.State != kvstore.Present:
		return kvstore.ReadResult{}, errMoved
	case err != nil:
		return kvstore.ReadResult{}, err
	}
	res.Value, res.Modified, res.Stamp = r.Value, r.Modified, r.Stamp
	res.Stamp.Generation = where.stamp.Generation
	return res, nil
}

// chunkStamp returns the stamp of the chunk at where.
func (where location) chunkStamp() kvstore.Stamp {
	if !where.found {
		return kvstore.Stamp{Generation: kvstore.Absent, Time: where.stamp.Time}
	}
	return where.stamp
}

// corruptf returns an error that wraps codec.ErrCorrupt.
func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", codec.ErrCorrupt, fmt.Sprintf(format, args...))
}
