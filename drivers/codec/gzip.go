package codec

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Gzip is the gzip format, RFC 1952: members one after the other, each a
// header, a deflate stream, the CRC-32 of its data and their length. Level is
// 0 (stored) to 9, or -1 for the default of 6; it matters to Encode alone.
type Gzip struct{ Level int }

var _ Codec = Gzip{}

const (
	gzipHeader  = 10
	gzipTrailer = 8
)

// Flags of the gzip header, RFC 1952 section 2.3.1.
const (
	gzipHasCRC     = 1 << 1
	gzipHasExtra   = 1 << 2
	gzipHasName    = 1 << 3
	gzipHasComment = 1 << 4
	gzipReserved   = 0xe0
)

// Encode returns src as one gzip member without name and time, so that equal
// data give equal bytes. The only error is a Level outside -1..9.
func (g Gzip) Encode(dst, src []byte) ([]byte, error) {
	xfl := byte(0)
	switch g.Level {
	case 1:
		xfl = 4
	case 9:
		xfl = 2
	}
	dst = append(dst[:0], 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, xfl, 255)
	dst, err := deflate(dst, src, "gzip", g.Level)
	if err != nil {
		return nil, err
	}
	dst = binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(src))
	return binary.LittleEndian.AppendUint32(dst, uint32(len(src))), nil
}

// Decode returns the data of all members of src, of which there must be at
// least one and nothing after the last. A wrong or cut trailer and more than
// max bytes of data in all are ErrCorrupt.
func (Gzip) Decode(dst, src []byte, max int) ([]byte, error) {
	dst = dst[:0]
	for first := true; first || len(src) > 0; first = false {
		n, err := gzipHeaderLen(src)
		if err != nil {
			return nil, err
		}
		dst, src, err = gzipMember(dst, src[n:], max)
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// gzipMember appends the data of a member whose header was cut off, and
// returns what follows the member.
func gzipMember(dst, src []byte, max int) (out, rest []byte, err error) {
	begin := len(dst)
	dst, n, err := inflate(dst, src, "gzip", max)
	if err != nil {
		return nil, nil, err
	}
	src = src[n:]
	if len(src) < gzipTrailer {
		return nil, nil, corruptf("gzip", "trailer is cut")
	}
	data := dst[begin:]
	if want, got := binary.LittleEndian.Uint32(src), crc32.ChecksumIEEE(data); got != want {
		return nil, nil, corruptf("gzip", "checksum is %#08x, stored is %#08x", got, want)
	}
	if want := binary.LittleEndian.Uint32(src[4:]); uint32(len(data)) != want {
		return nil, nil, corruptf("gzip", "%d bytes of data, the trailer says %d", len(data), want)
	}
	return dst, src[gzipTrailer:], nil
}

// gzipHeaderLen checks the header at the beginning of src and returns its
// length in bytes.
func gzipHeaderLen(src []byte) (int, error) {
	if len(src) < gzipHeader {
		return 0, corruptf("gzip", "header is cut")
	}
	if src[0] != 0x1f || src[1] != 0x8b || src[2] != 8 || src[3]&gzipReserved != 0 {
		return 0, corruptf("gzip", "bad header % x", src[:4])
	}
	flags, n := src[3], gzipHeader
	if flags&gzipHasExtra != 0 {
		if len(src) < n+2 {
			return 0, corruptf("gzip", "extra field is cut")
		}
		n += 2 + int(binary.LittleEndian.Uint16(src[n:]))
	}
	for _, flag := range [...]byte{gzipHasName, gzipHasComment} {
		if flags&flag == 0 || n > len(src) {
			continue
		}
		end := bytes.IndexByte(src[n:], 0)
		if end < 0 {
			return 0, corruptf("gzip", "name or comment is cut")
		}
		n += end + 1
	}
	if flags&gzipHasCRC != 0 {
		return gzipHeaderCRC(src, n)
	}
	if n > len(src) {
		return 0, corruptf("gzip", "extra field is cut")
	}
	return n, nil
}

// gzipHeaderCRC checks the 16-bit checksum that follows a header of n bytes
// and returns the length of both.
func gzipHeaderCRC(src []byte, n int) (int, error) {
	if len(src) < n+2 {
		return 0, corruptf("gzip", "header is cut")
	}
	want, got := binary.LittleEndian.Uint16(src[n:]), uint16(crc32.ChecksumIEEE(src[:n]))
	if got != want {
		return 0, corruptf("gzip", "header checksum is %#04x, stored is %#04x", got, want)
	}
	return n + 2, nil
}
