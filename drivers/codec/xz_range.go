package codec

// The range coder of LZMA. A probability is that of a 0 bit, in 1/2048; the
// range is kept above 2^24 by taking one more byte.
const (
	rangeTop   = 1 << 24
	probBits   = 11
	probShift  = 5 // how fast probabilities adapt
	probOffset = 1<<probBits - 1<<probShift + 1
)

// normalize takes a byte if the range has become small.
func (d *lzmaDecoder) normalize() {
	if d.rng < rangeTop {
		d.rng <<= 8
		d.code = d.code<<8 | byteAt(d.in, d.ip)
		d.ip++
	}
}

// byteAt returns a byte of in, or 0 beyond its end.
func byteAt(in []byte, i int) uint32 {
	if i < len(in) {
		return uint32(in[i])
	}
	return 0
}

// bit decodes a bit with the probability at i.
func (d *lzmaDecoder) bit(i uint32) uint32 {
	d.normalize()
	p := uint32(d.probs[i])
	bound := d.rng >> probBits * p
	if d.code < bound {
		d.rng = bound
		d.probs[i] = uint16(p + (1<<probBits-p)>>probShift)
		return 0
	}
	d.rng -= bound
	d.code -= bound
	d.probs[i] = uint16(p - p>>probShift)
	return 1
}

// direct decodes n bits without probabilities, the highest first.
func (d *lzmaDecoder) direct(n uint32) uint32 {
	v := uint32(0)
	for range n {
		d.normalize()
		d.rng >>= 1
		zero := uint32(0)
		if d.code >= d.rng {
			d.code -= d.rng
			zero = 1
		}
		v = v<<1 | zero
	}
	return v
}

// tree decodes n bits, the highest first, with the probabilities after base.
func (d *lzmaDecoder) tree(base, n uint32) uint32 {
	m := uint32(1)
	for range n {
		m = m<<1 | d.bit(base+m)
	}
	return m - 1<<n
}

// reverseTree decodes n bits, the lowest first.
func (d *lzmaDecoder) reverseTree(base, n uint32) uint32 {
	m, v := uint32(1), uint32(0)
	for i := range n {
		b := d.bit(base + m)
		m = m<<1 | b
		v |= b << i
	}
	return v
}

// step decodes one bit with the probability p without a branch on it: in
// literals of noisy data it would be mispredicted half of the time. It returns
// the new range, code and probability, and all ones for a 0 bit.
func step(rng, code uint32, p uint16) (uint32, uint32, uint16, uint32) {
	bound := rng >> probBits * uint32(p)
	zero := uint32((int64(code) - int64(bound)) >> 63)
	rng = bound&zero | (rng-bound)&^zero
	code -= bound &^ zero
	p -= uint16((int32(p) - int32(probOffset&zero)) >> probShift)
	return rng, code, p, zero
}

// plainLiteral decodes the eight bits of a byte.
func (d *lzmaDecoder) plainLiteral(probs *[literalProbs]uint16) byte {
	in, ip, rng, code := d.in, d.ip, d.rng, d.code
	m := uint32(1)
	for m < 0x100 {
		if rng < rangeTop {
			rng <<= 8
			code = code<<8 | byteAt(in, ip)
			ip++
		}
		var zero uint32
		rng, code, probs[m], zero = step(rng, code, probs[m])
		m = m<<1 + 1 + zero
	}
	d.ip, d.rng, d.code = ip, rng, code
	return byte(m)
}

// matchedLiteral decodes a byte that follows a match, in the light of the
// byte that would have prolonged it: as long as their bits agree there are
// probabilities for each of its values.
func (d *lzmaDecoder) matchedLiteral(probs *[literalProbs]uint16, other uint32) byte {
	in, ip, rng, code := d.in, d.ip, d.rng, d.code
	m, agree := uint32(1), uint32(0x100)
	for m < 0x100 {
		if rng < rangeTop {
			rng <<= 8
			code = code<<8 | byteAt(in, ip)
			ip++
		}
		other <<= 1
		bit := other & agree
		i := agree + bit + m
		var zero uint32
		rng, code, probs[i], zero = step(rng, code, probs[i])
		m = m<<1 + 1 + zero
		agree &= bit ^ zero
	}
	d.ip, d.rng, d.code = ip, rng, code
	return byte(m)
}
