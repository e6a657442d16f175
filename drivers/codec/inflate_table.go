package codec

import "math/bits"

// Sizes of the code of RFC 1951 and of its tables. A code longer than the root
// leads from the first table to a second one. In a complete code a second
// table of 2^k entries holds more than k codes, so that all second tables have
// at most maxSyms/(k+1)*2^k entries, where k is 15 minus the root at most.
const (
	maxLitSyms  = 288
	maxDistSyms = 32
	maxCodeLen  = 15

	litRoot  = 11
	distRoot = 8
	preRoot  = 7

	litTableSize  = 1<<litRoot + maxLitSyms/5*16
	distTableSize = 1<<distRoot + maxDistSyms/8*128
)

// Entries of tables, 32 bits:
//
//	0-7    bits to take, the extra bits of a length or distance included
//	8-12   of these, the bits of the code; in a link: bits that choose in the
//	       second table
//	14     a literal
//	15     end of block, undefined symbol or link
//	16-31  the literal; base of the length or distance; in a link, where the
//	       second table begins; 0: end of block; 0xffff: undefined
const (
	isLiteral   = 1 << 14
	isException = 1 << 15
	undefined   = isException | 0xffff<<16
)

// isLink says whether e leads to a second table.
func isLink(e uint32) bool {
	return e&isException != 0 && e>>16 != 0 && e>>16 != 0xffff
}

// The entries of all symbols, without the bits of their codes.
var (
	litEntries  = makeLitEntries()
	distEntries = makeDistEntries()
	preEntries  = makePreEntries()
)

// makeLitEntries tabulates literals, end of block and lengths: section 3.2.5.
func makeLitEntries() (t [maxLitSyms]uint32) {
	for i := range t {
		t[i] = undefined
	}
	for i := range 256 {
		t[i] = isLiteral | uint32(i)<<16
	}
	t[256] = isException
	base := uint32(3)
	for i := range uint32(28) {
		nextra := uint32(max(int(i)/4-1, 0))
		t[257+i] = base<<16 | nextra
		base += 1 << nextra
	}
	t[285] = 258 << 16
	return t
}

// makeDistEntries tabulates distances: section 3.2.5.
func makeDistEntries() (t [maxDistSyms]uint32) {
	base := uint32(1)
	for i := range uint32(30) {
		nextra := uint32(max(int(i)/2-1, 0))
		t[i] = base<<16 | nextra
		base += 1 << nextra
	}
	t[30], t[31] = undefined, undefined
	return t
}

// makePreEntries tabulates the 19 symbols of the code of code lengths.
func makePreEntries() (t [19]uint32) {
	for i := range t {
		t[i] = uint32(i) << 16
	}
	return t
}

// buildTable fills table for the canonical code with these code lengths:
// section 3.2.2. It reports false for lengths that are no prefix code, or an
// incomplete one; only a code of no symbol, or of one with a length of 1, may
// be incomplete. sorted is scratch.
func buildTable(table, entries []uint32, lens []uint8, root uint, sorted *[maxLitSyms]uint16) bool {
	var count, offset [maxCodeLen + 2]uint16
	for _, l := range lens {
		count[l]++
	}
	used := len(lens) - int(count[0])
	count[0] = 0
	left := 1
	for l := 1; l <= maxCodeLen; l++ {
		if left = left<<1 - int(count[l]); left < 0 {
			return false
		}
		offset[l+1] = offset[l] + count[l]
	}
	for sym, l := range lens {
		if l != 0 {
			sorted[offset[l]] = uint16(sym)
			offset[l]++
		}
	}
	if left > 0 {
		return used <= 1 && int(count[1]) == used && buildSingle(table[:1<<root], entries, sorted[:used])
	}
	t := tableBuilder{table: table, entries: entries, root: root}
	first := t.fillRoot(sorted[:used], &count)
	t.fillSeconds(sorted[first:used], &count)
	return true
}

// buildSingle fills a table for a code of at most one symbol, whose code is 0.
func buildSingle(table, entries []uint32, syms []uint16) bool {
	for i := range table {
		table[i] = undefined
		if len(syms) > 0 && i&1 == 0 {
			table[i] = entry(entries[syms[0]], 1)
		}
	}
	return true
}

// entry adds the bits of a code to the entry of its symbol.
func entry(e uint32, nbits uint) uint32 { return e + uint32(nbits)*0x101 }

// tableBuilder is the state of buildTable between codes of rising length.
type tableBuilder struct {
	table, entries []uint32
	root           uint
	code           uint // next code, its first bit lowest
	nbits          uint // length of the code
}

// next advances to the next code of the same length: a carry that runs from
// the code's last bit, the highest, to its first.
func (t *tableBuilder) next() {
	zeros := ^t.code & (1<<t.nbits - 1)
	if zeros == 0 {
		return // all codes are used up
	}
	bit := uint(1) << (bits.Len(zeros) - 1)
	t.code = t.code&(bit-1) | bit
}

// fillRoot enters the symbols whose codes fit the first table and returns how
// many they are. The table is filled for the shortest codes first and doubled
// for each longer one.
func (t *tableBuilder) fillRoot(sorted []uint16, count *[maxCodeLen + 2]uint16) int {
	i, size := 0, 1
	for t.nbits = 1; t.nbits <= t.root; t.nbits++ {
		copy(t.table[size:2*size], t.table[:size])
		size *= 2
		for range count[t.nbits] {
			t.table[t.code] = entry(t.entries[sorted[i]], t.nbits)
			t.next()
			i++
		}
	}
	return i
}

// fillSeconds enters the symbols with longer codes.
func (t *tableBuilder) fillSeconds(sorted []uint16, count *[maxCodeLen + 2]uint16) {
	mask := uint(1)<<t.root - 1
	begin, end := 0, 1<<t.root // of the second table in work
	prefix := ^uint(0)
	for _, sym := range sorted {
		for count[t.nbits] == 0 {
			t.nbits++
		}
		if t.code&mask != prefix {
			prefix = t.code & mask
			width := t.secondWidth(count)
			begin, end = end, end+1<<width
			t.table[prefix] = isException | uint32(begin)<<16 | uint32(width)<<8 | uint32(t.root)
		}
		e := entry(t.entries[sym], t.nbits-t.root)
		for i := begin + int(t.code>>t.root); i < end; i += 1 << (t.nbits - t.root) {
			t.table[i] = e
		}
		t.next()
		count[t.nbits]--
	}
}

// secondWidth returns how many bits choose in the second table that begins
// with the current code: as many as it takes until the codes that are left,
// count of each length, fill it.
func (t *tableBuilder) secondWidth(count *[maxCodeLen + 2]uint16) uint {
	width := t.nbits - t.root
	space := int(count[t.nbits])
	for space < 1<<width && t.root+width < maxCodeLen {
		width++
		space = space<<1 + int(count[t.root+width])
	}
	return width
}
