package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// aside bounds how much is computed at a time for stores that nobody waits for
// yet: one processor less than there are. A writer sends one request after the
// other; if encoders took all processors for each layer of chunks that it
// completes, it would wait for them, and they would wait for it afterwards.
type aside chan struct{}

// turn is a place in aside, or none.
type turn struct {
	in   aside
	left sync.Once
}

// enter waits for a place, unless or until somebody waits for the result.
func (a aside) enter(ctx context.Context, wanted <-chan struct{}) *turn {
	select {
	case <-wanted:
		return &turn{}
	default:
	}
	select {
	case a <- struct{}{}:
		return &turn{in: a}
	case <-wanted:
	case <-ctx.Done(): // what comes next will tell
	}
	return &turn{}
}

// leave gives the place back, once.
func (t *turn) leave() {
	t.left.Do(func() {
		if t.in != nil {
			<-t.in
		}
	})
}

// pace tells stores that take a processor as long as they last, such as one in
// memory, from those that mostly wait.
type pace struct{ quick atomic.Bool }

const (
	quickStart  = 500 * time.Microsecond // of a quick store
	quickPerMiB = 2 * time.Millisecond
)

// quickTime is how long a quick store takes at most for so many bytes.
func quickTime(bytes int64) time.Duration {
	return quickStart + time.Duration(bytes)*quickPerMiB>>20
}

// note remembers how long it took to store so many bytes.
func (p *pace) note(d time.Duration, bytes int64) { p.quick.Store(d <= quickTime(bytes)) }
