package codec

// bzip2Code is a prefix code: a table of all codes of at most bzip2Root bits,
// and for longer ones the first code of each length.
type bzip2Code struct {
	root    [1 << bzip2Root]uint16 // symbol<<5 | length of the code; 0: longer
	first   [bzip2MaxCodeLen + 2]uint32
	offset  [bzip2MaxCodeLen + 2]uint32 // in symbols, of the first code
	symbols [bzip2MaxSyms]uint16        // in order of their codes
}

const (
	bzip2Root    = 10
	bzip2MaxSyms = 258
)

// build makes the canonical code with these lengths, all of them 1 to 20. It
// reports false if there are more codes than bits for them; codes that are not
// in use are allowed.
func (c *bzip2Code) build(lens []uint8) bool {
	var count [bzip2MaxCodeLen + 2]uint32
	for _, l := range lens {
		count[l]++
	}
	code, offset := uint32(0), uint32(0)
	for l := 1; l <= bzip2MaxCodeLen; l++ {
		code <<= 1
		c.first[l], c.offset[l] = code, offset
		code += count[l]
		offset += count[l]
		if code > 1<<l {
			return false
		}
	}
	clear(c.root[:])
	next := c.offset
	for sym, l := range lens {
		i := next[l]
		next[l]++
		c.symbols[i] = uint16(sym)
		if l <= bzip2Root {
			shift := bzip2Root - l
			begin := (c.first[l] + i - c.offset[l]) << shift
			for j := range uint32(1) << shift {
				c.root[begin+j] = uint16(sym)<<5 | uint16(l)
			}
		}
	}
	c.offset[bzip2MaxCodeLen+1] = offset
	return true
}

// long decodes a code of more than bzip2Root bits, which bits begin with, and
// returns its symbol and length; a length of 0 means that there is none.
func (c *bzip2Code) long(bits uint64) (sym uint16, length uint) {
	for l := uint(bzip2Root + 1); l <= bzip2MaxCodeLen; l++ {
		code := uint32(bits >> (64 - l))
		if i := code - c.first[l] + c.offset[l]; code >= c.first[l] && i < c.offset[l+1] {
			return c.symbols[i], l
		}
	}
	return 0, 0
}

// readSymbols reads the codes of a block and its symbols, and undoes the
// run-length and move-to-front coding. The bytes go to block, and to count how
// often each is there.
func (d *bunzipper) readSymbols(size int) error {
	var front [256]uint8
	used := d.readUsed(&front)
	ncodes, nselects := int(d.take(3)), int(d.take(15))
	if used == 0 || ncodes < 2 || ncodes > bzip2MaxGroups || nselects == 0 {
		return corruptf("bzip2", "%d bytes in use, %d codes, %d groups", used, ncodes, nselects)
	}
	if !d.readSelectors(ncodes, nselects) {
		return corruptf("bzip2", "bad choice of codes")
	}
	for i := range ncodes {
		if !d.readCode(&d.codes[i], used+2) {
			return corruptf("bzip2", "no prefix code")
		}
	}
	d.block = d.block[:0]
	clear(d.count[:])
	return d.decodeSymbols(&front, uint16(used+1), min(nselects, bzip2MaxSelects), size)
}

// readUsed reads which bytes are in use, in 16 groups of 16.
func (d *bunzipper) readUsed(front *[256]uint8) int {
	n := 0
	groups := d.take(16)
	for i := range 16 {
		if groups>>(15-i)&1 == 0 {
			continue
		}
		members := d.take(16)
		for j := range 16 {
			if members>>(15-j)&1 != 0 {
				front[n] = uint8(16*i + j)
				n++
			}
		}
	}
	return n
}

// readSelectors reads which code each group of symbols uses: places in a list
// that is moved to front, in unary.
func (d *bunzipper) readSelectors(ncodes, nselects int) bool {
	front := [bzip2MaxGroups]uint8{0, 1, 2, 3, 4, 5}
	for i := range nselects {
		n := 0
		for d.take(1) != 0 {
			if n++; n >= ncodes {
				return false
			}
		}
		code := front[n]
		copy(front[1:n+1], front[:n])
		front[0] = code
		if i < len(d.selectors) {
			d.selectors[i] = code
		}
	}
	return !d.cut()
}

// readCode reads the code lengths of nsyms symbols, each as steps from the one
// before.
func (d *bunzipper) readCode(c *bzip2Code, nsyms int) bool {
	var lens [bzip2MaxSyms]uint8
	l := uint8(d.take(5))
	for i := range nsyms {
		for {
			if l < 1 || l > bzip2MaxCodeLen {
				return false
			}
			if d.take(1) == 0 {
				break
			}
			l += 1 - 2*uint8(d.take(1))
		}
		lens[i] = l
	}
	return !d.cut() && c.build(lens[:nsyms])
}

// decodeSymbols decodes up to the symbol end. Symbols 0 and 1 are the digits 1
// and 2 of a run of the byte in front, to the base of 2 and the lowest first;
// the others are places of bytes, which move to the front.
func (d *bunzipper) decodeSymbols(front *[256]uint8, end uint16, ngroups, size int) error {
	run, digit := 0, 1
	for _, which := range d.selectors[:ngroups] {
		c := &d.codes[which]
		for range bzip2GroupSize {
			if d.nbits < bzip2MaxCodeLen {
				d.fill()
			}
			e := c.root[d.bits>>(64-bzip2Root)]
			sym, n := e>>5, uint(e&31)
			if n == 0 {
				sym, n = c.long(d.bits)
			}
			if n == 0 || n > d.nbits {
				return corruptf("bzip2", "undefined symbol, or block is cut")
			}
			d.bits <<= n
			d.nbits -= n
			if sym <= 1 {
				run += digit << sym
				digit <<= 1
				if run > size-len(d.block) {
					return corruptf("bzip2", "block of more than %d bytes", size)
				}
				continue
			}
			if run > 0 {
				d.repeat(front[0], run)
				run, digit = 0, 1
			}
			if sym == end {
				return nil
			}
			if len(d.block) == size {
				return corruptf("bzip2", "block of more than %d bytes", size)
			}
			b := front[sym-1]
			copy(front[1:sym], front[:sym-1])
			front[0] = b
			d.block = append(d.block, uint32(b))
			d.count[b]++
		}
	}
	return corruptf("bzip2", "block without end")
}

// repeat appends n equal bytes to the block.
func (d *bunzipper) repeat(b uint8, n int) {
	for range n {
		d.block = append(d.block, uint32(b))
	}
	d.count[b] += uint32(n)
}
