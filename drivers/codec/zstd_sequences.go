package codec

import "encoding/binary"

// zstdRun executes the sequences of blocks. The assembly knows the layout.
type zstdRun struct {
	out     []byte // all of the frame's content; zstdSlack more may be written to
	lits    []byte // of the block; zstdSlack more may be read
	bits    []byte
	op, lp  int // next byte of out and of lits
	pos     int // bits of bits that are left
	window  int // the largest distance
	offsets [3]int
	entries [3]zstdEntry // of the states of literals, offsets, matches
	left    int          // sequences
	tables  *zstdTables
}

// sequences executes all that are left; false: something is wrong.
func (r *zstdRun) sequences() bool {
	for r.left > 0 {
		if zstdSequences(r); !r.step() {
			return false
		}
	}
	return r.pos >= 0
}

// step executes one sequence: section 3.1.1.4.
func (r *zstdRun) step() bool {
	t := r.tables
	ll, of, ml := r.entries[0], r.entries[1], r.entries[2]
	if of.total() >= zstdFar {
		return false
	}
	offset := 1<<of.valueBits() + r.take(of.valueBits())
	match := ml.length() + r.take(ml.valueBits())
	literals := ll.length() + r.take(ll.valueBits())
	if r.left--; r.left > 0 {
		r.entries[0] = t.literals[ll.next()+r.take(ll.stateBits())]
		r.entries[2] = t.matches[ml.next()+r.take(ml.stateBits())]
		r.entries[1] = t.offsets[of.next()+r.take(of.stateBits())]
	}
	if r.pos < 0 || literals > len(r.lits)-r.lp {
		return false
	}
	dist := r.distance(offset, literals)
	if !r.literal(r.lits[r.lp : r.lp+literals]) {
		return false
	}
	r.lp += literals
	return dist > 0 && dist <= min(r.op, r.window) && r.match(dist, match)
}

// distance turns an offset code's value into a distance and remembers it, 0 for
// one that cannot be: section 3.1.1.5.
func (r *zstdRun) distance(value, literals int) int {
	o := &r.offsets
	if value > 3 {
		*o = [3]int{value - 3, o[0], o[1]}
		return o[0]
	}
	if literals == 0 {
		value++
	}
	switch value {
	case 2:
		*o = [3]int{o[1], o[0], o[2]}
	case 3:
		*o = [3]int{o[2], o[0], o[1]}
	case 4:
		*o = [3]int{o[0] - 1, o[0], o[1]}
	}
	return o[0]
}

// take reads n bits, at most 32.
func (r *zstdRun) take(n int) int {
	if r.pos -= n; r.pos < 0 {
		return 0
	}
	at := r.pos >> 3
	var v uint64
	if at+8 <= len(r.bits) {
		v = binary.LittleEndian.Uint64(r.bits[at:])
	} else {
		for i, b := range r.bits[at:] {
			v |= uint64(b) << (8 * i)
		}
	}
	return int(v >> (r.pos & 7) & (1<<n - 1))
}

// literal appends b to the content.
func (r *zstdRun) literal(b []byte) bool {
	if len(b) > len(r.out)-r.op {
		return false
	}
	r.op += copy(r.out[r.op:], b)
	return true
}

// repeat appends n times x.
func (r *zstdRun) repeat(x byte, n int) bool {
	if n > len(r.out)-r.op {
		return false
	}
	fillBytes(r.out[r.op:r.op+n], x)
	r.op += n
	return true
}

// match appends n bytes that begin dist bytes before the end of the content.
func (r *zstdRun) match(dist, n int) bool {
	if n > len(r.out)-r.op {
		return false
	}
	for end := r.op + n; r.op < end; dist *= 2 {
		r.op += copy(r.out[r.op:min(end, r.op+dist)], r.out[r.op-dist:])
	}
	return true
}
