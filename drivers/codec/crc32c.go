package codec

import (
	"encoding/binary"
	"hash/crc32"
)

// CRC32C is the zarr v3 checksum codec: the data, followed by its CRC-32C
// (Castagnoli polynomial, RFC 3720 appendix B.4) as four little-endian bytes.
// Format: zarr-specs docs/v3/codecs/crc32c.
type CRC32C struct{}

var _ Codec = CRC32C{}

// crc32cSize is the number of bytes that CRC32C adds.
const crc32cSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns src and its checksum. It never fails.
func (CRC32C) Encode(dst, src []byte) ([]byte, error) {
	dst = reserve(dst, len(src)+crc32cSize)
	dst = append(dst, src...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(src, castagnoli)), nil
}

// Decode returns src without its last four bytes, which must be the checksum
// of the others.
func (CRC32C) Decode(dst, src []byte, max int) ([]byte, error) {
	n := len(src) - crc32cSize
	if n < 0 {
		return nil, corruptf("crc32c", "%d bytes cannot hold a checksum", len(src))
	}
	if n > max {
		return nil, corruptf("crc32c", "%d bytes, at most %d expected", n, max)
	}
	want := binary.LittleEndian.Uint32(src[n:])
	if got := crc32.Checksum(src[:n], castagnoli); got != want {
		return nil, corruptf("crc32c", "checksum is %#08x, stored is %#08x", got, want)
	}
	return append(reserve(dst, n), src[:n]...), nil
}
