package tree

import (
	"context"
	"errors"
	"time"

	"tsmount/cache"
	"tsmount/drivers"
)

// insideAge is how old metadata may be for the names inside an array under
// "open": they are looked at again at most once per second per array.
const insideAge = time.Second

// moment says what kind of operation asks for metadata.
type moment uint8

const (
	// inside: lookups and stats of names inside an array.
	inside moment = iota
	// begins: open(2), opendir(2) and the lookup of an array's directory.
	begins
	// forced: an open that asks for revalidation whatever the bounds are.
	forced
)

// moment returns the moment of an open.
func (o OpenOptions) moment() moment {
	if o.Revalidate {
		return forced
	}
	return begins
}

// Began is the key of a context value, a time.Time: when the operation began
// that the context belongs to. All freshness is judged as of then, so that the
// steps of one operation share what the first of them has revalidated.
type Began struct{}

// began returns when the operation of ctx began: now where nobody has said.
func began(ctx context.Context) time.Time {
	if t, ok := ctx.Value(Began{}).(time.Time); ok {
		return t
	}
	return time.Now()
}

// metadataBound returns the oldest metadata that the operation of ctx may use.
func (t *Tree) metadataBound(ctx context.Context, m moment) time.Time {
	now := began(ctx)
	if m == forced {
		return now
	}
	if t.cfg.RecheckMetadata.Mode == drivers.RecheckOpen && m == inside {
		return now.Add(-insideAge)
	}
	return t.cfg.RecheckMetadata.Bound(now, now)
}

// replaced reports whether err of an open array means that it is no longer
// there or is another one.
func replaced(err error) bool {
	return errors.Is(err, cache.ErrIncompatible) || absent(err) || errors.Is(err, drivers.ErrNoArray)
}

// lookAgain makes the array that was at path, of which files may still be open,
// learn that there is none any more.
func (t *Tree) lookAgain(ctx context.Context, path string, bound time.Time) {
	if m := t.arrays.opened(path); m != nil {
		_, _ = m.state(ctx, bound) // whatever it is, its files will tell
		t.arrays.put(m)
	}
}

// array returns the array at path with its current state; release it with
// t.arrays.put. An array that was replaced meanwhile is opened anew, once.
func (t *Tree) array(ctx context.Context, path string, at moment) (*member, *cache.State, error) {
	bound := t.metadataBound(ctx, at)
	m, st, err := t.arrayOnce(ctx, path, bound)
	if errors.Is(err, ErrStale) || errors.Is(err, cache.ErrClosed) {
		m, st, err = t.arrayOnce(ctx, path, bound)
	}
	if err != nil && (absent(err) || errors.Is(err, drivers.ErrNoArray)) {
		return nil, nil, notExist(path)
	}
	return m, st, err
}

func (t *Tree) arrayOnce(ctx context.Context, path string, bound time.Time) (*member, *cache.State, error) {
	m, err := t.arrays.get(ctx, path, bound)
	if err != nil {
		return nil, nil, err
	}
	st, err := m.state(ctx, bound)
	if err != nil {
		t.arrays.put(m)
		return nil, nil, err
	}
	return m, st, nil
}
