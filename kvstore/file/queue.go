package file

import (
	"context"
	"sync"

	"tsmount/resources"
)

// queue lets in one writer per key at a time, first come first served, so that
// the writers of one store need not poll each other's lock files. The zero queue
// is ready for use.
type queue struct {
	mu   sync.Mutex       // guards following
	keys map[string]*turn // of keys that somebody writes or waits for
}

// turn is one key of a queue.
type turn struct {
	limit *resources.Limiter // of one
	users int                // inside or waiting; guarded by queue.mu
}

// enter waits for the turn of key. After nil the caller must leave.
func (q *queue) enter(ctx context.Context, key string) error {
	q.mu.Lock()
	if q.keys == nil {
		q.keys = map[string]*turn{}
	}
	t := q.keys[key]
	if t == nil {
		t = &turn{limit: resources.NewLimiter("other writers of the key", 1)}
		q.keys[key] = t
	}
	t.users++
	q.mu.Unlock()
	err := t.limit.Acquire(ctx)
	if err != nil {
		q.drop(key, t)
	}
	return err
}

func (q *queue) leave(key string) {
	q.mu.Lock()
	t := q.keys[key]
	q.mu.Unlock()
	t.limit.Release()
	q.drop(key, t)
}

func (q *queue) drop(key string, t *turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(q.keys, key)
	}
}
