package cache

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// buffer is recycled memory with a count of references. The last drop gives
// the memory back. Its bytes are written by the flight that made it and never
// again until then.
type buffer struct {
	data []byte // length: what is in it; capacity: the size class and slack
	refs atomic.Int32
	home *buffers
	slab *slab
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

const (
	// minClass is the smallest size class in bytes; smaller values share it.
	minClass = 512
	// slabBytes is how much memory is asked for at a time. Slabs lie on huge
	// pages where the system has them: the first touch of 4 KiB pages costs more
	// than decoding into them.
	slabBytes = 8 << 20
	hugePage  = 2 << 20
	// slack is room behind each buffer, for codecs that copy in whole blocks.
	slack = 64
	// minSlabClass is the smallest class that comes from slabs of that size.
	minSlabClass = 32 << 10
)

// slab is one piece of memory that is cut into buffers of one class. Its fields
// are guarded by buffers.mu.
type slab struct {
	total int
	free  []*buffer
}

// buffers recycles memory by size class. Memory that is free beyond limit bytes
// goes back to the allocator, one whole slab at a time.
type buffers struct {
	mu      sync.Mutex // guards following
	limit   int64
	classes map[int][]*slab
	held    int64 // bytes in free buffers
}

func newBuffers(limit int64) *buffers {
	return &buffers{limit: limit, classes: make(map[int][]*slab)}
}

// get returns a buffer of n bytes with one reference. Its content is arbitrary.
func (p *buffers) get(n int) *buffer {
	class := sizeClass(n)
	p.mu.Lock()
	b := p.takeLocked(class)
	p.mu.Unlock()
	if b == nil {
		s := p.cut(class) // outside the lock: it may clear memory
		p.mu.Lock()
		p.classes[class] = append(p.classes[class], s)
		p.held += int64(class * len(s.free))
		b = p.takeLocked(class)
		p.mu.Unlock()
	}
	b.data = b.data[:n]
	b.refs.Store(1)
	return b
}

// takeLocked takes a free buffer out of the oldest slab that has one, so that
// the younger ones become free as a whole.
func (p *buffers) takeLocked(class int) *buffer {
	for _, s := range p.classes[class] {
		if last := len(s.free) - 1; last >= 0 {
			b := s.free[last]
			s.free[last] = nil
			s.free = s.free[:last]
			p.held -= int64(class)
			return b
		}
	}
	return nil
}

// cut makes a slab of free buffers.
func (p *buffers) cut(class int) *slab {
	n := 1
	if class >= minSlabClass {
		n = max(1, slabBytes/class)
	}
	s := &slab{total: n, free: make([]*buffer, n)}
	step := class + slack
	mem := hugeMemory(n * step)
	for i := range s.free {
		// The first ones lie last: free is a stack.
		s.free[n-1-i] = &buffer{data: mem[i*step : i*step+class : (i+1)*step], home: p, slab: s}
	}
	return s
}

// hugeMemory allocates n bytes, on huge pages if they are many. That it fails
// only costs speed.
func hugeMemory(n int) []byte {
	if n < hugePage {
		return make([]byte, n)
	}
	mem := make([]byte, n+hugePage)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) & (hugePage - 1)
	mem = mem[skip : skip+n]
	_ = unix.Madvise(mem[:n&^(hugePage-1)], unix.MADV_HUGEPAGE)
	return mem
}

func (p *buffers) put(b *buffer) {
	class := cap(b.data) - slack
	p.mu.Lock()
	defer p.mu.Unlock()
	s := b.slab
	s.free = append(s.free, b)
	p.held += int64(class)
	if p.held > p.limit && len(s.free) == s.total {
		p.dropLocked(class, s)
	}
}

// dropLocked lets the garbage collector have a slab that is free as a whole.
func (p *buffers) dropLocked(class int, s *slab) {
	list := p.classes[class]
	i := slices.Index(list, s)
	p.classes[class] = slices.Delete(list, i, i+1)
	p.held -= int64(class * s.total)
}

// setLimit changes how much free memory is kept, and lets the garbage collector
// have what is more.
func (p *buffers) setLimit(limit int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = limit
	for class, list := range p.classes {
		for _, s := range slices.Clone(list) {
			if p.held > limit && len(s.free) == s.total {
				p.dropLocked(class, s)
			}
		}
	}
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
