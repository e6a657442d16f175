package cache

import (
	"container/list"
	"sync"
	"time"

	"tsmount/arrayview"
	"tsmount/kvstore"
)

// dirty is what has been written to a chunk and is not stored yet. Its entry
// points to it; it is gone when that no longer does.
//
// buf holds the chunk as readers are to see it: the bytes that mask and storing
// mark were written here; the others are those of the stored chunk of generation
// base, or arbitrary as long as base is "". A chunk that was erased as a whole
// has no buf and needs none: it is the fill value. When it is then written to, it
// is blank: what is not marked is the fill value, but not in buf yet.
type dirty struct {
	entry  *entry
	layout *layout
	cell   []int64
	group  *writeGroup

	// Guarded by pool.mu.
	place  *list.Element // in Pool.queue while nobody uses the chunk
	weight int64         // bytes of memory

	mu      sync.Mutex // guards following
	wrote   int64      // bytes taken from writers, those written twice counted twice
	gone    bool
	buf     *buffer
	erased  bool  // the fill value throughout
	blank   bool  // the fill value where it is not marked
	frozen  bool  // buf is being stored: it must be replaced, not changed
	mask    *mask // written since the last stage
	storing *mask // of the stage that is being stored
	touched bool  // there is something to be stored
	base    kvstore.Generation
	based   time.Time // when base was what is stored, at the earliest
	exists  bool      // something is stored that nothing is known of
	keep    bool      // store the chunk even if it equals the fill value
	fault   error     // of the last attempt to store it
}

// lock locks d, unless it is gone.
func (d *dirty) lock() bool {
	d.mu.Lock()
	if d.gone {
		d.mu.Unlock()
	}
	return !d.gone
}

// room returns the chunk's memory, to be written to and marked in d.mask. The
// caller holds d.mu.
func (d *dirty) room() []byte {
	l := d.layout
	switch {
	case d.buf == nil:
		d.buf = l.engine.buffers.get(int(l.bytes))
		l.chunks.pool.weigh(d, l.bytes)
		d.blank, d.erased = d.erased, false
	case d.frozen:
		next := l.engine.buffers.get(int(l.bytes))
		copy(next.data, d.buf.data)
		d.buf.drop()
		d.buf, d.frozen = next, false
	}
	if d.mask == nil {
		d.mask = newMask(l.bytes, l.engine.buffers)
	}
	d.touched = true
	return d.buf.data
}

// write copies the elements of a box into the chunk; to says where they go in
// it. The caller holds d.mu.
func (d *dirty) write(c arrayview.Copy, to area, src []byte, at int64) error {
	if err := d.put(c, to, src, at); err != nil {
		return err
	}
	n := to.elem
	for _, count := range to.shape {
		n *= count
	}
	d.count(n)
	return nil
}

// count counts bytes that a writer wrote. The caller holds d.mu.
func (d *dirty) count(n int64) {
	d.wrote += n
	d.group.wrote.Add(n)
}

// uncount forgets what was counted and returns it. The caller holds d.mu.
func (d *dirty) uncount() int64 {
	n := d.wrote
	d.count(-n)
	return n
}

// put copies and marks. The caller holds d.mu.
func (d *dirty) put(c arrayview.Copy, to area, src []byte, at int64) error {
	if err := c.Run(d.room(), to.off, src, at); err != nil {
		return err
	}
	d.mask.mark(to)
	return nil
}

// fill makes the elements of a box the fill value; c reads it from src, from at
// on. The caller holds d.mu.
func (d *dirty) fill(c arrayview.Copy, to area, src []byte, at int64) error {
	if d.erased {
		return nil
	}
	return d.put(c, to, src, at)
}

// erase makes the whole chunk the fill value, and gives its memory back. The
// caller holds d.mu.
func (d *dirty) erase() {
	l := d.layout
	if d.buf != nil {
		d.buf.drop()
		d.buf, d.frozen = nil, false
		l.chunks.pool.weigh(d, 0)
	}
	d.mask.drop()
	d.storing.drop() // what is being stored is no longer what readers see
	d.mask, d.storing, d.base = nil, nil, ""
	d.uncount()
	d.erased, d.touched, d.blank = true, true, false
}

// fillBlank makes a blank chunk one that was written as a whole. The caller holds
// d.mu.
func (d *dirty) fillBlank() {
	if !d.blank {
		return
	}
	d.blank = false
	dst := d.room()
	if !d.mask.full() {
		d.fillGaps(dst, nil)
		d.mask.set(0, d.layout.bytes)
	}
}

// fillGaps sets what was not written to the bytes of chunk; nil: to the fill
// value. The caller holds d.mu.
func (d *dirty) fillGaps(dst []byte, chunk *buffer) {
	if chunk == nil {
		chunk = d.layout.engine.buffers.get(len(dst))
		defer chunk.drop()
		d.layout.schema().FillChunk(chunk.data)
	}
	fillGaps(dst, chunk.data, d.mask, d.storing)
}

// covers reports whether the elements of a box are known without what is stored.
// The caller holds d.mu.
func (d *dirty) covers(a area) bool {
	d.fillBlank()
	return d.erased || d.buf != nil && covers(d.mask, d.storing, a)
}

// rebase fills what was not written here with the bytes of chunk, which is what
// was stored in the given generation at a time; nil: nothing was. It never goes
// back: readers may be content with what is older than what is to be merged. The
// caller holds d.mu.
func (d *dirty) rebase(chunk *buffer, generation kvstore.Generation, at time.Time) {
	if d.erased || d.blank || d.base != "" && at.Before(d.based) {
		return
	}
	d.based = at
	if d.base == generation && generation != "" {
		return
	}
	touched := d.touched
	dst := d.room()
	d.touched = touched
	d.fillGaps(dst, chunk)
	d.base = generation
}

// drop ends d, of which everything is stored, or never will be. The caller holds
// d.mu, but not pool.mu.
func (d *dirty) drop() {
	l := d.layout
	d.gone = true
	d.uncount()
	if d.buf != nil {
		d.buf.drop()
		d.buf = nil
		l.chunks.pool.weigh(d, 0)
	}
	d.mask.drop()
	d.storing.drop()
	d.mask, d.storing = nil, nil
	l.chunks.pool.detach(d)
}
