package codec

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/huff0"
)

// The decoder of this file writes a frame into one buffer that has room for all
// of it. It knows what encoders make of chunks: no dictionary, no checksum, no
// distances of 16 MiB and more. Whatever else it meets, damage included, it
// leaves to the library, which repeats the frame from its beginning and has the
// last word.

// zstdSlack is how far behind their end copies may read and write.
const zstdSlack = 32

// zstdFramer decodes one frame at a time.
type zstdFramer struct {
	run    zstdRun
	tables zstdTables
	logs   [3]int // of the tables' lengths; negative: no table yet
	counts [64]int16
	huff   *huff0.Scratch
	coded  bool                           // huff has a table
	room   [zstdMaxBlock + zstdSlack]byte // for literals
}

var zstdFramers = sync.Pool{New: func() any { return new(zstdFramer) }}

// decodeZstdFrame appends the content of the frame that src is to dst. It
// reports false, and has appended nothing, if that is not its business.
func decodeZstdFrame(dst, src []byte, f zstdFrame, limit int) ([]byte, bool) {
	n := int(min(f.bound, uint64(limit-len(dst))))
	if f.window == 0 || cap(dst)-len(dst) < n+zstdSlack {
		return dst, false
	}
	d := zstdFramers.Get().(*zstdFramer)
	defer zstdFramers.Put(d)
	d.begin(dst[len(dst):len(dst)+n], f.window)
	ok := d.blocks(src[f.header:f.size])
	n = d.run.op
	d.run.out, d.run.bits = nil, nil
	if !ok || f.sized && n != int(f.bound) {
		return dst, false
	}
	return dst[:len(dst)+n], true
}

func (d *zstdFramer) begin(out []byte, window int) {
	r := &d.run
	r.out, r.op, r.window, r.tables = out, 0, window, &d.tables
	r.offsets = [3]int{1, 4, 8}
	d.logs = [3]int{-1, -1, -1}
	d.coded = false
}

// blocks decodes all blocks of a frame; scanZstdFrame has found them to be
// whole.
func (d *zstdFramer) blocks(src []byte) bool {
	r := &d.run
	for {
		head := int(src[0]) | int(src[1])<<8 | int(src[2])<<16
		n := head >> 3
		src = src[3:]
		ok := false
		began := r.op
		switch head >> 1 & 3 {
		case 0:
			ok = r.literal(src[:n])
		case 1:
			ok = r.repeat(src[0], n)
			n = 1
		case 2:
			ok = d.compressed(src[:n])
		}
		if !ok || r.op-began > min(zstdMaxBlock, r.window) {
			return false
		}
		if head&1 != 0 {
			return true
		}
		src = src[n:]
	}
}

// compressed decodes one compressed block: section 3.1.1.3.
func (d *zstdFramer) compressed(src []byte) bool {
	r := &d.run
	rest, ok := d.literals(src)
	if !ok || len(rest) == 0 {
		return false
	}
	n := int(rest[0])
	switch {
	case n < 128:
		rest = rest[1:]
	case n < 255 && len(rest) > 1:
		n, rest = (n-128)<<8|int(rest[1]), rest[2:]
	case n == 255 && len(rest) > 2:
		n, rest = int(rest[1])|int(rest[2])<<8+0x7f00, rest[3:]
	default:
		return false
	}
	if n == 0 {
		return len(rest) == 0 && r.literal(r.lits)
	}
	if rest, ok = d.readTables(rest); !ok || !d.start(rest) {
		return false
	}
	r.left = n
	return r.sequences() && r.pos == 0 && r.literal(r.lits[r.lp:])
}

