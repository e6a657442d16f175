package cache

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"tsmount/resources"
)

// Engine owns what all arrays of a daemon share: the table of open arrays, the
// recycled memory and the budgets. Methods are safe for concurrent use.
type Engine struct {
	log       *slog.Logger
	base      context.Context // flights run under it
	stop      context.CancelFunc
	flights   sync.WaitGroup
	inUse     *budget
	transient *budget
	buffers   *buffers
	loading   *resources.Limiter // chunks that are read and decoded at a time
	storing   *resources.Limiter // groups of chunks that are encoded and stored at a time

	decodes, decodedBytes, encodedBytes, unpinned atomic.Int64
	stores, merges, lost                          atomic.Int64
	originBytes                                   atomic.Int64 // taken by all Origins

	mu   sync.Mutex // guards following
	open map[sharedKey]*shared
}

// recycleLimit is how much free memory an engine holds on to, in bytes.
const recycleLimit = 32 << 20

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
		storing:   resources.NewLimiter("storing", maxLoading),
		open:      make(map[sharedKey]*shared),
	}
}

// Close ends all loads and waits for them. Arrays must not be used afterwards.
func (e *Engine) Close() {
	e.stop()
	e.flights.Wait()
}

// Trim gives memory that is held for reuse back to the system's allocator.
func (e *Engine) Trim() { e.buffers.trim() }
