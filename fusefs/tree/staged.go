package tree

import (
	"bytes"
	"slices"

	"tsmount/arrayview/format"
)

// stagedHeader is what a handle has written to the header of its file.
type stagedHeader struct {
	text []byte // nil: as the file's own; else that with what was written to it
	have ranges // what was written of it
	bad  error  // of the last judgement; it stays
}

// write takes bytes of the header from off on. Together with those written
// before they are judged as soon as they are a whole header; one that describes
// another file is refused, and the bytes that made it so are not taken. After a
// whole header, or a judgement, another one begins.
func (s *stagedHeader) write(l *format.Layout, p []byte, off int64) error {
	end := off + int64(len(p))
	own := l.Header
	have := s.have.clone()
	have.add(off, end)
	whole := have.total() == int64(len(own))
	if s.text == nil && bytes.Equal(p, own[off:end]) {
		if s.have = have; whole {
			s.have = ranges{}
		}
		return nil
	}
	next := slices.Clone(own)
	copy(next, s.text)
	copy(next[off:], p)
	if !whole {
		s.text, s.have = next, have
		return nil
	}
	if err := l.CheckHeader(next); err != nil {
		return err
	}
	s.text, s.have = nil, ranges{}
	return nil
}

// judge returns an error if what was written, complete or not, describes another
// file.
func (s *stagedHeader) judge(l *format.Layout) error {
	if s.text != nil && len(s.text) == len(l.Header) {
		if err := l.CheckHeader(s.text); err != nil {
			s.bad = err
		}
	}
	s.text, s.have = nil, ranges{}
	return s.bad
}

// ranges is a set of numbers as ascending ranges that do not touch.
type ranges struct {
	list []extent
	lost bool // there were too many
}

type extent struct{ lo, hi int64 }

// maxRanges bounds the memory of a set.
const maxRanges = 1 << 14

// add adds [lo, hi).
func (r *ranges) add(lo, hi int64) {
	if lo >= hi || r.lost {
		return
	}
	i, _ := slices.BinarySearchFunc(r.list, lo, func(e extent, lo int64) int {
		if e.hi < lo {
			return -1
		}
		return 1
	})
	j := i
	for ; j < len(r.list) && r.list[j].lo <= hi; j++ {
		lo, hi = min(lo, r.list[j].lo), max(hi, r.list[j].hi)
	}
	r.list = slices.Replace(r.list, i, j, extent{lo, hi})
	if len(r.list) > maxRanges {
		r.list, r.lost = nil, true
	}
}

// total returns how many numbers there are.
func (r *ranges) total() (n int64) {
	for _, e := range r.list {
		n += e.hi - e.lo
	}
	return n
}

func (r *ranges) clone() ranges { return ranges{slices.Clone(r.list), r.lost} }
