package codec

import "math/bits"

// zstdTables are the decoding tables of the three codes of a sequence, each
// indexed by the state of its code. The assembly knows the layout.
type zstdTables struct {
	literals, matches [512]zstdEntry
	offsets           [256]zstdEntry
}

// zstdEntry is what one state means. From the lowest bit: how many bits are
// read in all (8 bits), how many of them for the next state (8) and how many for
// the value (8), nothing (8), what is added to the latter (16), and to the former
// (16). To an offset of n bits 1<<n is added.
type zstdEntry uint64

func (e zstdEntry) total() int     { return int(e & 0xff) }
func (e zstdEntry) stateBits() int { return int(e >> 8 & 0xff) }
func (e zstdEntry) valueBits() int { return int(e >> 16 & 0xff) }

// length is what is added to the value of a length.
func (e zstdEntry) length() int {
	n := int(e >> 32 & 0xffff)
	if e.total() >= zstdFar {
		n += 1 << 16
	}
	return n
}

func (e zstdEntry) next() int { return int(e >> 48) }

// zstdFar is the total of a symbol whose value does not fit an entry: lengths
// of 64 KiB and more, distances of 16 MiB and more.
const zstdFar = 64

// zstdCode is one of the three codes: RFC 8878 sections 3.1.1.3.2.1.1 and 3.1.1.3.2.2.
type zstdCode struct {
	symbols int
	maxLog  int
	value   func(symbol int) (base, extra int)
	normal  []int16 // the default distribution
	log     int     // of that
}

// zstdOffsets is the place of the offsets in zstdCodes.
const zstdOffsets = 1

var zstdCodes = [3]zstdCode{
	{36, 9, zstdLiteralsOf, []int16{
		4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
	}, 6},
	{32, 8, zstdOffsetOf, []int16{
		1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
	}, 5},
	{53, 9, zstdMatchOf, []int16{
		1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		-1, -1, -1, -1, -1, -1, -1,
	}, 6},
}

var (
	zstdLiteralBits = [20]uint8{1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}    // from code 16 on
	zstdMatchBits   = [21]uint8{1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16} // from code 32 on
)

func zstdLiteralsOf(symbol int) (base, extra int) { return zstdLength(symbol, 16, zstdLiteralBits[:]) }

func zstdMatchOf(symbol int) (base, extra int) {
	base, extra = zstdLength(symbol, 32, zstdMatchBits[:])
	return base + 3, extra
}

// zstdLength returns the value of a length code: the first ones stand for
// themselves, the others for the ranges that follow each other.
func zstdLength(symbol, single int, widths []uint8) (base, extra int) {
	if symbol < single {
		return symbol, 0
	}
	base = single
	for _, w := range widths[:symbol-single] {
		base += 1 << w
	}
	return base, int(widths[symbol-single])
}

func zstdOffsetOf(symbol int) (base, extra int) { return 1 << symbol, symbol }

// zstdPlain has, for each code and symbol, the entry with everything but what
// the state adds.
var zstdPlain = func() (plain [3][64]zstdEntry) {
	for c, code := range zstdCodes {
		for s := range code.symbols {
			base, extra := code.value(s)
			total := extra
			if base >= 1<<16 && c != zstdOffsets || base >= 1<<24 {
				total = zstdFar
			}
			plain[c][s] = zstdEntry(total) | zstdEntry(extra)<<16 | zstdEntry(base&0xffff)<<32
		}
	}
	return plain
}()

// zstdDefaults are the tables of the default distributions.
var zstdDefaults = func() (t zstdTables) {
	for c, code := range zstdCodes {
		buildZstdTable(t.of(c), c, code.normal, code.log)
	}
	return t
}()

// of returns the table of a code.
func (t *zstdTables) of(code int) []zstdEntry {
	return [3][]zstdEntry{t.literals[:], t.offsets[:], t.matches[:]}[code]
}

// buildZstdTable builds the table of a distribution, whose counts sum up to
// 1<<log: section 4.1.1, "From normalized distribution to decoding tables".
func buildZstdTable(table []zstdEntry, code int, counts []int16, log int) {
	size := 1 << log
	var symbols [512]uint8
	var next [64]uint16
	high := size - 1
	for s, n := range counts {
		next[s] = uint16(max(n, -n))
		if n < 0 {
			symbols[high] = uint8(s)
			high--
		}
	}
	at, step := 0, size>>1+size>>3+3
	for s, n := range counts {
		for range n {
			symbols[at] = uint8(s)
			for at = (at + step) & (size - 1); at > high; {
				at = (at + step) & (size - 1)
			}
		}
	}
	plain := &zstdPlain[code]
	for i := range table[:size] {
		s := symbols[i] & 63
		n := next[s]
		next[s]++
		width := log + 1 - bits.Len16(n)
		table[i] = plain[s] + zstdEntry(width)*0x101 + zstdEntry(int(n)<<width-size)<<48
	}
}

// zstdCounts reads a distribution: section 4.1.1. It returns the counts, their
// logarithm and the bytes read; 0 bytes for what is malformed.
func zstdCounts(counts *[64]int16, src []byte, code *zstdCode) (symbols []int16, log, used int) {
	r := zstdForward{src: src}
	log = r.take(4) + 5
	if log > code.maxLog {
		return nil, 0, 0
	}
	left, s := 1<<log, 0
	for left > 0 && s < code.symbols {
		n := r.below(left+2) - 1
		counts[s] = int16(n)
		s++
		left -= max(n, -n)
		for repeat := 3; n == 0 && repeat == 3; {
			repeat = r.take(2)
			if s+repeat > code.symbols {
				return nil, 0, 0
			}
			clear(counts[s : s+repeat])
			s += repeat
		}
	}
	used = (r.at + 7) / 8
	if left != 0 || used > len(src) {
		return nil, 0, 0
	}
	return counts[:s], log, used
}

// zstdForward reads bits from the lowest on.
type zstdForward struct {
	src []byte
	at  int
}

// peek returns 16 bits; behind the end they are zero.
func (r *zstdForward) peek() int {
	v := 0
	for i := range 3 {
		if k := r.at>>3 + i; k < len(r.src) {
			v |= int(r.src[k]) << (8 * i)
		}
	}
	return v >> (r.at & 7) & 0xffff
}

func (r *zstdForward) take(n int) int {
	v := r.peek() & (1<<n - 1)
	r.at += n
	return v
}

// below reads a number below limit, where the smaller ones take a bit less.
func (r *zstdForward) below(limit int) int {
	n := bits.Len(uint(limit - 1))
	short := 1<<n - limit
	v := r.peek()
	if low := v & (1<<(n-1) - 1); low < short {
		r.at += n - 1
		return low
	}
	r.at += n
	v &= 1<<n - 1
	if v >= 1<<(n-1) {
		v -= short
	}
	return v
}
