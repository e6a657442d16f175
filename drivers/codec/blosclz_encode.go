package codec

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

const (
	blosclzHashLog  = 14
	blosclzProbeLog = 12
)

// blosclzRatio is, by level, the least ratio that a probe of the data must
// promise for the compressor to try at all.
var blosclzRatio = [10]float64{0, 2, 1.5, 1.2, 1.2, 1.2, 1.2, 1.15, 1.1, 1.0}

// blosclzTables are the hash tables of one run of the compressor: the last
// place where four bytes with a given hash were seen.
type blosclzTables struct {
	seen  [1 << blosclzHashLog]uint32
	probe [1 << blosclzProbeLog]uint16
}

var blosclzPool = sync.Pool{New: func() any { return new(blosclzTables) }}

func blosclzHash(v uint32, log uint) uint32 { return v * 2654435761 >> (32 - log) }

// encodeBlosclz compresses src into dst at level 1 to 9 and returns how many
// bytes that took, or 0 when it does not fit or the data look incompressible.
// split tells that src is one of several splits of a block. The result is the
// same, byte for byte, as that of c-blosc 1.21.
func encodeBlosclz(dst, src []byte, level int, split bool) int {
	t := blosclzPool.Get().(*blosclzTables)
	defer blosclzPool.Put(t)
	probe := len(src) / 4
	ratio := t.estimate(src[len(src)-probe:])
	if ratio < blosclzRatio[level] || len(src) < 16 || len(dst) < 66 {
		return 0
	}
	e := blosclzEncoder{src: src, dst: dst, log: blosclzHashLog, shift: 4, level: level}
	if !split || ratio < 4 {
		e.shift = 3
	}
	if level < 3 {
		e.log -= uint(3 - level)
	}
	clear(t.seen[:1<<e.log])
	if !e.run(&t.seen) || !e.rest() {
		return 0
	}
	dst[0] |= 1 << 5 // marks the compressor to old decoders
	return e.op
}

// matchEnd returns where the match of src[at:] with src[from:] ends as c-blosc
// counts: one byte after the first that differs, and at most bound.
func matchEnd(src []byte, at, from, bound int) int {
	for at+8 <= bound {
		if x := binary.LittleEndian.Uint64(src[at:]) ^ binary.LittleEndian.Uint64(src[from:]); x != 0 {
			return at + bits.TrailingZeros64(x)/8 + 1
		}
		at, from = at+8, from+8
	}
	for at < bound {
		at, from = at+1, from+1
		if src[at-1] != src[from-1] {
			break
		}
	}
	return at
}

// estimate returns the compression ratio of at most the first 4 KiB of src,
// as a dry run finds it.
func (t *blosclzTables) estimate(src []byte) float64 {
	limit := min(len(src), len(t.probe))
	bound, stop := limit-1, limit-12
	ip, out, literals := 0, 5, 4
	clear(t.probe[:])
	for ip < stop {
		anchor := ip
		seq := le.Uint32(src[ip:])
		slot := &t.probe[blosclzHash(seq, blosclzProbeLog)]
		ref := int(*slot)
		*slot = uint16(anchor)
		if ref != anchor && le.Uint32(src[ref:]) == seq {
			ip = matchEnd(src, anchor+4, ref+4, bound) - 3
		}
		n := ip - anchor
		if n < 3 {
			ip = anchor + 1
			out++
			if literals++; literals == blosclzMaxCopy {
				literals = 0
				out++
			}
			continue
		}
		out += blosclzCost(n, anchor-ref-1)
		if literals == 0 {
			out--
		}
		literals = 0
		t.probe[blosclzHash(le.Uint32(src[ip:]), blosclzProbeLog)] = uint16(ip)
		ip += 2
		out++
	}
	return float64(ip) / float64(out)
}

// blosclzCost is how many bytes a match takes.
func blosclzCost(n, dist int) int {
	cost := 2
	if dist >= blosclzNear {
		cost = 4
	}
	if n >= 7 {
		cost += (n-7)/255 + 1
	}
	return cost
}

