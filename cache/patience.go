package cache

import (
	"context"
	"sync"
	"time"
)

// patience is a context that also ends at a deadline. It takes no timer and no
// goroutine until somebody asks for Done: most of what it is given to needs no
// waiting.
type patience struct {
	context.Context // the parent
	until           time.Time

	mu     sync.Mutex // guards following
	timed  context.Context
	cancel context.CancelFunc
}

// withPatience returns ctx with a deadline; stop must be called in the end.
func withPatience(ctx context.Context, d time.Duration) *patience {
	return &patience{Context: ctx, until: time.Now().Add(d)}
}

// Deadline implements context.Context.
func (p *patience) Deadline() (time.Time, bool) {
	if parent, ok := p.Context.Deadline(); ok && parent.Before(p.until) {
		return parent, true
	}
	return p.until, true
}

// Done implements context.Context.
func (p *patience) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.cancel = context.WithDeadline(p.Context, p.until)
	}
	return p.timed.Done()
}

// Err implements context.Context.
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.timed != nil:
		return p.timed.Err()
	case p.Context.Err() == nil && !time.Now().Before(p.until):
		return context.DeadlineExceeded
	}
	return p.Context.Err()
}

func (p *patience) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
}
