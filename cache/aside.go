package cache

import "context"

// aside bounds how much is encoded at a time that nobody waits for yet: one
// processor less than there are. A writer sends one request after the other; if
// the encoders took all processors for each layer of chunks that it completes,
// it would wait for them, and they would wait for it afterwards.
type aside chan struct{}

// enter waits for a place, unless or until somebody waits for the result. The
// caller leaves if it got one.
func (a aside) enter(ctx context.Context, wanted <-chan struct{}) bool {
	select {
	case <-wanted:
		return false
	default:
	}
	select {
	case a <- struct{}{}:
		return true
	case <-wanted:
	case <-ctx.Done(): // what comes next will tell
	}
	return false
}

func (a aside) leave() { <-a }