// literals decodes the literals of a block to r.lits and returns what follows
// them: section 3.1.1.3.1.
func (d *zstdFramer) literals(src []byte) ([]byte, bool) {
	if len(src) < 5 {
		if len(src) < 2 {
			return nil, false
		}
		src = append(make([]byte, 0, 8), src...)
	}
	var field [8]byte
	copy(field[:], src)
	head := binary.LittleEndian.Uint64(field[:])
	kind, form := head&3, head>>2&3
	r := &d.run
	r.lp = 0
	if kind < 2 {
		width, shift := [4]int{1, 2, 1, 3}[form], [4]int{3, 4, 3, 4}[form]
		n := int(head & (1<<(8*width) - 1) >> shift)
		stored := n
		if kind == 1 {
			stored = 1
		}
		if n > zstdMaxBlock || len(src) < width+stored {
			return nil, false
		}
		r.lits = d.room[:n]
		if src = src[width:]; kind == 0 {
			copy(r.lits, src)
		} else {
			fillBytes(r.lits, src[0])
		}
		return src[stored:], true
	}
	width, field1 := [4]int{3, 3, 4, 5}[form], [4]int{10, 10, 14, 18}[form]
	n := int(head >> 4 & (1<<field1 - 1))
	stored := int(head >> (4 + field1) & (1<<field1 - 1))
	if n > zstdMaxBlock || n == 0 || len(src) < width+stored {
		return nil, false
	}
	r.lits = d.room[:n]
	return src[width+stored:], d.huffman(src[width:width+stored], kind == 2, form != 0)
}

// huffman decodes src to all of r.lits.
func (d *zstdFramer) huffman(src []byte, table, four bool) bool {
	var err error
	if table {
		d.coded = false
		if d.huff == nil {
			d.huff = new(huff0.Scratch)
		}
		if d.huff, src, err = huff0.ReadTable(src, d.huff); err != nil {
			d.huff = nil
			return false
		}
		d.coded = true
	}
	if !d.coded {
		return false
	}
	var out []byte
	room := d.run.lits[:0:len(d.run.lits)]
	if four {
		out, err = d.huff.Decoder().Decompress4X(room, src)
	} else {
		out, err = d.huff.Decoder().Decompress1X(room, src)
	}
	return err == nil && len(out) == len(d.run.lits)
}

// readTables reads the three tables of a block's sequences: section 3.1.1.3.2.1.
func (d *zstdFramer) readTables(src []byte) ([]byte, bool) {
	if len(src) == 0 || src[0]&3 != 0 {
		return nil, false
	}
	modes := src[0]
	src = src[1:]
	for c := range zstdCodes {
		code, table := &zstdCodes[c], d.tables.of(c)
		switch modes >> (6 - 2*c) & 3 {
		case 0:
			copy(table[:1<<code.log], zstdDefaults.of(c))
			d.logs[c] = code.log
		case 1:
			if len(src) == 0 || int(src[0]) >= code.symbols {
				return nil, false
			}
			table[0] = zstdPlain[c][src[0]]
			d.logs[c] = 0
			src = src[1:]
		case 2:
			counts, log, used := zstdCounts(&d.counts, src, code)
			if used == 0 {
				return nil, false
			}
			buildZstdTable(table, c, counts, log)
			d.logs[c] = log
			src = src[used:]
		case 3:
			if d.logs[c] < 0 {
				return nil, false
			}
		}
	}
	return src, true
}

// start begins the reading of sequences, whose bits are read from the last one
// on: the highest bit set in the last byte marks the end.
func (d *zstdFramer) start(src []byte) bool {
	if len(src) == 0 || src[len(src)-1] == 0 {
		return false
	}
	r := &d.run
	r.bits = src
	r.pos = 8*len(src) - 9 + bits.Len8(src[len(src)-1])
	for c, log := range d.logs {
		r.entries[c] = d.tables.of(c)[r.take(log)]
	}
	return r.pos >= 0
}

// fillBytes sets all of b to x.
func fillBytes(b []byte, x byte) {
	if x == 0 {
		clear(b)
		return
	}
	for i := range b[:min(len(b), 64)] {
		b[i] = x
	}
	for n := 64; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}
