package shard

import (
	"context"
	"sync/atomic"
	"time"

	"tsmount/kvstore"
)

const (
	// slowBase is the latency of a base from which on its requests are merged.
	// Below it a request is cheaper than gathering and copying.
	slowBase = 5 * time.Millisecond
	// patienceShare is the part of a base's latency that reads may take longer
	// for being merged, and maxPatience the most.
	patienceShare = 16
	maxPatience   = 5 * time.Millisecond
	// paceShare is the weight of the latest request in the average.
	paceShare = 8
)

// pace is what is known of the speed of a base.
type pace struct {
	reading atomic.Int64 // reads of chunks that are under way
	latency atomic.Int64 // of requests, nanoseconds, smoothed; 0: not known
}

// note counts a request in; a lost update does no harm.
func (p *pace) note(d time.Duration) {
	old := p.latency.Load()
	if old == 0 {
		p.latency.Store(int64(d))
		return
	}
	p.latency.Store(old + (int64(d)-old)/paceShare)
}

// fast reports whether requests are known not to be worth saving. Chunks are then
// not even timed, only indexes.
func (p *pace) fast() bool {
	d := time.Duration(p.latency.Load())
	return 0 < d && d < slowBase
}

// slow reports whether requests are known to be worth saving.
func (p *pace) slow() bool { return time.Duration(p.latency.Load()) >= slowBase }

// patience is how long reads wait for others to be merged with.
func (p *pace) patience() time.Duration {
	return min(time.Duration(p.latency.Load())/patienceShare, maxPatience)
}

// reader is the part of a kvstore.Store that indexes and chunks are read by.
type reader interface {
	Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error)
}

// timed is the base of a store, with its requests timed. Values that take long
// for their size say nothing about it.
type timed store

func (t *timed) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	began := time.Now()
	res, err := t.base.Read(ctx, key, opt)
	if err == nil && len(res.Value) <= maxMerged {
		t.merge.note(time.Since(began))
	}
	return res, err
}
