package codec

import (
	"encoding/binary"
)

// Zlib is the zlib format, RFC 1950: a two-byte header, a deflate stream and
// the Adler-32 of the data. Level is 0 (stored) to 9, or -1 for the default
// of 6; it matters to Encode alone.
type Zlib struct{ Level int }

var _ Codec = Zlib{}

const (
	zlibHeader  = 2
	zlibTrailer = 4
)

// Encode returns src as one zlib stream. The only error is a Level outside
// -1..9.
func (z Zlib) Encode(dst, src []byte) ([]byte, error) {
	flevel := byte(2) // RFC 1950 section 2.2, FLEVEL
	switch {
	case z.Level == 0 || z.Level == 1:
		flevel = 0
	case z.Level >= 2 && z.Level <= 5:
		flevel = 1
	case z.Level >= 7:
		flevel = 3
	}
	head := uint16(0x78)<<8 | uint16(flevel)<<6
	head += 31 - head%31
	dst, err := deflate(binary.BigEndian.AppendUint16(dst[:0], head), src, "zlib", z.Level)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint32(dst, adler32(src)), nil
}

// Decode returns the data of the one zlib stream that src must be. Preset
// dictionaries, bytes after the trailer, a wrong or cut trailer and more than
// max bytes of data are ErrCorrupt.
func (Zlib) Decode(dst, src []byte, max int) ([]byte, error) {
	if len(src) < zlibHeader+zlibTrailer {
		return nil, corruptf("zlib", "%d bytes cannot hold a stream", len(src))
	}
	head := binary.BigEndian.Uint16(src)
	if head%31 != 0 || head>>8&0x0f != 8 || head>>12 > 7 {
		return nil, corruptf("zlib", "bad header %#04x", head)
	}
	if head&0x20 != 0 {
		return nil, corruptf("zlib", "stream needs a preset dictionary")
	}
	dst, n, err := inflate(dst[:0], src[zlibHeader:], "zlib", max)
	if err != nil {
		return nil, err
	}
	tail := src[zlibHeader+n:]
	if len(tail) != zlibTrailer {
		return nil, corruptf("zlib", "%d bytes after the data instead of a checksum", len(tail))
	}
	if want, got := binary.BigEndian.Uint32(tail), adler32(dst); got != want {
		return nil, corruptf("zlib", "checksum is %#08x, stored is %#08x", got, want)
	}
	return dst, nil
}

// adler32 is the checksum of RFC 1950 section 8.2. It works as hash/adler32
// does, with half the instructions.
func adler32(p []byte) uint32 {
	const mod = 65521
	low, high := uint64(1), uint64(0)
	for len(p) >= 16 {
		n := min(len(p)&^15, adlerBlock)
		sum, weighted := adlerSums(p[:n])
		high = (high + low*uint64(n) + weighted) % mod
		low = (low + sum) % mod
		p = p[n:]
	}
	for _, c := range p {
		low += uint64(c)
		high += low
	}
	return uint32(high%mod<<16 | low%mod)
}

// adlerBlock is how many bytes adlerSums may get: with more, a 16-bit lane of
// even+odd could overflow.
const adlerBlock = 128 * 8

// adlerSums returns the sum of the bytes of p, and the sum of the bytes times
// how many bytes of p there are from each on. The length of p is a multiple of
// 16: bytes are added eight at a time in 16-bit lanes, even and odd places apart.
func adlerSums(p []byte) (sum, weighted uint64) {
	const lanes16, lanes32 = 0x00ff00ff00ff00ff, 0x0000ffff0000ffff
	var even, odd, prefix0, prefix1 uint64
	for len(p) >= 16 {
		v, w := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
		p = p[16:]
		even += v & lanes16
		odd += v >> 8 & lanes16
		both := even + odd
		prefix0 += both & lanes32
		prefix1 += both >> 16 & lanes32
		even += w & lanes16
		odd += w >> 8 & lanes16
		both = even + odd
		prefix0 += both & lanes32
		prefix1 += both >> 16 & lanes32
	}
	// A byte in place j of word k of m counts 8*(m-k)-j times, and its word is
	// in m-k of the prefixes.
	prefixes := prefix0&0xffffffff + prefix0>>32 + prefix1&0xffffffff + prefix1>>32
	places := uint64(0)
	for j := range uint64(4) {
		e, o := even>>(16*j)&0xffff, odd>>(16*j)&0xffff
		sum += e + o
		places += 2*j*e + (2*j+1)*o
	}
	return sum, 8*prefixes - places
}
