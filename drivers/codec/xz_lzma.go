package codec

import "sync"

// Places of the probabilities of an LZMA decoder in one array.
const (
	lzmaStates    = 12
	lzmaPosStates = 16

	probMatch    = 0
	probRep      = probMatch + lzmaStates*lzmaPosStates
	probRep0     = probRep + lzmaStates
	probRep1     = probRep0 + lzmaStates
	probRep2     = probRep1 + lzmaStates
	probLongRep  = probRep2 + lzmaStates
	probSlot     = probLongRep + lzmaStates*lzmaPosStates
	probDistance = probSlot + 4*64
	probAlign    = probDistance + 115
	probLength   = probAlign + 16
	probRepLen   = probLength + lengthProbs
	probLiteral  = probRepLen + lengthProbs

	// Of a length coder: two choices, then trees for short, middle and long.
	lengthShort  = 2
	lengthMiddle = lengthShort + lzmaPosStates*8
	lengthLong   = lengthMiddle + lzmaPosStates*8
	lengthProbs  = lengthLong + 256

	literalProbs = 0x300
	lzmaMaxLit   = 4 // of lc + lp: the limit of LZMA2 and of liblzma

	probEven = 1 << 10 // probability of one half
)

// lzmaDecoder decodes LZMA from one buffer to another, which is the dictionary
// too. Format: the LZMA specification in Igor Pavlov's LZMA SDK.
type lzmaDecoder struct {
	codec string // for error texts
	in    []byte
	ip    int // may pass the end of in: bytes beyond it are zeros
	rng   uint32
	code  uint32

	out   []byte // as long as may be written now
	op    int    // end of the data
	begin int    // begin of the dictionary
	max   int    // what out may grow to

	lc, lp, pb uint
	state      uint32
	reps       [4]uint32 // distances minus 1, the latest first
	probs      [probLiteral + literalProbs<<lzmaMaxLit]uint16
}

var lzmaDecoders = sync.Pool{New: func() any { return new(lzmaDecoder) }}

// newLZMADecoder takes a decoder from the pool. The caller puts it back.
func newLZMADecoder(codec string, dst []byte, max int) *lzmaDecoder {
	d := lzmaDecoders.Get().(*lzmaDecoder)
	d.codec, d.max = codec, max
	d.out, d.op, d.begin = dst[:min(cap(dst), max)], 0, 0
	return d
}

// free puts d back and returns its data.
func (d *lzmaDecoder) free() []byte {
	out := d.out[:d.op]
	d.in, d.out = nil, nil
	lzmaDecoders.Put(d)
	return out
}

// setProps takes lc, lp and pb from their byte.
func (d *lzmaDecoder) setProps(b byte) error {
	lc, lp, pb := uint(b%9), uint(b/9%5), uint(b/45)
	if pb > 4 || lc+lp > lzmaMaxLit {
		return corruptf(d.codec, "bad properties %#02x", b)
	}
	d.lc, d.lp, d.pb = lc, lp, pb
	return nil
}

// resetState forgets what was learnt from the data before.
func (d *lzmaDecoder) resetState() {
	d.state = 0
	d.reps = [4]uint32{}
	used := d.probs[:probLiteral+literalProbs<<(d.lc+d.lp)]
	for i := range used {
		used[i] = probEven
	}
}

// start begins a range coder at the first of its five bytes.
func (d *lzmaDecoder) start(in []byte) error {
	if len(in) < 5 || in[0] != 0 {
		return corruptf(d.codec, "range coder without begin")
	}
	d.in, d.ip, d.rng, d.code = in, 1, ^uint32(0), 0
	for ; d.ip < 5; d.ip++ {
		d.code = d.code<<8 | uint32(in[d.ip])
	}
	return nil
}

// finished reports whether the range coder ends where its bytes do.
func (d *lzmaDecoder) finished() bool {
	d.normalize()
	return d.code == 0 && d.ip == len(d.in)
}

// reserve makes room for n more bytes in out.
func (d *lzmaDecoder) reserve(n int) error {
	if n <= len(d.out)-d.op {
		return nil
	}
	if n > d.max-d.op {
		return corruptf(d.codec, "more than %d bytes", d.max)
	}
	out := make([]byte, min(d.max, max(2*len(d.out), d.op+n, 512)))
	copy(out, d.out[:d.op])
	d.out = out
	return nil
}

