package shard

import (
	"context"
	"fmt"
	"iter"
	"time"

	"tsmount/drivers/codec"
	"tsmount/kvstore"
)

// Encoded returns base with all values decoded, for shards that are compressed
// or checksummed as a whole: codecs were applied to them in their order. A part
// of such a value takes all of it, which memo keeps. max is the largest size
// that a decoded value may have, in bytes.
func Encoded(base kvstore.Store, memo kvstore.Memo, codecs []codec.Codec, max int64) kvstore.Store {
	return &encoded{base, memo, codecs, max}
}

type encoded struct {
	base   kvstore.Store
	memo   kvstore.Memo
	codecs []codec.Codec
	max    int64
}

var (
	_ kvstore.Store       = (*encoded)(nil)
	_ kvstore.BatchWriter = (*encoded)(nil)
	_ kvstore.Writability = (*encoded)(nil)
)

// whole is a decoded value.
type whole struct {
	data     []byte // nil: missing
	modified time.Time
}

// Read implements kvstore.Store.
func (s *encoded) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if err := ctx.Err(); err != nil {
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, err)
	}
	w, stamp, err := s.load(ctx, key, opt.Bound)
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	res := kvstore.ReadResult{Stamp: stamp}
	switch {
	case opt.IfEqual != "" && opt.IfEqual != stamp.Generation:
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, kvstore.ErrMismatch)
	case opt.IfNotEqual == stamp.Generation:
		res.State = kvstore.Unchanged
		return res, nil
	case w.data == nil:
		return res, nil
	}
	res.State, res.Size, res.Modified = kvstore.Present, int64(len(w.data)), w.modified
	if opt.StatOnly {
		return res, nil
	}
	lo, hi, err := opt.Select(res.Size)
	if err != nil {
		return kvstore.ReadResult{}, fmt.Errorf("key %q: %w", key, err)
	}
	res.Value = opt.Into(hi - lo)
	copy(res.Value, w.data[lo:hi])
	return res, nil
}

// load returns the decoded value, by way of the memo. Its key there is none that
// an index has.
func (s *encoded) load(ctx context.Context, key string, bound time.Time) (*whole, kvstore.Stamp, error) {
	if bound.IsZero() {
		bound = time.Now()
	}
	value, stamp, err := s.memo.Get(ctx, string(Separator)+key, bound, func(ctx context.Context, old any, known kvstore.Generation) (any, int64, kvstore.Stamp, error) {
		before, ok := old.(*whole)
		if !ok {
			known = ""
		}
		r, err := s.base.Read(ctx, key, kvstore.ReadOptions{IfNotEqual: known, Bound: bound, MaxBytes: 2*s.max + 1<<20})
		if err != nil {
			return nil, 0, kvstore.Stamp{}, err
		}
		w := before
		if r.State != kvstore.Unchanged {
			if w, err = s.decode(r); err != nil {
				return nil, 0, kvstore.Stamp{}, fmt.Errorf("key %q: %w", key, err)
			}
		}
		return w, indexOverhead + int64(len(w.data)), r.Stamp, nil
	})
	if err != nil {
		return nil, kvstore.Stamp{}, err
	}
	return value.(*whole), stamp, nil
}

func (s *encoded) decode(r kvstore.ReadResult) (*whole, error) {
	if r.State == kvstore.Missing {
		return &whole{}, nil
	}
	data := r.Value
	for i := len(s.codecs) - 1; i >= 0; i-- {
		var err error
		if data, err = s.codecs[i].Decode(nil, data, int(s.max)); err != nil {
			return nil, err
		}
	}
	if data == nil {
		data = []byte{}
	}
	return &whole{data, r.Modified}, nil
}

func (s *encoded) encode(value []byte) (out []byte, err error) {
	out = value
	for _, c := range s.codecs {
		if out, err = c.Encode(nil, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Write implements kvstore.Store.
func (s *encoded) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	enc, err := s.encode(value)
	if err != nil {
		return kvstore.Stamp{}, fmt.Errorf("key %q: %w", key, err)
	}
	return s.base.Write(ctx, key, enc, opt)
}

// WriteBatch implements kvstore.BatchWriter.
func (s *encoded) WriteBatch(ctx context.Context, puts []kvstore.Put) ([]kvstore.PutResult, error) {
	enc := make([]kvstore.Put, len(puts))
	for i, p := range puts {
		if p.Value != nil {
			var err error
			if p.Value, err = s.encode(p.Value); err != nil {
				return nil, fmt.Errorf("key %q: %w", p.Key, err)
			}
		}
		enc[i] = p
	}
	return kvstore.WriteBatch(ctx, s.base, enc)
}

// Delete implements kvstore.Store.
func (s *encoded) Delete(ctx context.Context, key string, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	return s.base.Delete(ctx, key, opt)
}

// List implements kvstore.Store. The sizes are unknown.
func (s *encoded) List(ctx context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		for e, err := range s.base.List(ctx, opt) {
			e.Size = -1
			if !yield(e, err) {
				return
			}
		}
	}
}

func (s *encoded) Writable() error { return kvstore.Writable(s.base) }

func (s *encoded) Identity() string {
	return fmt.Sprintf("decoded %+v of %s", s.codecs, s.base.Identity())
}

func (s *encoded) Location(key string) string { return s.base.Location(key) }
