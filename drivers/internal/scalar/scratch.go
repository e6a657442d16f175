package scalar

import "sync"

// Scratch recycles memory for the forms that a chunk takes on its way. The zero
// Scratch is empty; it may be used concurrently.
type Scratch struct{ pool sync.Pool }

// Get returns n bytes of any content, to be given back with Put.
func (s *Scratch) Get(n int64) *[]byte {
	buf, _ := s.pool.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	if int64(cap(*buf)) < n {
		*buf = make([]byte, n)
	}
	*buf = (*buf)[:n]
	return buf
}

// Put takes memory of Get back.
func (s *Scratch) Put(buf *[]byte) { s.pool.Put(buf) }
