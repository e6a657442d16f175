package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tsmount/kvstore"
	"tsmount/resources"
)

const (
	// maxMerges is how often chunks are merged again with what somebody else
	// has stored meanwhile, and mergePause the longest wait in between: together
	// longer than any number of writers needs who all come through some time.
	maxMerges  = 200
	mergePause = 100 * time.Millisecond
)

// maxBacklog is how many bytes may wait to be stored before their encoders take
// all processors: a writer that goes on needs new memory for each layer of chunks,
// which costs it more than a processor of its own gains.
const maxBacklog = 16 << 20

// encodedSlack is room behind a chunk's own size for what codecs add to it, in
// bytes.
const encodedSlack = 4096

// storeGroup stores the chunks of g that have been written to, merged with what
// is stored where they were not written as a whole.
func (l *layout) storeGroup(ctx context.Context, g *writeGroup, wanted <-chan struct{}) error {
	members := g.taken()
	defer func() {
		for _, d := range members {
			d.entry.unpin()
		}
	}()
	if err := l.stillThere(ctx); err != nil {
		if errors.Is(err, ErrIncompatible) || errors.Is(err, fs.ErrNotExist) {
			l.lose(members)
		}
		return err
	}
	todo, bound := members, time.Time{}
	for merges := 0; len(todo) > 0; merges++ {
		stages, err := l.stages(ctx, todo, bound)
		if err != nil {
			return err
		}
		if todo, err = l.storeStages(ctx, stages, wanted); err != nil {
			return err
		}
		switch {
		case len(todo) == 0:
		case merges == maxMerges:
			return fmt.Errorf("%s: others change it all the time: %w", l.store.Location(g.key), kvstore.ErrMismatch)
		default:
			l.engine.merges.Add(1)
			if err := pause(ctx, merges); err != nil {
				return err
			}
			bound = time.Now()
		}
	}
	return nil
}

