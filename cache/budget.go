package cache

import (
	"container/list"
	"context"
	"fmt"
	"sync"
)

// budget hands out bytes, first come first served. A request larger than the
// limit is granted when nothing else is out.
type budget struct {
	name  string
	limit int64

	mu    sync.Mutex // guards following
	out   int64
	peak  int64
	queue list.List // of *claim
}

type claim struct {
	n     int64
	ready chan struct{}
}

func newBudget(name string, limit int64) *budget { return &budget{name: name, limit: limit} }

// reserve waits until n bytes can be had, or ctx ends.
func (b *budget) reserve(ctx context.Context, n int64) error {
	b.mu.Lock()
	if b.queue.Len() == 0 && b.fits(n) {
		b.take(n)
		b.mu.Unlock()
		return nil
	}
	c := &claim{n: n, ready: make(chan struct{})}
	place := b.queue.PushBack(c)
	b.mu.Unlock()
	select {
	case <-c.ready:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-c.ready: // granted meanwhile
		b.give(n)
	default:
		b.queue.Remove(place)
		b.grant()
	}
	return fmt.Errorf("waiting for %d bytes of the %s budget: %w", n, b.name, ctx.Err())
}

// try reserves n bytes if that needs no waiting.
func (b *budget) try(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.queue.Len() > 0 || b.out+n > b.limit {
		return false
	}
	b.take(n)
	return true
}

// release gives n bytes back.
func (b *budget) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.give(n)
}

func (b *budget) fits(n int64) bool { return b.out == 0 || b.out+n <= b.limit }

func (b *budget) take(n int64) {
	b.out += n
	b.peak = max(b.peak, b.out)
}

func (b *budget) give(n int64) {
	b.out -= n
	b.grant()
}

func (b *budget) grant() {
	for front := b.queue.Front(); front != nil; front = b.queue.Front() {
		c := front.Value.(*claim)
		if !b.fits(c.n) {
			return
		}
		b.take(c.n)
		b.queue.Remove(front)
		close(c.ready)
	}
}

// used returns the bytes that are out and the most that ever were.
func (b *budget) used() (now, peak int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out, b.peak
}
