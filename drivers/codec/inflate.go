package codec

import (
	"encoding/binary"
	"sync"
)

// inflater decodes one raw deflate stream, RFC 1951, from one buffer to
// another. Between blocks and in the careful loops, bits holds exactly nbits
// bits that were taken from in[:ip], the next one lowest.
type inflater struct {
	codec string // for error texts
	in    []byte
	ip    int
	bits  uint64
	nbits uint

	out   []byte // as long as may be written now
	op    int    // end of the data
	begin int    // begin of this stream's data: matches stay above it
	max   int    // what out may grow to

	fixed  bool // lit and dist hold the fixed code
	lit    [litTableSize]uint32
	dist   [distTableSize]uint32
	pre    [1 << preRoot]uint32
	lens   [maxLitSyms + maxDistSyms]uint8
	sorted [maxLitSyms]uint16
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// reserve returns an empty slice with room for n bytes: dst's memory if it is
// enough.
func reserve(dst []byte, n int) []byte {
	if cap(dst) < n {
		return make([]byte, 0, n)
	}
	return dst[:0]
}

// inflate appends the data of the deflate stream that src begins with to dst,
// and returns how many bytes of src the stream took. codec begins the texts of
// errors. More than max bytes, those in dst included, are ErrCorrupt; bytes
// between the end of the data and the capacity of dst, up to max, may be
// written.
func inflate(dst, src []byte, codec string, max int) (out []byte, n int, err error) {
	d := inflaters.Get().(*inflater)
	d.codec, d.in, d.ip, d.bits, d.nbits = codec, src, 0, 0, 0
	d.out, d.op, d.begin, d.max = dst[:min(cap(dst), max)], len(dst), len(dst), max
	err = d.stream()
	out, n = d.out[:d.op], d.ip-int(d.nbits>>3)
	d.in, d.out = nil, nil
	inflaters.Put(d)
	if err != nil {
		return nil, 0, err
	}
	return out, n, nil
}

// stream decodes blocks up to the last: section 3.2.3.
func (d *inflater) stream() error {
	for {
		head, err := d.take(3)
		if err != nil {
			return err
		}
		switch head >> 1 {
		case 0:
			err = d.stored()
		case 1:
			d.useFixed()
			err = d.compressed()
		case 2:
			if err = d.readCodes(); err == nil {
				err = d.compressed()
			}
		default:
			err = corruptf(d.codec, "block of reserved type")
		}
		if err != nil || head&1 != 0 {
			return err
		}
	}
}

// stored copies a block that is not compressed: section 3.2.4.
func (d *inflater) stored() error {
	d.ip -= int(d.nbits >> 3)
	d.bits, d.nbits = 0, 0
	if len(d.in)-d.ip < 4 {
		return d.cut()
	}
	n := int(binary.LittleEndian.Uint16(d.in[d.ip:]))
	if n^0xffff != int(binary.LittleEndian.Uint16(d.in[d.ip+2:])) {
		return corruptf(d.codec, "stored block with a wrong length")
	}
	d.ip += 4
	if len(d.in)-d.ip < n {
		return d.cut()
	}
	for len(d.out)-d.op < n {
		if err := d.grow(); err != nil {
			return err
		}
	}
	copy(d.out[d.op:], d.in[d.ip:d.ip+n])
	d.op += n
	d.ip += n
	return nil
}

// grow makes out longer, up to max.
func (d *inflater) grow() error {
	if len(d.out) >= d.max {
		return corruptf(d.codec, "more than %d bytes", d.max)
	}
	n := min(d.max, max(2*len(d.out), len(d.out)+4*len(d.in), 512))
	out := make([]byte, n)
	copy(out, d.out[:d.op])
	d.out = out
	return nil
}

// fill takes whole bytes from in until bits holds at least 56 or in is used up.
func (d *inflater) fill() {
	if len(d.in)-d.ip >= 8 {
		d.bits |= binary.LittleEndian.Uint64(d.in[d.ip:]) << (d.nbits & 63)
		d.ip += int((63 - d.nbits) >> 3)
		d.nbits |= 56
		d.bits &= 1<<d.nbits - 1
		return
	}
	for ; d.nbits < 56 && d.ip < len(d.in); d.ip++ {
		d.bits |= uint64(d.in[d.ip]) << d.nbits
		d.nbits += 8
	}
}

// take returns the next n bits, n <= 16.
func (d *inflater) take(n uint) (uint, error) {
	if d.nbits < n {
		if d.fill(); d.nbits < n {
			return 0, d.cut()
		}
	}
	v := uint(d.bits & (1<<n - 1))
	d.bits >>= n
	d.nbits -= n
	return v, nil
}

func (d *inflater) cut() error { return corruptf(d.codec, "data is cut") }

// compressed decodes a block up to its end with lit and dist: section 3.2.3.
func (d *inflater) compressed() error {
	for {
		done, err := d.fast()
		if done || err != nil {
			return err
		}
		done, err = d.careful()
		if done || err != nil {
			return err
		}
	}
}

// careful decodes symbols one by one near the end of in or of out. It returns
// true at the end of the block, and false when out has grown.
func (d *inflater) careful() (done bool, err error) {
	for {
		d.fill()
		e := d.symbol(d.lit[:], litRoot)
		n := uint(e & 0xff)
		if n > d.nbits {
			return false, d.cut()
		}
		if e&isException != 0 {
			d.bits >>= n
			d.nbits -= n
			if e>>16 != 0 {
				return false, corruptf(d.codec, "undefined symbol")
			}
			return true, nil
		}
		if e&isLiteral == 0 {
			if err := d.match(e); err != nil {
				return false, err
			}
			continue
		}
		if d.op == len(d.out) {
			return false, d.grow()
		}
		d.bits >>= n
		d.nbits -= n
		d.out[d.op] = byte(e >> 16)
		d.op++
	}
}

// symbol looks up the next code in a table with a root of so many bits. If it
// leads to a second table, the bits of the root are taken; those of the entry
// that is returned are not. Bits beyond the end of in count as zeros.
func (d *inflater) symbol(table []uint32, root uint) uint32 {
	e := table[d.bits&(1<<root-1)]
	if !isLink(e) || d.nbits < root {
		return e
	}
	d.bits >>= root
	d.nbits -= root
	return table[e>>16+uint32(d.bits)&(1<<(e>>8&31)-1)]
}

// match copies the match whose length entry is e: section 3.2.5.
func (d *inflater) match(e uint32) error {
	length := int(e>>16) + extra(d.bits, e)
	d.bits >>= e & 63
	d.nbits -= uint(e & 63)
	d.fill()
	e = d.symbol(d.dist[:], distRoot)
	if e&isException != 0 {
		return corruptf(d.codec, "undefined distance")
	}
	n := uint(e & 0xff)
	if n > d.nbits {
		return d.cut()
	}
	distance := int(e>>16) + extra(d.bits, e)
	d.bits >>= n
	d.nbits -= n
	if distance > d.op-d.begin {
		return corruptf(d.codec, "distance beyond the begin of the data")
	}
	for len(d.out)-d.op < length {
		if err := d.grow(); err != nil {
			return err
		}
	}
	for end := d.op + length; d.op < end; d.op++ {
		d.out[d.op] = d.out[d.op-distance]
	}
	return nil
}

// extra returns the extra bits that follow the code of entry e.
func extra(bits uint64, e uint32) int {
	return int(bits & (1<<(e&63) - 1) >> (e >> 8 & 31))
}
