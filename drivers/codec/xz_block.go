package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"hash/crc64"
)

var crc64ECMA = crc64.MakeTable(crc64.ECMA)

// xzCheck is a checksum of blocks: section 2.1.1.2.
type xzCheck struct {
	size int
	sum  func(data []byte) []byte
}

// newXZCheck returns the checksum that a number means.
func newXZCheck(id byte) (xzCheck, error) {
	switch id {
	case 0:
		return xzCheck{0, func([]byte) []byte { return nil }}, nil
	case 1:
		return xzCheck{4, func(b []byte) []byte {
			return binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b))
		}}, nil
	case 4:
		return xzCheck{8, func(b []byte) []byte {
			return binary.LittleEndian.AppendUint64(nil, crc64.Checksum(b, crc64ECMA))
		}}, nil
	case 10:
		return xzCheck{sha256.Size, func(b []byte) []byte {
			sum := sha256.Sum256(b)
			return sum[:]
		}}, nil
	default:
		return xzCheck{}, corruptf("xz", "unknown checksum %d", id)
	}
}

// xzBlock is the header of a block: section 3.1.
type xzBlock struct {
	size     int   // of the header in bytes
	packed   int64 // sizes of the block's data, -1 if not stated
	unpacked int64
	deltas   []int // distances of Delta filters, in order of encoding
}

// block decodes the block that src, which is not empty, begins with, and
// returns its size without the padding between data and checksum, which is how
// the index counts: section 3.
func (d *lzmaDecoder) block(src []byte, check xzCheck) (int, error) {
	b, err := d.blockHeader(src)
	if err != nil {
		return 0, err
	}
	begin := d.op
	n, err := d.lzma2(src[b.size:])
	if err != nil {
		return 0, err
	}
	data := d.out[begin:d.op]
	if b.packed >= 0 && b.packed != int64(n) || b.unpacked >= 0 && b.unpacked != int64(len(data)) {
		return 0, corruptf(d.codec, "block is not what its header says")
	}
	for i := len(b.deltas) - 1; i >= 0; i-- {
		for distance, j := b.deltas[i], b.deltas[i]; j < len(data); j++ {
			data[j] += data[j-distance]
		}
	}
	n += b.size
	tail := src[n:]
	padding := xzPadding(n)
	if len(tail) < padding+check.size {
		return 0, corruptf(d.codec, "block is cut")
	}
	if !allZero(tail[:padding]) {
		return 0, corruptf(d.codec, "padding is not zero")
	}
	if !bytes.Equal(check.sum(data), tail[padding:padding+check.size]) {
		return 0, corruptf(d.codec, "wrong checksum")
	}
	return n + check.size, nil
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// blockHeader reads the header that src, which is not empty, begins with.
func (d *lzmaDecoder) blockHeader(src []byte) (xzBlock, error) {
	size := (int(src[0]) + 1) * 4
	if size > len(src) {
		return xzBlock{}, corruptf(d.codec, "block header is cut")
	}
	b := xzBlock{size: size, packed: -1, unpacked: -1}
	head := src[:size-4]
	if crc32.ChecksumIEEE(head) != binary.LittleEndian.Uint32(src[size-4:]) {
		return b, corruptf(d.codec, "wrong checksum of a block header")
	}
	flags := head[1]
	r := xzReader{rest: head[2:]}
	if flags&0x40 != 0 {
		b.packed = r.number()
	}
	if flags&0x80 != 0 {
		b.unpacked = r.number()
	}
	for filters := int(flags&3) + 1; filters > 0; filters-- {
		id, props := r.number(), r.bytes(r.number())
		last := filters == 1
		switch {
		case id == xzDelta && len(props) == 1 && !last:
			b.deltas = append(b.deltas, int(props[0])+1)
		case id == xzLZMA2 && len(props) == 1 && props[0] <= 40 && last:
		default:
			return b, corruptf(d.codec, "filter %#x is not supported", id)
		}
	}
	if r.bad || flags&0x3c != 0 || !allZero(r.rest) {
		return b, corruptf(d.codec, "bad block header")
	}
	return b, nil
}

// xzReader reads the fields of a block header.
type xzReader struct {
	rest []byte
	bad  bool // a field was cut
}

// number reads a variable-length integer: section 1.2.
func (r *xzReader) number() int64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<63-1 || n > 1 && r.rest[n-1] == 0 {
		r.bad = true
		return -1
	}
	r.rest = r.rest[n:]
	return int64(v)
}

// bytes reads n bytes.
func (r *xzReader) bytes(n int64) []byte {
	if n < 0 || n > int64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
