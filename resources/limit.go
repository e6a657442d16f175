package resources

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// Limiter bounds how many do something at a time. Tokens are handed out first
// come first served. A nil *Limiter sets no limit.
type Limiter struct {
	name  string
	limit int

	mu      sync.Mutex // guards following
	inUse   int
	waiting list.List // of chan struct{}, closed when the token is theirs
}

// NewLimiter returns a limiter of limit tokens, at least one. The name appears in
// errors and statistics.
func NewLimiter(name string, limit int) *Limiter {
	return &Limiter{name: name, limit: max(1, limit)}
}

// Acquire takes a token, waiting until one is free or ctx is done. Only after a
// nil error does the caller hold a token, to be given back by Release.
func (l *Limiter) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return l.gaveUp(err)
	}
	if l == nil {
		return nil
	}
	l.mu.Lock()
	if l.takeLocked() {
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := l.waiting.PushBack(turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		l.leave(turn, place)
		return l.gaveUp(ctx.Err())
	}
}

// TryAcquire takes a token if one is free and nobody waits for it.
func (l *Limiter) TryAcquire() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.takeLocked()
}

func (l *Limiter) takeLocked() bool {
	if l.inUse >= l.limit || l.waiting.Len() > 0 {
		return false
	}
	l.inUse++
	return true
}

// leave gives up a place in the queue, or the token that has just arrived there.
func (l *Limiter) leave(turn chan struct{}, place *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-turn:
		l.releaseLocked()
	default:
		l.waiting.Remove(place)
	}
}

// Release gives back a token. It panics if none is out.
func (l *Limiter) Release() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inUse == 0 {
		panic("resources: " + l.name + ": Release without Acquire")
	}
	l.releaseLocked()
}

// releaseLocked hands a token to the first that waits, else back.
func (l *Limiter) releaseLocked() {
	first := l.waiting.Front()
	if first == nil {
		l.inUse--
		return
	}
	close(l.waiting.Remove(first).(chan struct{}))
}

// Name returns the name given to NewLimiter.
func (l *Limiter) Name() string {
	if l == nil {
		return "unlimited"
	}
	return l.name
}

// Limit returns the number of tokens, 0 when there is no limit.
func (l *Limiter) Limit() int {
	if l == nil {
		return 0
	}
	return l.limit
}

// InUse returns how many tokens are out.
func (l *Limiter) InUse() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inUse
}

// Waiting returns how many wait for a token.
func (l *Limiter) Waiting() int {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting.Len()
}

func (l *Limiter) gaveUp(err error) error {
	return fmt.Errorf("waiting for %s (limit %d): %w", l.Name(), l.Limit(), err)
}
