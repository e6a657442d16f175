package cache

import (
	"sync/atomic"
	"time"
)

// modified is the newest modification known of an array: the latest of all that
// were noted. Its zero value knows none. Methods are safe for concurrent use.
type modified struct {
	at atomic.Pointer[time.Time]
}

// note takes t into account; the zero time says that nothing is known.
func (m *modified) note(t time.Time) {
	for {
		old := m.at.Load()
		if t.IsZero() || old != nil && !t.After(*old) {
			return
		}
		if m.at.CompareAndSwap(old, &t) {
			return
		}
	}
}

// now notes a modification that takes place now.
func (m *modified) now() { m.note(time.Now()) }

// newest returns the latest time that was noted, or zero.
func (m *modified) newest() time.Time {
	if t := m.at.Load(); t != nil {
		return *t
	}
	return time.Time{}
}
