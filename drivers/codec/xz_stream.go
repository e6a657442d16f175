package codec

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Numbers of the .xz file format 1.2.1, which its sections 2 to 5 define.
const (
	xzMagic       = "\xfd7zXZ\x00"
	xzFooterMagic = "YZ"
	xzHeader      = 12
	xzFooter      = 12

	xzDelta = 0x03
	xzLZMA2 = 0x21
)

// xzPadding returns how many zeros make n a multiple of 4.
func xzPadding(n int) int { return -n & 3 }

// streams decodes concatenated streams and the padding between and after them.
func (d *lzmaDecoder) streams(src []byte) error {
	for first := true; first || len(src) > 0; first = false {
		n, err := d.stream(src)
		if err != nil {
			return err
		}
		src = src[n:]
		for len(src) >= 4 && binary.LittleEndian.Uint32(src) == 0 {
			src = src[4:]
		}
	}
	return nil
}

// stream decodes the stream that src begins with and returns its size.
func (d *lzmaDecoder) stream(src []byte) (int, error) {
	if len(src) < xzHeader || string(src[:6]) != xzMagic ||
		crc32.ChecksumIEEE(src[6:8]) != binary.LittleEndian.Uint32(src[8:]) {
		return 0, corruptf(d.codec, "bad stream header")
	}
	if src[6] != 0 || src[7] > 15 {
		return 0, corruptf(d.codec, "unknown stream flags % x", src[6:8])
	}
	check, err := newXZCheck(src[7])
	if err != nil {
		return 0, err
	}
	n, blocks := xzHeader, 0
	var room [64]byte
	records := room[:0] // what the index must say
	for {
		if n == len(src) {
			return 0, corruptf(d.codec, "stream is cut")
		}
		if src[n] == 0 {
			break
		}
		size, begin := 0, d.op
		if size, err = d.block(src[n:], check); err != nil {
			return 0, err
		}
		records = binary.AppendUvarint(records, uint64(size))
		records = binary.AppendUvarint(records, uint64(d.op-begin))
		blocks++
		n += size + xzPadding(size)
	}
	return d.index(src, n, blocks, records)
}

// index checks the index at n and the footer after it, and returns the size
// of the stream.
func (d *lzmaDecoder) index(src []byte, n, blocks int, records []byte) (int, error) {
	want := append(binary.AppendUvarint([]byte{0}, uint64(blocks)), records...)
	want = append(want, 0, 0, 0)[:len(want)+xzPadding(len(want))]
	want = binary.LittleEndian.AppendUint32(want, crc32.ChecksumIEEE(want))
	if !bytes.HasPrefix(src[n:], want) {
		return 0, corruptf(d.codec, "index does not fit the blocks")
	}
	n += len(want)
	if len(src)-n < xzFooter {
		return 0, corruptf(d.codec, "footer is cut")
	}
	footer := src[n : n+xzFooter]
	if crc32.ChecksumIEEE(footer[4:10]) != binary.LittleEndian.Uint32(footer) ||
		binary.LittleEndian.Uint32(footer[4:]) != uint32(len(want)/4-1) ||
		!bytes.Equal(footer[8:10], src[6:8]) || string(footer[10:]) != xzFooterMagic {
		return 0, corruptf(d.codec, "bad stream footer")
	}
	return n + xzFooter, nil
}
