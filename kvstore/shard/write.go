package shard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tsmount/kvstore"
)

// maxRewrite is the largest shard that is rewritten, in bytes: it is held in
// memory twice.
const maxRewrite = 1 << 33

// Write implements kvstore.Store.
func (s *store) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	if value == nil {
		value = []byte{}
	}
	return s.one(ctx, kvstore.Put{Key: key, Value: value, IfEqual: opt.IfEqual})
}

// Delete implements kvstore.Store. A shard that has lost its last chunk is
// deleted.
func (s *store) Delete(ctx context.Context, key string, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	return s.one(ctx, kvstore.Put{Key: key, IfEqual: opt.IfEqual})
}

func (s *store) one(ctx context.Context, put kvstore.Put) (kvstore.Stamp, error) {
	results, err := s.WriteBatch(ctx, []kvstore.Put{put})
	if err != nil {
		return kvstore.Stamp{}, err
	}
	return results[0].Stamp, results[0].Err
}

// WriteBatch implements kvstore.BatchWriter: one read and one write per shard,
// and again for those that somebody else has changed meanwhile. A shard of which
// all entries are written or deleted whatever they were is not read.
func (s *store) WriteBatch(ctx context.Context, puts []kvstore.Put) ([]kvstore.PutResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	if err := kvstore.Writable(s.base); err != nil && len(puts) > 0 {
		return nil, fmt.Errorf("key %q: %w", puts[0].Key, err)
	}
	results := make([]kvstore.PutResult, len(puts))
	todo, err := s.group(puts)
	if err != nil {
		return nil, err
	}
	for len(todo) > 0 {
		if todo, err = s.round(ctx, puts, results, todo); err != nil {
			return nil, err
		}
	}
	for i := range results {
		if err := results[i].Err; err != nil {
			results[i].Err = fmt.Errorf("key %q: %w", puts[i].Key, err)
		}
	}
	return results, nil
}

// rewrite is what is to become of one shard.
type rewrite struct {
	shard string
	puts  map[int64]int // entry: index of its put
	put   kvstore.Put   // of the shard; Key is empty when nothing is to be stored
	start time.Time
}

// group sorts puts by their shards.
func (s *store) group(puts []kvstore.Put) ([]*rewrite, error) {
	byShard := map[string]*rewrite{}
	var order []*rewrite
	for i, p := range puts {
		at, err := s.format.split(p.Key)
		if err != nil {
			return nil, err
		}
		r := byShard[at.shard]
		if r == nil {
			r = &rewrite{shard: at.shard, puts: map[int64]int{}}
			byShard[at.shard], order = r, append(order, r)
		}
		r.puts[at.entry] = i
	}
	return order, nil
}

// round reads, changes and stores shards once. It returns those that have to be
// done again; the results of the others are set.
func (s *store) round(ctx context.Context, puts []kvstore.Put, results []kvstore.PutResult, todo []*rewrite) ([]*rewrite, error) {
	var changed []*rewrite
	var batch []kvstore.Put
	for _, r := range todo {
		r.start = time.Now()
		if err := s.prepare(ctx, r, puts, results); err != nil {
			r.fail(results, err)
			continue
		}
		if r.put.Key != "" {
			changed, batch = append(changed, r), append(batch, r.put)
		}
	}
	if len(batch) == 0 {
		return nil, nil
	}
	outcome, err := kvstore.WriteBatch(ctx, s.base, batch)
	if err != nil {
		return nil, err
	}
	var again []*rewrite
	for i, r := range changed {
		switch o := outcome[i]; {
		case errors.Is(o.Err, kvstore.ErrMismatch):
			again = append(again, r)
		case o.Err != nil:
			r.fail(results, o.Err)
		default:
			r.succeed(puts, results, o.Stamp)
		}
	}
	return again, ctx.Err()
}

// fail gives all puts of the shard that have no error yet the error err.
func (r *rewrite) fail(results []kvstore.PutResult, err error) {
	for _, i := range r.puts {
		if results[i].Err == nil {
			results[i] = kvstore.PutResult{Err: err}
		}
	}
}

// succeed sets the results of the puts that took place.
func (r *rewrite) succeed(puts []kvstore.Put, results []kvstore.PutResult, stamp kvstore.Stamp) {
	for _, i := range r.puts {
		if results[i].Err != nil {
			continue
		}
		results[i].Stamp = stamp
		if puts[i].Value == nil {
			results[i].Stamp.Generation = kvstore.Absent
		}
	}
}

// prepare sets r.put to what is to be stored. Puts whose conditions fail get
// their results now, and all do if nothing changes.
func (s *store) prepare(ctx context.Context, r *rewrite, puts []kvstore.Put, results []kvstore.PutResult) error {
	r.put = kvstore.Put{}
	for _, i := range r.puts {
		results[i] = kvstore.PutResult{}
	}
	if s.replaced(r, puts) {
		return s.packInto(r, r.values(puts), "")
	}
	entries, generation, err := s.readShard(ctx, r, puts)
	if err != nil {
		return err
	}
	changed := false
	for entry, i := range r.puts {
		_, there := entries[entry]
		if !holds(puts[i].IfEqual, generation, there) {
			results[i].Err = kvstore.ErrMismatch
			continue
		}
		if puts[i].Value != nil {
			entries[entry], changed = puts[i].Value, true
		} else if there {
			delete(entries, entry)
			changed = true
		}
	}
	if !changed {
		r.succeed(puts, results, kvstore.Stamp{Generation: kvstore.Absent, Time: r.start})
		return nil
	}
	return s.packInto(r, entries, generation)
}

// packInto sets r.put to store entries in place of the shard of the given
// generation, or to delete it.
func (s *store) packInto(r *rewrite, entries map[int64][]byte, generation kvstore.Generation) (err error) {
	r.put = kvstore.Put{Key: r.shard, IfEqual: generation}
	if len(entries) > 0 {
		r.put.Value, err = s.format.pack(entries)
	}
	return err
}

// holds reports whether the condition want of a put is met.
func holds(want, shard kvstore.Generation, there bool) bool {
	switch want {
	case "":
		return true
	case kvstore.Absent:
		return !there
	}
	return there && want == shard
}

// replaced reports whether the puts write or delete all entries of the shard
// whatever they were, so that it need not be read.
func (s *store) replaced(r *rewrite, puts []kvstore.Put) bool {
	if int64(len(r.puts)) != s.format.full() {
		return false
	}
	for _, i := range r.puts {
		if puts[i].IfEqual != "" {
			return false
		}
	}
	return true
}

// values returns the entries that the puts write.
func (r *rewrite) values(puts []kvstore.Put) map[int64][]byte {
	entries := make(map[int64][]byte, len(r.puts))
	for entry, i := range r.puts {
		if puts[i].Value != nil {
			entries[entry] = puts[i].Value
		}
	}
	return entries
}

// readShard returns the entries of a shard and its generation. Entries that are
// about to be replaced whatever they are may be broken.
func (s *store) readShard(ctx context.Context, r *rewrite, puts []kvstore.Put) (map[int64][]byte, kvstore.Generation, error) {
	res, err := s.base.Read(ctx, r.shard, kvstore.ReadOptions{MaxBytes: maxRewrite})
	if err != nil {
		return nil, "", err
	}
	if res.State != kvstore.Present {
		return map[int64][]byte{}, res.Stamp.Generation, nil
	}
	entries, err := s.format.unpack(res.Value, func(entry int64) bool {
		i, ok := r.puts[entry]
		return !ok || puts[i].IfEqual != ""
	})
	return entries, res.Stamp.Generation, err
}
