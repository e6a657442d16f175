package tree

import (
	"context"
	"sync"
	"time"
)

// times remembers the newest modification that was told of each array and
// group, so that none ever goes back: not when a document is replaced by an
// older one, and not when the array is opened anew.
type times struct {
	mu   sync.Mutex // guards told
	told map[string]time.Time
}

// newest returns the latest time that was told of path, at being one more.
func (t *times) newest(path string, at time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.told[path]; ok && !at.After(last) {
		return last
	}
	if t.told == nil {
		t.told = map[string]time.Time{}
	}
	t.told[path] = at
	return at
}

// modified returns the newest modification known of the array: of its documents
// and of the chunks that were read. It is that of all its files.
func (t *Tree) modified(v *view) time.Time {
	m := v.m.opened.Array.Modified()
	if v.st.Modified.After(m) {
		m = v.st.Modified
	}
	return t.modifiedAt(v.m.path, m)
}

// modifiedAt is modified for what is at a path below the mount point; the zero
// time stands for that of mounting.
func (t *Tree) modifiedAt(path string, at time.Time) time.Time {
	return t.times.newest(path, modifiedOr(at, t.cfg.Mounted))
}

// Stat describes the mount point. It has an answer also when what is mounted is
// gone or cannot be read: the way to .tsmount leads through it.
func (d *rootDir) Stat(ctx context.Context) (Stat, error) {
	st, err := d.Dir.Stat(ctx)
	if err != nil {
		return Stat{Dir: true, Perm: 0o555, Modified: d.t.modifiedAt("", time.Time{})}, nil
	}
	return st, nil
}
