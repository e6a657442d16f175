package cache

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// buffer is recycled memory with a count of references. The last drop gives
// the memory back. Its bytes are written by the flight that made it and never
// again until then.
type buffer struct {
	data []byte // length: what is in it; capacity: the size class
	refs atomic.Int32
	home *buffers
}

// keep takes one more reference; the caller must hold one, or hold the lock
// under which the owner would drop its own.
func (b *buffer) keep() *buffer {
	if b != nil {
		b.refs.Add(1)
	}
	return b
}

// drop gives one reference back.
func (b *buffer) drop() {
	if b == nil {
		return
	}
	switch n := b.refs.Add(-1); {
	case n == 0:
		b.home.put(b)
	case n < 0:
		panic("cache: buffer dropped more often than kept")
	}
}

// minClass is the smallest size class in bytes; smaller values share it.
const minClass = 512

// buffers recycles memory by size class, holding on to at most limit bytes.
type buffers struct {
	limit int64

	mu   sync.Mutex // guards following
	free map[int][]*buffer
	held int64 // bytes in free
}

func newBuffers(limit int64) *buffers {
	return &buffers{limit: limit, free: make(map[int][]*buffer)}
}

// get returns a buffer of n bytes with one reference. Its content is arbitrary.
func (p *buffers) get(n int) *buffer {
	class := sizeClass(n)
	p.mu.Lock()
	if list := p.free[class]; len(list) > 0 {
		b := list[len(list)-1]
		list[len(list)-1] = nil
		p.free[class] = list[:len(list)-1]
		p.held -= int64(class)
		p.mu.Unlock()
		b.data = b.data[:n]
		b.refs.Store(1)
		return b
	}
	p.mu.Unlock()
	b := &buffer{data: make([]byte, n, class), home: p}
	b.refs.Store(1)
	return b
}

func (p *buffers) put(b *buffer) {
	class := cap(b.data)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held+int64(class) > p.limit || class != sizeClass(class) {
		return // the garbage collector takes it
	}
	p.held += int64(class)
	p.free[class] = append(p.free[class], b)
}

// trim lets the garbage collector have all free memory.
func (p *buffers) trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.free)
	p.held = 0
}

// sizeClass rounds n up to a multiple of an eighth of its power of two: a
// buffer wastes less than one part in eight.
func sizeClass(n int) int {
	if n <= minClass {
		return minClass
	}
	step := 1 << (bits.Len(uint(n-1)) - 4)
	return (n + step - 1) &^ (step - 1)
}