// run decodes until there are limit bytes of data, or to an end marker, which
// it reports. A match beyond the limit is an error.
func (d *lzmaDecoder) run(limit int) (marker bool, err error) {
	for d.op < limit {
		if d.ip > len(d.in) {
			return false, corruptf(d.codec, "data is cut")
		}
		pos := uint32(d.op-d.begin) & (1<<d.pb - 1)
		if d.bit(probMatch+d.state<<4+pos) == 0 {
			if d.op == len(d.out) {
				if err := d.reserve(1); err != nil {
					return false, err
				}
			}
			d.literal()
			continue
		}
		length := d.matchLength(pos)
		if length == 0 {
			return true, nil
		}
		if err := d.copyMatch(length, limit); err != nil {
			return false, err
		}
	}
	return false, nil
}

// copyMatch copies a match of the latest distance.
func (d *lzmaDecoder) copyMatch(length, limit int) error {
	distance := int(d.reps[0]) + 1
	if distance > d.op-d.begin || length > limit-d.op {
		return corruptf(d.codec, "match outside of the data")
	}
	if err := d.reserve(length); err != nil {
		return err
	}
	// Where they overlap the match repeats, so that each copy doubles it.
	match := d.out[d.op-distance : d.op+length]
	for n := distance; n < len(match); {
		n += copy(match[n:], match[:n])
	}
	d.op += length
	return nil
}

// literal decodes one byte.
func (d *lzmaDecoder) literal() {
	pos, before := uint(d.op-d.begin), uint(0)
	if pos > 0 {
		before = uint(d.out[d.op-1])
	}
	context := pos&(1<<d.lp-1)<<d.lc | before>>(8-d.lc)
	probs := (*[literalProbs]uint16)(d.probs[probLiteral+literalProbs*context:])
	distance := int(d.reps[0]) + 1
	if d.state < 7 || distance > int(pos) {
		d.out[d.op] = d.plainLiteral(probs)
	} else {
		d.out[d.op] = d.matchedLiteral(probs, uint32(d.out[d.op-distance]))
	}
	d.op++
	d.state = literalState[d.state]
}

// literalState is the state after a literal.
var literalState = [lzmaStates]uint32{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5}

// matchLength decodes the rest of a match up to its distance, which becomes
// the latest, and returns its length; 0 is the end marker.
func (d *lzmaDecoder) matchLength(pos uint32) int {
	late := uint32(0)
	if d.state >= 7 {
		late = 3
	}
	if d.bit(probRep+d.state) == 0 {
		length := d.length(probLength, pos)
		d.state = 7 + late
		copy(d.reps[1:], d.reps[:3])
		if d.reps[0] = d.distance(length); d.reps[0] == ^uint32(0) {
			return 0
		}
		return length
	}
	state := d.state
	d.state = min(8+late, 11)
	which := 0
	switch {
	case d.bit(probRep0+state) == 0:
		if d.bit(probLongRep+state<<4+pos) == 0 {
			d.state = min(9+late, 11)
			return 1
		}
	case d.bit(probRep1+state) == 0:
		which = 1
	case d.bit(probRep2+state) == 0:
		which = 2
	default:
		which = 3
	}
	rep := d.reps[which]
	copy(d.reps[1:which+1], d.reps[:which])
	d.reps[0] = rep
	return d.length(probRepLen, pos)
}

// length decodes a length with the coder at base.
func (d *lzmaDecoder) length(base, pos uint32) int {
	if d.bit(base) == 0 {
		return 2 + int(d.tree(base+lengthShort+pos<<3, 3))
	}
	if d.bit(base+1) == 0 {
		return 10 + int(d.tree(base+lengthMiddle+pos<<3, 3))
	}
	return 18 + int(d.tree(base+lengthLong, 8))
}

// distance decodes a distance, less 1, for a match of a length.
func (d *lzmaDecoder) distance(length int) uint32 {
	slot := d.tree(probSlot+uint32(min(length-2, 3))<<6, 6)
	if slot < 4 {
		return slot
	}
	nbits := slot>>1 - 1
	base := (2 | slot&1) << nbits
	if slot < 14 {
		return base + d.reverseTree(probDistance+base-slot, nbits)
	}
	base += d.direct(nbits-4) << 4
	return base + d.reverseTree(probAlign, 4)
}
