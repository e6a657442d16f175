package cache

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tsmount/resources"
)

// Engine owns what all arrays of a daemon share: the table of open arrays, the
// recycled memory and the budgets. Methods are safe for concurrent use.
type Engine struct {
	log       *slog.Logger
	base      context.Context // flights run under it
	stop      context.CancelFunc
	flights   crew
	inUse     *budget
	transient *budget
	buffers   *buffers
	loading   *resources.Limiter // chunks that are read and decoded at a time
	aside     aside              // encoders and quick stores that nobody waits for
	storing   *resources.Limiter // groups of chunks that are encoded and stored at a time

	decodes, decodedBytes, encodedBytes, unpinned atomic.Int64
	stores, merges, lost, writing                 atomic.Int64
	backlog                                       atomic.Int64 // bytes of the groups that are to be stored
	originBytes                                   atomic.Int64 // taken by all Origins

	mu   sync.Mutex // guards following
	open map[sharedKey]*shared
}

const (
	// recycleLimit is how much free memory an engine holds on to, in bytes.
	recycleLimit = 32 << 20
	// recycleWriting is the limit while there is something to be stored, and
	// writingPause later: writers use, and give back, a whole layer of chunks.
	recycleWriting = 256 << 20
	writingPause   = 2 * time.Second
)

// maxLoading is how many chunks are loaded at a time: as many as remote stores
// take requests, in the order in which they were asked for. The others wait
// without any memory of their own.
const maxLoading = 32

// New returns an engine with the budgets of cfg.
func New(cfg Config) *Engine {
	quarter := memoryLimit() / 4
	if cfg.InUseLimit <= 0 {
		cfg.InUseLimit = quarter
	}
	if cfg.TransientLimit <= 0 {
		cfg.TransientLimit = quarter
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	base, stop := context.WithCancel(context.Background())
	return &Engine{
		log: cfg.Log, base: base, stop: stop,
		inUse:     newBudget("in-use", cfg.InUseLimit),
		transient: newBudget("transient", cfg.TransientLimit),
		buffers:   newBuffers(recycleLimit),
		loading:   resources.NewLimiter("loading", maxLoading),
		aside:     make(aside, max(1, resources.Processors()-1)),
		storing:   resources.NewLimiter("storing", maxLoading),
		open:      make(map[sharedKey]*shared),
	}
}

// Close ends all loads and waits for them. Arrays must not be used afterwards.
func (e *Engine) Close() {
	e.stop()
	e.flights.Wait()
}

// writes notes that an array has something to be stored (1), or no more (-1).
func (e *Engine) writes(n int64) {
	switch e.writing.Add(n) {
	case 1:
		e.buffers.setLimit(recycleWriting)
	case 0:
		time.AfterFunc(writingPause, func() {
			if e.writing.Load() == 0 {
				e.buffers.setLimit(recycleLimit)
			}
		})
	}
}
