package tree

import "strings"

// refresh drops what is cached of the open arrays at path, below it, or above
// it, and returns their paths, or path when there are none above.
func (a *arrays) refresh(path string) []string {
	paths := []string{path}
	for _, m := range a.touching(path) {
		if len(m.path) < len(path) {
			paths = append(paths, m.path)
		}
		if m.err == nil {
			m.opened.Array.Refresh()
		}
		a.put(m)
	}
	return paths
}

// touching returns the open arrays that refresh is about, each to be put back.
func (a *arrays) touching(path string) []*member {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found []*member
	for p, m := range a.open {
		if !within(p, path) && !within(path, p) {
			continue
		}
		if m.takeReady() { // what is being opened is fresh
			found = append(found, m)
		}
	}
	return found
}

// opened returns the array that is open at path, to be put back, or nil.
func (a *arrays) opened(path string) *member {
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.open[path]; m != nil && m.takeReady() {
		return m
	}
	return nil
}

// takeReady adds a reference if the opening has ended, well or not. The caller
// holds arrays.mu.
func (m *member) takeReady() bool {
	select {
	case <-m.ready:
		m.table.take(m)
		return true
	default:
		return false
	}
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	return dir == "" || path == dir || strings.HasPrefix(path, dir+"/")
}
