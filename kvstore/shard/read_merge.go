package shard

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"tsmount/kvstore"
)

const (
	// mergeGap is how many bytes between two ranges are read for nothing to save
	// a request: TensorStore's number for remote stores.
	mergeGap = 4 << 10
	// maxPart is the largest range that is merged, in bytes: transferring a larger
	// one takes so long that a request more hardly shows.
	maxPart = 1 << 20
	// maxMerged is the largest merged range, in bytes: about what one connection
	// carries while another request would be waiting for its first byte. More is
	// better fetched by several requests at a time.
	maxMerged = 4 << 20
	// maxHeld bounds the memory of all merged ranges of a store, in bytes. Ranges
	// beyond it are read into the readers' own memory.
	maxHeld = 32 << 20
)

// merger turns concurrent reads of neighbouring ranges of a shard into one
// request, where requests are slow. A read that finds nothing gathering for its
// shard starts to gather; the gathering ends when all reads of the store have
// joined it, so that a lone reader never waits, or after a small part of the
// store's latency. Ranges are then merged, or read each on its own.
//
// It does not gather for as long as the request before is under way: readers of
// a stream would take turns, and each of them wait for two requests.
type merger struct {
	pace
	mu   sync.Mutex // guards following, and all gatherings and runs
	open map[version]*gathering
	held int64 // bytes of runs
}

// version is one stored value of a shard.
type version struct {
	shard      string
	generation kvstore.Generation
}

// gathering is ranges of one version that are about to be read.
type gathering struct {
	of    version
	ctx   context.Context // of the first reader, without its end
	parts []*part
	timer *time.Timer
}

// part is a range that somebody waits for.
type part struct {
	lo, hi int64
	bound  time.Time
	done   chan struct{}
	run    *run // set before done closes; nil: the reader reads it alone
}

// run is several parts that are read in one request. res and err
// are set before the parts are done.
type run struct {
	lo, hi int64
	bound  time.Time // the latest of its parts
	parts  []*part
	users  int // readers that have not left, and the request
	cancel context.CancelFunc
	res    kvstore.ReadResult
	err    error
}

func (r *run) size() int64 { return r.hi - r.lo }

// readRange reads a span of a shard of the generation opt.IfEqual, together with
// what else is read there at the time.
func (s *store) readRange(ctx context.Context, shard string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if s.merge.fast() {
		return s.base.Read(ctx, shard, opt)
	}
	lo, hi := opt.Range.Offsets()
	if hi-lo <= 0 || hi-lo > maxPart || !s.merge.slow() {
		return (*timed)(s).Read(ctx, shard, opt)
	}
	p := &part{lo: lo, hi: hi, bound: opt.Bound, done: make(chan struct{})}
	g := s.join(ctx, version{shard, opt.IfEqual}, p)
	select {
	case <-p.done:
	case <-ctx.Done():
		s.merge.leave(g, p)
		return kvstore.ReadResult{}, ctx.Err()
	}
	if p.run == nil {
		return (*timed)(s).Read(ctx, shard, opt)
	}
	defer s.merge.leave(g, p)
	res, err := p.run.res, p.run.err
	if err != nil || res.State != kvstore.Present {
		return res, err
	}
	res.Value = opt.Into(hi - lo)
	copy(res.Value, p.run.res.Value[lo-p.run.lo:hi-p.run.lo])
	return res, nil
}

// join adds p to the ranges that are gathering for a version.
func (s *store) join(ctx context.Context, of version, p *part) *gathering {
	m := &s.merge
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.open[of]
	if g == nil {
		g = &gathering{of: of, ctx: context.WithoutCancel(ctx)}
		if m.open == nil {
			m.open = map[version]*gathering{}
		}
		m.open[of] = g
	}
	g.parts = append(g.parts, p)
	if int64(len(g.parts)) >= m.reading.Load() {
		s.sendLocked(g)
	} else if g.timer == nil {
		g.timer = time.AfterFunc(m.patience(), func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			s.sendLocked(g)
		})
	}
	return g
}

// leave ends the interest of a reader in p. The last reader out ends the request.
func (m *merger) leave(g *gathering, p *part) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.run == nil {
		g.parts = slices.DeleteFunc(g.parts, func(q *part) bool { return q == p })
		return
	}
	m.releaseLocked(p.run)
}

// releaseLocked takes a user from r.
func (m *merger) releaseLocked(r *run) {
	r.users--
	if r.users <= 1 {
		r.cancel()
	}
	if r.users == 0 {
		m.held -= r.size()
	}
}

// sendLocked ends a gathering, unless it has ended: it starts the merged
// requests and lets the readers of single ranges go on.
func (s *store) sendLocked(g *gathering) {
	m := &s.merge
	if m.open[g.of] != g {
		return
	}
	delete(m.open, g.of)
	if g.timer != nil {
		g.timer.Stop()
	}
	runs := merge(g.parts)
	g.parts = nil
	for _, r := range runs {
		if len(r.parts) == 1 || m.held+r.size() > maxHeld {
			r.finish()
			continue
		}
		m.held += r.size()
		r.users = len(r.parts) + 1
		for _, p := range r.parts {
			p.run = r
		}
		var ctx context.Context
		ctx, r.cancel = context.WithCancel(g.ctx)
		go s.fetch(ctx, g.of, r)
	}
}

// merge joins ranges that overlap or are close to each other.
func merge(parts []*part) (runs []*run) {
	slices.SortFunc(parts, func(a, b *part) int { return cmp.Compare(a.lo, b.lo) })
	var r *run
	for _, p := range parts {
		if r == nil || p.lo-r.hi > mergeGap || max(r.hi, p.hi)-r.lo > maxMerged {
			r = &run{lo: p.lo, hi: p.hi, bound: p.bound}
			runs = append(runs, r)
		}
		r.hi = max(r.hi, p.hi)
		if p.bound.After(r.bound) {
			r.bound = p.bound
		}
		r.parts = append(r.parts, p)
	}
	return runs
}

// fetch reads a run for its readers.
func (s *store) fetch(ctx context.Context, of version, r *run) {
	defer func() {
		if e := recover(); e != nil { // must not end the process
			r.err = fmt.Errorf("internal error: %v\n%s", e, debug.Stack())
		}
		r.finish()
		s.merge.mu.Lock()
		defer s.merge.mu.Unlock()
		s.merge.releaseLocked(r)
	}()
	r.res, r.err = (*timed)(s).Read(ctx, of.shard, kvstore.ReadOptions{
		Range: kvstore.Span(r.lo, r.hi), IfEqual: of.generation, Bound: r.bound,
	})
	if n := int64(len(r.res.Value)); r.err == nil && r.res.State == kvstore.Present && n != r.size() {
		r.err = fmt.Errorf("%w: got %d bytes of a range of %d", kvstore.ErrTemporary, n, r.size())
	}
}

// finish wakes the readers.
func (r *run) finish() {
	for _, p := range r.parts {
		close(p.done)
	}
}