// pause waits longer after each merge, and never as long as others do.
func pause(ctx context.Context, merges int) error {
	return sleep(ctx, rand.N(min(mergePause, time.Millisecond<<min(merges, 7))))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stages fixes what is to be stored of each chunk. What is stored now, where it
// matters, is no older than bound.
func (l *layout) stages(ctx context.Context, members []*dirty, bound time.Time) ([]*stage, error) {
	made := make([]*stage, len(members))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(l.width())
	for i, d := range members {
		work.Go(func() (err error) {
			if made[i], err = l.stage(ctx, d, bound); err != nil && ctx.Err() == nil {
				d.note(err)
			}
			return err
		})
	}
	err := work.Wait()
	stages := slices.DeleteFunc(made, func(s *stage) bool { return s == nil })
	if err != nil {
		abandon(stages, err)
		return nil, err
	}
	return stages, nil
}

// abandon takes back what was to be stored.
func abandon(stages []*stage, err error) {
	for _, s := range stages {
		s.d.failed(s, err)
		s.drop()
	}
}

// stage fixes what is to be stored of d, nil if that is nothing.
func (l *layout) stage(ctx context.Context, d *dirty, bound time.Time) (*stage, error) {
	for {
		s, missing := d.stage(bound)
		if !missing {
			return s, nil
		}
		if err := l.fetchBase(ctx, d, bound); err != nil {
			return nil, err
		}
	}
}

// fetchBase completes d with what is stored.
func (l *layout) fetchBase(ctx context.Context, d *dirty, bound time.Time) error {
	q := request{engine: l.engine, bound: bound}
	got, err := q.get(ctx, d.entry)
	if err != nil {
		return fmt.Errorf("merging: %w", err)
	}
	chunk, _ := got.value.(*buffer)
	defer chunk.drop()
	if d.lock() {
		if got.stores == d.entry.stores.Load() {
			d.rebase(chunk, got.generation(), later(got.stamp.Time, bound)) // a store's clock may be behind
		}
		d.mu.Unlock()
	}
	return nil
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// encode makes the stored form of a stage; none if the chunk equals the fill
// value and is therefore to be deleted.
func (l *layout) encode(ctx context.Context, s *stage) error {
	if s.buf == nil {
		return nil
	}
	if err := l.dataCopy.Acquire(ctx); err != nil {
		return err
	}
	defer l.dataCopy.Release()
	schema := l.schema()
	if !s.keep && !schema.KeepFill && schema.IsFill(s.buf.data) {
		return nil
	}
	if schema.Verbatim {
		s.enc = s.buf.data
		return nil
	}
	s.room = l.engine.buffers.get(int(l.bytes + l.bytes/64 + encodedSlack))
	enc, err := l.ds.Encode(s.room.data[:0], s.buf.data, s.d.cell)
	if err != nil {
		return fmt.Errorf("%s: encoding: %w", l.store.Location(l.ds.ChunkKey(s.d.cell)), err)
	}
	s.enc = enc
	return nil
}

// turn waits for a place aside, unless too much waits to be stored.
func (l *layout) turn(ctx context.Context, wanted <-chan struct{}) *turn {
	if l.engine.backlog.Load() > maxBacklog {
		return &turn{}
	}
	return l.engine.aside.enter(ctx, wanted)
}

// encodeAll encodes the chunks of one store, each in a turn of its own.
func (l *layout) encodeAll(ctx context.Context, stages []*stage, wanted <-chan struct{}) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(resources.Processors() + 1)
	for _, s := range stages {
		work.Go(func() error {
			t := l.turn(ctx, wanted)
			defer t.leave()
			return l.encode(ctx, s)
		})
	}
	return work.Wait()
}

// encodeAndPut encodes the stages and stores them. It returns what WriteBatch
// returned, if it came to that.
func (l *layout) encodeAndPut(ctx context.Context, stages []*stage, wanted <-chan struct{}) ([]kvstore.Put, []kvstore.PutResult, error) {
	t := &turn{}
	defer func() { t.leave() }()
	if len(stages) == 1 { // the common case, of one turn and no goroutines
		t = l.turn(ctx, wanted)
		if err := l.encode(ctx, stages[0]); err != nil {
			return nil, nil, err
		}
	} else if err := l.encodeAll(ctx, stages, wanted); err != nil {
		return nil, nil, err
	}
	puts, bytes := make([]kvstore.Put, len(stages)), int64(0)
	for i, s := range stages {
		puts[i] = kvstore.Put{Key: l.ds.ChunkKey(s.d.cell), Value: s.enc, IfEqual: s.ifEqual}
		bytes += int64(len(s.enc))
	}
	switch quick := l.pace.quick.Load(); {
	case !quick:
		t.leave()
	case t.in == nil:
		t = l.turn(ctx, wanted)
	}
	late := time.AfterFunc(quickTime(bytes), t.leave) // it was not quick this time, or hangs
	defer late.Stop()
	begin := time.Now()
	results, err := kvstore.WriteBatch(ctx, l.store, puts)
	l.pace.note(time.Since(begin), bytes)
	l.memo.outdate(l.ds.WriteGroup(stages[0].d.cell))
	return puts, results, err
}

// storeStages encodes and stores. It returns the chunks that somebody else has
// changed meanwhile.
func (l *layout) storeStages(ctx context.Context, stages []*stage, wanted <-chan struct{}) (again []*dirty, err error) {
	if len(stages) == 0 {
		return nil, nil
	}
	room := l.bytes * int64(len(stages))
	if err := l.engine.transient.reserve(ctx, room); err != nil {
		abandon(stages, err)
		return nil, err
	}
	defer l.engine.transient.release(room)
	puts, results, err := l.encodeAndPut(ctx, stages, wanted)
	if err != nil {
		abandon(stages, err)
		return nil, err
	}
	for i, s := range stages {
		switch r := results[i]; {
		case r.Err == nil:
			s.d.stored(s, r.Stamp)
		case errors.Is(r.Err, kvstore.ErrMismatch):
			s.d.failed(s, r.Err)
			again = append(again, s.d)
		default:
			s.d.failed(s, r.Err)
			err = errors.Join(err, fmt.Errorf("storing %s: %w", l.store.Location(puts[i].Key), r.Err))
		}
		s.drop()
	}
	return again, err
}
