package tree

import (
	"container/list"
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"

	"tsmount/kvstore"
)

// maxListed is how many names all listings that are kept have.
const maxListed = 1 << 17

// listings lists folders of the store, and keeps what it found under the rule of
// all metadata: good if the stamp is not before bound.
type listings struct {
	store kvstore.Store

	mu    sync.Mutex // guards all below; never held while listing
	kept  map[string]*list.Element
	order list.List // of *listing, oldest use first
	names int
}

// listing is the names of the folders at a place. It is immutable.
type listing struct {
	prefix string
	names  []string
	part   bool // there are more
	stamp  time.Time
}

// folders yields the names of one level of folders, as of bound or later;
// nothing where the store cannot list.
func (l *listings) folders(ctx context.Context, prefix string, bound time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if old := l.last(prefix, bound); old != nil && !old.part {
			for _, name := range old.names {
				if !yield(name, nil) {
					return
				}
			}
			return
		}
		l.read(ctx, prefix, yield)
	}
}

// any reports whether there are folders.
func (l *listings) any(ctx context.Context, prefix string, bound time.Time) (found bool, err error) {
	if old := l.last(prefix, bound); old != nil {
		return len(old.names) > 0, nil
	}
	l.read(ctx, prefix, func(_ string, e error) bool {
		found, err = e == nil, e
		return false
	})
	return found, err
}

// read lists the store, and keeps what it has yielded when the listing ends
// without an error.
func (l *listings) read(ctx context.Context, prefix string, yield func(string, error) bool) {
	next := &listing{prefix: prefix, stamp: time.Now()}
	for e, err := range l.store.List(ctx, kvstore.ListOptions{Prefix: prefix, Delimiter: true}) {
		switch {
		case errors.Is(err, errors.ErrUnsupported), absent(err):
			return
		case err != nil:
			yield("", err)
			return
		case !e.Dir:
			continue
		}
		name := strings.TrimPrefix(e.Key, prefix)
		if len(next.names) < maxListed {
			next.names = append(next.names, name)
		}
		if next.part = !yield(name, nil); next.part {
			break
		}
	}
	if len(next.names) < maxListed {
		l.keep(next)
	}
}

// last returns what is kept of a place if it is no older than bound.
func (l *listings) last(prefix string, bound time.Time) *listing {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.kept[prefix]
	if e == nil || e.Value.(*listing).stamp.Before(bound) {
		return nil
	}
	l.order.MoveToBack(e)
	return e.Value.(*listing)
}

func (l *listings) keep(next *listing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		l.kept = map[string]*list.Element{}
	}
	if e := l.kept[next.prefix]; e != nil {
		l.remove(e)
	}
	l.kept[next.prefix] = l.order.PushBack(next)
	l.names += 1 + len(next.names)
	for l.names > maxListed {
		l.remove(l.order.Front())
	}
}

// remove forgets one listing. The caller holds l.mu.
func (l *listings) remove(e *list.Element) {
	old := l.order.Remove(e).(*listing)
	delete(l.kept, old.prefix)
	l.names -= 1 + len(old.names)
}

// drop forgets everything.
func (l *listings) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept, l.names = nil, 0
	l.order.Init()
}
