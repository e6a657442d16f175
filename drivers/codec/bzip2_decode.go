package codec

import (
	"encoding/binary"
	"sync"
)

// Numbers of the bzip2 format, for which libbzip2 is the reference.
const (
	bzip2Magic      = "BZh"
	bzip2Block      = 0x314159265359
	bzip2End        = 0x177245385090
	bzip2Unit       = 100_000 // bytes per level
	bzip2MaxCodeLen = 20
	bzip2GroupSize  = 50 // symbols per choice of a code
	bzip2MaxGroups  = 6
	bzip2MaxSelects = 18_002 // more are read and not used
)

// bunzipper decodes bzip2 streams from one buffer to another. bits holds nbits
// bits that were taken from in[:ip], the next one highest; below them may be
// some of those that follow.
type bunzipper struct {
	in    []byte
	ip    int
	bits  uint64
	nbits uint

	out []byte // the data; its capacity is at most max
	max int

	block     []uint32 // bytes of the block; later, links in the upper 24 bits
	count     [256]uint32
	selectors [bzip2MaxSelects]uint8
	codes     [bzip2MaxGroups]bzip2Code
}

var bunzippers = sync.Pool{New: func() any { return new(bunzipper) }}

// fill takes whole bytes from in until bits holds at least 56 or in is used up.
func (d *bunzipper) fill() {
	if len(d.in)-d.ip >= 8 {
		d.bits |= binary.BigEndian.Uint64(d.in[d.ip:]) >> (d.nbits & 63)
		d.ip += int((63 - d.nbits) >> 3)
		d.nbits |= 56
		return
	}
	for ; d.nbits < 56 && d.ip < len(d.in); d.ip++ {
		d.bits |= uint64(d.in[d.ip]) << (56 - d.nbits)
		d.nbits += 8
	}
}

// take returns the next n bits, n <= 48. Beyond the end of in there are zeros,
// and cut reports it.
func (d *bunzipper) take(n uint) uint64 {
	if d.nbits < n {
		d.fill()
	}
	v := d.bits >> (64 - n)
	d.skip(n)
	return v
}

// skip drops the next n bits.
func (d *bunzipper) skip(n uint) {
	if n > d.nbits {
		d.bits, d.nbits, d.ip = 0, 0, len(d.in)+1
		return
	}
	d.bits <<= n
	d.nbits -= n
}

// cut reports whether more bits were taken than there are.
func (d *bunzipper) cut() bool { return d.ip > len(d.in) }

// stream decodes the stream that src begins with and returns what follows it.
func (d *bunzipper) stream(src []byte) (rest []byte, err error) {
	if len(src) < 4 || string(src[:3]) != bzip2Magic || src[3] < '1' || src[3] > '9' {
		return nil, corruptf("bzip2", "bad stream header")
	}
	d.in, d.ip, d.bits, d.nbits = src, 4, 0, 0
	size, sum := int(src[3]-'0')*bzip2Unit, uint32(0)
	for {
		switch magic := d.take(48); {
		case d.cut():
			return nil, corruptf("bzip2", "stream is cut")
		case magic == bzip2Block:
			blockSum, err := d.decodeBlock(size)
			if err != nil {
				return nil, err
			}
			sum = (sum<<1 | sum>>31) ^ blockSum
			continue
		case magic != bzip2End:
			return nil, corruptf("bzip2", "neither block nor end")
		}
		if want := uint32(d.take(32)); d.cut() || want != sum {
			return nil, corruptf("bzip2", "wrong checksum of a stream")
		}
		return src[d.ip-int(d.nbits>>3):], nil
	}
}

// decodeBlock decodes a block of at most size bytes, before its runs are
// expanded, and returns its checksum.
func (d *bunzipper) decodeBlock(size int) (uint32, error) {
	want, random, origin := uint32(d.take(32)), d.take(1), int(d.take(24))
	if random != 0 {
		return 0, corruptf("bzip2", "randomised block")
	}
	// Runs of four cost five bytes, at worst, so that a longer block cannot
	// fit what is left of max.
	left := d.max - len(d.out)
	if size = min(size, left+left/4+1); cap(d.block) < size {
		d.block = make([]uint32, 0, size)
	}
	if err := d.readSymbols(size); err != nil {
		return 0, err
	}
	if origin >= len(d.block) {
		return 0, corruptf("bzip2", "origin outside of the block")
	}
	begin := len(d.out)
	d.link()
	if err := d.unlink(origin); err != nil {
		return 0, err
	}
	if got := bzip2Sum(d.out[begin:]); got != want {
		return 0, corruptf("bzip2", "block checksum is %#08x, stored is %#08x", got, want)
	}
	return want, nil
}

// link puts in the upper 24 bits of each place of the block where the byte that
// follows is found: the inverse of the Burrows-Wheeler transform.
func (d *bunzipper) link() {
	next, sum := d.count, uint32(0)
	for i, n := range next {
		next[i] = sum
		sum += n
	}
	for i, v := range d.block {
		b := byte(v)
		d.block[next[b]] |= uint32(i) << 8
		next[b]++
	}
}

// unlink follows the links from the origin on and appends the bytes to out. A
// byte after four equal ones says how many more of them there are.
func (d *bunzipper) unlink(origin int) error {
	out, at := d.out, d.block[origin]>>8
	last, run := -1, 0
	for range d.block {
		v := d.block[at]
		at = v >> 8
		b := int(v & 0xff)
		n := 1
		if run == 4 {
			n, b, last, run = b, last, -1, 0
		} else if b == last {
			run++
		} else {
			last, run = b, 1
		}
		if n > cap(out)-len(out) {
			var err error
			if out, err = d.grow(out, n); err != nil {
				return err
			}
		}
		for range n {
			out = append(out, byte(b))
		}
	}
	d.out = out
	return nil
}

// grow returns out with room for n more bytes.
func (d *bunzipper) grow(out []byte, n int) ([]byte, error) {
	if n > d.max-len(out) {
		return nil, corruptf("bzip2", "more than %d bytes", d.max)
	}
	room := min(d.max, max(2*cap(out), len(out)+n, len(d.block)))
	return append(make([]byte, 0, room), out...), nil
}

// bzip2Sums tabulates the CRC-32 of bzip2: the usual polynomial, highest bit
// first.
var bzip2Sums = func() (t [256]uint32) {
	for i := range t {
		c := uint32(i) << 24
		for range 8 {
			c = c<<1 ^ 0x04c11db7&-(c>>31)
		}
		t[i] = c
	}
	return t
}()

// bzip2Sum returns the checksum of a block's data.
func bzip2Sum(data []byte) uint32 {
	c := ^uint32(0)
	for _, b := range data {
		c = c<<8 ^ bzip2Sums[byte(c>>24)^b]
	}
	return ^c
}
