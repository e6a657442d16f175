package fusefs

import (
	"sync"

	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

// pages decides what the kernel's page cache may do with a file. Cold streams
// are faster past it, repeated reads out of it: the first open of a file reads
// directly, later ones fill the page cache and keep it.
type pages struct {
	mu      sync.Mutex // guards all below
	known   bool
	mixed   bool   // pages may be of any age: mappings of handles that keep none
	version uint64 // of what the pages may hold
}

// open returns the flags for an open file. Without FOPEN_KEEP_CACHE the kernel
// drops what it has.
func (p *pages) open(allowed tree.Pages, version uint64) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := p.known && p.version == version && !p.mixed
	p.known, p.version, p.mixed = true, version, allowed == tree.PagesNever
	switch {
	case !again || allowed == tree.PagesNever:
		return fuse.FOPEN_DIRECT_IO
	case allowed == tree.PagesKeep:
		return fuse.FOPEN_KEEP_CACHE
	}
	return 0 // buffered, from now on
}

// changed reports whether there may be pages of an older version, once.
func (p *pages) changed(version uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.known || p.version >= version { // versions grow
		return false
	}
	p.version = version
	return true
}

// drop makes the next open begin anew.
func (p *pages) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = false
}