// blosclzEncoder is one run. literals counts the literals since the control
// byte that is reserved for them.
type blosclzEncoder struct {
	src, dst     []byte
	ip, op       int
	literals     int
	shift, level int
	log          uint
}

// run compresses all but the last 12 bytes, and reports whether that fits.
func (e *blosclzEncoder) run(seen *[1 << blosclzHashLog]uint32) bool {
	src, dst := e.src, e.dst
	bound, stop := len(src)-1, len(src)-12
	dst[0] = blosclzMaxCopy - 1
	e.op = 1 + copy(dst[1:5], src)
	e.ip, e.literals = 4, 4
	for e.ip < stop {
		anchor := e.ip
		seq := le.Uint32(src[anchor:])
		slot := &seen[blosclzHash(seq, e.log)&(1<<blosclzHashLog-1)]
		dist := anchor - int(*slot)
		*slot = uint32(anchor)
		n := 0
		if dist != 0 && dist < blosclzFar && le.Uint32(src[anchor-dist:]) == seq {
			n = matchEnd(src, anchor+4, anchor+4-dist, bound) - e.shift - anchor
		}
		dist--
		if n < e.shift || n <= 5 && dist >= blosclzNear {
			if !e.literal() {
				return false
			}
			continue
		}
		if !e.match(n, dist) {
			return false
		}
		e.remember(seen, anchor+n)
		if e.op >= len(dst) {
			return false
		}
		dst[e.op] = blosclzMaxCopy - 1
		e.op++
	}
	return true
}

// remember enters the end of a match in the table and goes on two bytes after
// it.
func (e *blosclzEncoder) remember(seen *[1 << blosclzHashLog]uint32, at int) {
	seq := le.Uint32(e.src[at:])
	seen[blosclzHash(seq, e.log)] = uint32(at)
	if e.level == 9 {
		seen[blosclzHash(seq>>8, e.log)] = uint32(at + 1)
	}
	e.ip = at + 2
}

// literal copies one byte.
func (e *blosclzEncoder) literal() bool {
	if e.op+2 > len(e.dst) {
		return false
	}
	e.dst[e.op] = e.src[e.ip]
	e.op, e.ip = e.op+1, e.ip+1
	if e.literals++; e.literals == blosclzMaxCopy {
		e.literals = 0
		e.dst[e.op] = blosclzMaxCopy - 1
		e.op++
	}
	return true
}

// closeLiterals sets the control byte of the literals that were written, or
// takes it back when there are none.
func (e *blosclzEncoder) closeLiterals() {
	if e.literals > 0 {
		e.dst[e.op-e.literals-1] = byte(e.literals - 1)
	} else {
		e.op--
	}
	e.literals = 0
}

// match writes a match whose length is n and distance dist in the biased form
// of the stream.
func (e *blosclzEncoder) match(n, dist int) bool {
	e.closeLiterals()
	far := dist >= blosclzNear
	if e.op+blosclzCost(n, dist) > len(e.dst) {
		return false
	}
	high := dist >> 8
	if far {
		high = 31
	}
	out := e.dst[:e.op]
	if n < 7 {
		out = append(out, byte(n<<5+high))
	} else {
		out = append(out, byte(7<<5+high))
		for n -= 7; n >= 255; n -= 255 {
			out = append(out, 255)
		}
		out = append(out, byte(n))
	}
	if far {
		out = append(out, 255)
		out = binary.BigEndian.AppendUint16(out, uint16(dist-blosclzNear))
	} else {
		out = append(out, byte(dist))
	}
	e.op = len(out)
	return true
}

// rest writes what is left as literals.
func (e *blosclzEncoder) rest() bool {
	for e.ip < len(e.src) {
		if !e.literal() {
			return false
		}
	}
	e.closeLiterals()
	return true
}
