package codec

import (
	"fmt"

	"github.com/pierrec/lz4/v4"
)

// LZ4 is the lz4 codec of numcodecs (numcodecs/lz4.pyx): the size of the data
// as a little-endian 32-bit number, then one raw LZ4 block. It is not the LZ4
// frame format. Acceleration, from 1, trades size for speed in Encode; less
// counts as 1.
type LZ4 struct{ Acceleration int }

var _ Codec = LZ4{}

const (
	lz4Prefix   = 4
	lz4MaxBytes = 0x7e000000 // LZ4_MAX_INPUT_SIZE
	lz4MaxRatio = 255        // no LZ4 block expands more
)

// Encode returns src compressed as LZ4_compress_fast does. The only error is
// more than 0x7e000000 bytes of data.
func (l LZ4) Encode(dst, src []byte) ([]byte, error) {
	if len(src) > lz4MaxBytes {
		return nil, fmt.Errorf("lz4: %d bytes are more than a block can hold", len(src))
	}
	room := lz4Prefix + lz4.CompressBlockBound(len(src)) + 1
	if cap(dst) < room {
		dst = make([]byte, room)
	}
	dst = dst[:room]
	le.PutUint32(dst, uint32(len(src)))
	if len(src) == 0 {
		dst[lz4Prefix] = 0 // a token: no literals, no match
		return dst[:lz4Prefix+1], nil
	}
	n, err := encodeLZ4(dst[lz4Prefix:], src, max(l.Acceleration, 1))
	if err != nil {
		return nil, err
	}
	return dst[:lz4Prefix+n], nil
}

// Decode returns the data of src. A size above max, or a block that does not
// have this size, is ErrCorrupt.
func (LZ4) Decode(dst, src []byte, max int) ([]byte, error) {
	if len(src) < lz4Prefix {
		return nil, corruptf("lz4", "%d bytes are no size", len(src))
	}
	size, block := le.Uint32(src), src[lz4Prefix:]
	switch {
	case size > lz4MaxBytes || int(size) > max:
		return nil, corruptf("lz4", "%d bytes of data, at most %d are expected", size, max)
	case int(size)/lz4MaxRatio > len(block):
		return nil, corruptf("lz4", "%d bytes cannot hold %d", len(block), size)
	case size == 0 && (len(block) != 1 || block[0] != 0):
		return nil, corruptf("lz4", "%d bytes for no data", len(block))
	}
	dst = dst[:0]
	if cap(dst) < int(size) {
		dst = make([]byte, 0, size)
	}
	dst = dst[:size]
	if size == 0 {
		return dst, nil
	}
	if err := decodeLZ4(dst, block); err != nil {
		return nil, err
	}
	return dst, nil
}
