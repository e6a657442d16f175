package codec

import "encoding/binary"

// lookBits is how many bits of a code are looked up at once.
const lookBits = 10

// huffman is a table of codes (section C.2).
type huffman struct {
	defined bool
	look    [1 << lookBits]uint16 // length of the code and symbol; 0: longer
	// fast holds, for AC codes, coefficients that are complete in lookBits bits:
	// value in the high 16 bits, then run and the bits of both; 0: none. Runs of
	// zeros alone have the value 0, the last one of a block a run beyond it.
	fast    [1 << lookBits]int32
	limit   [17]uint32 // codes of a length are smaller
	offset  [17]int32  // of the symbol of a code of a length
	symbols [256]byte
}

// readHuffman reads DHT (section B.2.4.2).
func (d *jpegDecoder) readHuffman(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 || b[0]>>4 > 1 || b[0]&15 > 3 {
			return corruptf("jpeg", "bad table of Huffman codes")
		}
		n := 0
		for _, count := range b[1:17] {
			n += int(count)
		}
		if n > 256 || len(b) < 17+n {
			return corruptf("jpeg", "table of %d Huffman codes", n)
		}
		t := &d.dc[b[0]&15]
		if b[0]>>4 == 1 {
			t = &d.ac[b[0]&15]
		}
		if !t.build(b[1:17], b[17:17+n]) {
			return corruptf("jpeg", "impossible Huffman codes")
		}
		if b[0]>>4 == 1 {
			t.buildFast()
		}
		b = b[17+n:]
	}
	return nil
}

// build makes the table for counts of codes by length and their symbols.
func (t *huffman) build(counts, symbols []byte) bool {
	t.defined = true
	copy(t.symbols[:], symbols)
	clear(t.look[:])
	code, k := uint32(0), 0
	for length := 1; length <= 16; length++ {
		t.offset[length] = int32(k) - int32(code)
		for range counts[length-1] {
			if length <= lookBits {
				first := code << (lookBits - length)
				entry := uint16(length)<<8 | uint16(symbols[k])
				for i := range uint32(1) << (lookBits - length) {
					if first+i >= 1<<lookBits {
						return false
					}
					t.look[first+i] = entry
				}
			}
			code++
			k++
		}
		t.limit[length] = code
		if code > 1<<length {
			return false
		}
		code <<= 1
	}
	return true
}

// buildFast fills fast.
func (t *huffman) buildFast() {
	for i, e := range t.look {
		t.fast[i] = 0
		length, run, size := int(e>>8), int32(e>>4&15), int(e&15)
		if e == 0 || length+size > lookBits {
			continue
		}
		if size == 0 {
			if run < 15 {
				run = 63
			}
			t.fast[i] = run<<8 | int32(length)
			continue
		}
		v := int32(i) >> (lookBits - length - size) & (1<<size - 1)
		if v < 1<<(size-1) {
			v += -1<<size + 1
		}
		t.fast[i] = v<<16 | run<<8 | int32(length+size)
	}
}

// bitReader reads the data of a scan up to the next marker. The next bit is the
// highest of acc; n bits count, fewer than none when too many were taken. Bits
// below them are 0 or those that follow in the data.
type bitReader struct {
	in  []byte
	at  int
	acc uint64
	n   int
}

// fill makes at least 56 bits count while there are data.
func (r *bitReader) fill() {
	if len(r.in)-r.at >= 8 && r.n >= 0 {
		v := binary.BigEndian.Uint64(r.in[r.at:])
		if (^v-0x0101010101010101)&v&0x8080808080808080 == 0 { // no byte is 0xff
			r.acc |= v >> uint(r.n)
			k := (63 - r.n) >> 3
			r.at += k
			r.n += 8 * k
			return
		}
	}
	for r.n <= 56 && r.n >= 0 && r.at < len(r.in) {
		b := r.in[r.at]
		if b == 0xff {
			if r.at+1 >= len(r.in) || r.in[r.at+1] != 0 {
				return
			}
			r.at++
		}
		r.at++
		r.acc |= uint64(b) << uint(56-r.n)
		r.n += 8
	}
}

// take returns the next bits, at most 16; fill is called before.
func (r *bitReader) take(bits int) int32 {
	v := int32(r.acc >> uint(64-bits))
	r.skip(bits)
	return v
}

func (r *bitReader) skip(bits int) {
	r.acc <<= uint(bits)
	r.n -= bits
}

// extend takes the bits of a coefficient of so many bits (section F.2.2.1).
func (r *bitReader) extend(bits int) int32 {
	if bits == 0 {
		return 0
	}
	v := r.take(bits)
	if v < 1<<(bits-1) {
		v += -1<<bits + 1
	}
	return v
}

// symbol takes a code; -1 is none. fill is called before.
func (r *bitReader) symbol(t *huffman) int {
	if e := t.look[r.acc>>(64-lookBits)]; e != 0 {
		r.skip(int(e >> 8))
		return int(e & 0xff)
	}
	for length := lookBits + 1; length <= 16; length++ {
		if code := uint32(r.acc >> uint(64-length)); code < t.limit[length] {
			r.skip(length)
			return int(t.symbols[uint8(int32(code)+t.offset[length])])
		}
	}
	return -1
}

// need fills if fewer bits count than a code and its coefficient may have.
func (r *bitReader) need() {
	if r.n < 32 {
		r.fill()
	}
}

// end checks that all data up to the marker were used, but for the bits that
// complete a byte.
func (r *bitReader) end() error {
	r.fill()
	if r.n < 0 {
		return errJPEGCut
	}
	if r.n >= 8 {
		return corruptf("jpeg", "more data than the image has blocks")
	}
	return nil
}

var (
	errJPEGCut  = corruptf("jpeg", "the data of a scan are cut")
	errJPEGCode = corruptf("jpeg", "undefined Huffman code")
)
