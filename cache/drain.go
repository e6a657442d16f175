package cache

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tsmount/drivers"
)

// schema returns the newest schema of the array that the layout has seen.
func (l *layout) schema() *drivers.Schema { return l.newest.Load() }

// assume notes that the layout is that of metadata which need not be stored.
func (l *layout) assume() { l.assumed.Store(true) }

// stillThere reports an error unless the array that the layout belongs to is
// still what is stored, as of a second ago.
func (l *layout) stillThere(ctx context.Context) error {
	if l.assumed.Load() {
		return nil
	}
	s := l.owner
	docs, err := s.documents(ctx, time.Now().Add(-time.Second))
	if err != nil || docs.version == l.checked.Load() {
		return err
	}
	ds, err := s.parse(docs, l.want)
	if err != nil {
		return err
	}
	if ds.CompatKey() != l.ds.CompatKey() {
		return fmt.Errorf("%s: %w", s.store.Location(s.path), ErrIncompatible)
	}
	l.newest.Store(ds.Schema())
	l.checked.Store(docs.version)
	return nil
}

// lose drops dirty chunks whose array is gone, and all records of erasures.
func (l *layout) lose(members []*dirty) {
	n := int64(0)
	for _, d := range members {
		if d.lock() {
			n++
			l.loseOne(d)
			d.mu.Unlock()
		}
	}
	l.changeErasures(func([]*erasure) []*erasure { return nil })
	l.engine.log.Error("the array is gone: chunks that were written to it are lost", "array", l.owner.store.Location(l.owner.path), "chunks", n)
}

// loseOne drops a dirty chunk that has no place any more. The caller holds d.mu.
func (l *layout) loseOne(d *dirty) {
	l.lost.Add(1)
	l.engine.lost.Add(1)
	d.drop()
}

// Drain stores everything that was written to the array. It returns what could
// not be stored until ctx ends, one line for each stored key, with the reason.
func (a *Array) Drain(ctx context.Context) []string { return a.shared.drainDirty(ctx) }

// Drain does so for all arrays, also those that nobody has open any more.
func (e *Engine) Drain(ctx context.Context) []string {
	e.mu.Lock()
	open := slices.Collect(maps.Values(e.open))
	e.mu.Unlock()
	var left []string
	for _, s := range open {
		left = append(left, s.drainDirty(ctx)...)
	}
	return left
}

func (s *shared) drainDirty(ctx context.Context) (left []string) {
	for _, l := range s.allLayouts() {
		if l.unstored.Load() == 0 {
			continue
		}
		if err := l.flush(ctx); err != nil {
			left = append(left, l.unstoredKeys(err)...)
		}
	}
	return left
}

// maxNamedLost is how many keys Drain names of one array.
const maxNamedLost = 100

// unstoredKeys names what is dirty. why is the reason where a chunk has none.
func (l *layout) unstoredKeys(why error) []string {
	var list []string
	more := 0
	for _, g := range l.dirtyGroups() {
		if len(list) == maxNamedLost {
			more++
			continue
		}
		list = append(list, fmt.Sprintf("%s: %v", l.owner.store.Location(l.owner.path+g.key), g.reason(why)))
	}
	if more > 0 {
		list = append(list, fmt.Sprintf("%s: %d more", l.owner.store.Location(l.owner.path), more))
	}
	if len(list) == 0 {
		list = append(list, why.Error())
	}
	return list
}

// reason returns why a member of g could not be stored.
func (g *writeGroup) reason(otherwise error) error {
	for _, d := range g.taken() {
		d.mu.Lock()
		fault := d.fault
		d.mu.Unlock()
		d.entry.unpin()
		if fault != nil {
			otherwise = fault
		}
	}
	return otherwise
}
