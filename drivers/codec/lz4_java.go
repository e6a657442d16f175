package codec

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// LZ4Java is the stream of lz4-java (LZ4BlockOutputStream.java), which N5
// calls lz4: blocks of at most BlockSize bytes of data, each with a header and
// a checksum, and an empty block at the end. BlockSize is 64 to 2^25, or 0 for
// the 65536 of N5; it matters to Encode alone.
type LZ4Java struct{ BlockSize int }

var _ Codec = LZ4Java{}

// The header of a block: the magic, a token of method and block size, the
// compressed and the original length, and the lowest 28 bits of the XXH32 of
// the data.
const (
	javaMagic      = "LZ4Block"
	javaHeader     = len(javaMagic) + 1 + 4 + 4 + 4
	javaRaw        = 0x10
	javaLZ4        = 0x20
	javaMethod     = 0xf0
	javaLevel      = 0x0f // the largest block is 2^(10+level) bytes
	javaLevelBase  = 10
	javaSeed       = 0x9747b28c
	javaCheck      = 1<<28 - 1
	javaMinBlock   = 64
	javaMaxBlock   = 1 << 25
	javaBlockBytes = 1 << 16
)

// Encode returns src as a stream. The only error is a BlockSize out of range.
func (j LZ4Java) Encode(dst, src []byte) ([]byte, error) {
	size := j.BlockSize
	if size == 0 {
		size = javaBlockBytes
	}
	if size < javaMinBlock || size > javaMaxBlock {
		return nil, fmt.Errorf("lz4: blocks of %d bytes are not within %d..%d", size, javaMinBlock, javaMaxBlock)
	}
	level := byte(max(bits.Len(uint(size-1))-javaLevelBase, 0))
	blocks := (len(src) + size - 1) / size
	room := len(src) + (blocks+1)*javaHeader
	if cap(dst) < room {
		dst = make([]byte, 0, room)
	}
	dst = dst[:0]
	for len(src) > 0 {
		n := min(size, len(src))
		var err error
		if dst, err = appendJavaBlock(dst, src[:n], level); err != nil {
			return nil, err
		}
		src = src[n:]
	}
	return appendJavaHeader(dst, javaRaw|level, 0, 0, 0), nil
}

// appendJavaBlock appends one block to dst, which has the capacity for it.
func appendJavaBlock(dst, data []byte, level byte) ([]byte, error) {
	check := xxh32(data, javaSeed) & javaCheck
	at := len(dst) + javaHeader
	n, err := encodeLZ4(dst[at:at+len(data)-1], data, 1)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		return appendJavaHeader(dst, javaLZ4|level, n, len(data), check)[:at+n], nil
	}
	return append(appendJavaHeader(dst, javaRaw|level, len(data), len(data), check), data...), nil
}

func appendJavaHeader(dst []byte, token byte, compressed, original int, check uint32) []byte {
	dst = append(append(dst, javaMagic...), token)
	dst = le.AppendUint32(dst, uint32(compressed))
	dst = le.AppendUint32(dst, uint32(original))
	return le.AppendUint32(dst, check)
}

// Decode returns the data of the stream src. A stream without its last, empty
// block, bytes after that, a wrong checksum and more than max bytes of data
// are ErrCorrupt.
func (LZ4Java) Decode(dst, src []byte, max int) ([]byte, error) {
	dst = dst[:0]
	for {
		h, rest, err := readJavaHeader(src, max-len(dst))
		if err != nil {
			return nil, err
		}
		if h.original == 0 {
			if len(rest) > 0 {
				return nil, corruptf("lz4", "%d bytes after the end", len(rest))
			}
			return dst, nil
		}
		dst = growTo(dst, len(dst)+h.original, max)
		data := dst[len(dst) : len(dst)+h.original]
		if h.method == javaRaw {
			copy(data, rest)
		} else if err := decodeLZ4(data, rest[:h.compressed]); err != nil {
			return nil, err
		}
		if got := xxh32(data, javaSeed) & javaCheck; got != h.check {
			return nil, corruptf("lz4", "checksum %#x, want %#x", got, h.check)
		}
		dst, src = dst[:len(dst)+h.original], rest[h.compressed:]
	}
}

// growTo returns dst with the capacity for n bytes, at most twice what it had
// and never above max unless it had that.
func growTo(dst []byte, n, max int) []byte {
	if cap(dst) >= n {
		return dst
	}
	if double := 2 * cap(dst); double > n {
		n = double
	}
	if n > max {
		n = max
	}
	return append(make([]byte, 0, n), dst...)
}

// javaBlock is a block header.
type javaBlock struct {
	method               byte
	compressed, original int
	check                uint32
}

// readJavaHeader reads the header of a block whose data may have room bytes,
// and returns what follows it, at least the compressed data.
func readJavaHeader(src []byte, room int) (h javaBlock, rest []byte, err error) {
	if len(src) < javaHeader || string(src[:len(javaMagic)]) != javaMagic {
		return h, nil, corruptf("lz4", "no block header in %d bytes", len(src))
	}
	token, field := src[len(javaMagic)], src[len(javaMagic)+1:]
	compressed, original := le.Uint32(field), le.Uint32(field[4:])
	h = javaBlock{token & javaMethod, int(compressed), int(original), le.Uint32(field[8:])}
	rest = src[javaHeader:]
	switch {
	case h.method != javaRaw && h.method != javaLZ4:
		return h, nil, corruptf("lz4", "unknown method %#x", h.method)
	case uint64(compressed) > uint64(len(rest)):
		return h, nil, corruptf("lz4", "block of %d bytes in %d", compressed, len(rest))
	case original > 1<<(javaLevelBase+token&javaLevel) || int(original) > room:
		return h, nil, corruptf("lz4", "block of %d bytes of data, at most %d are expected", original, room)
	case (compressed == 0) != (original == 0),
		h.method == javaRaw && compressed != original,
		original == 0 && h.check != 0,
		uint64(original)/lz4MaxRatio > uint64(compressed):
		return h, nil, corruptf("lz4", "%d bytes cannot hold %d", compressed, original)
	}
	return h, rest, nil
}

// Primes of XXH32, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
const (
	xxPrime1 = 0x9e3779b1
	xxPrime2 = 0x85ebca77
	xxPrime3 = 0xc2b2ae3d
	xxPrime4 = 0x27d4eb2f
	xxPrime5 = 0x165667b1
)

// xxh32 returns the XXH32 of b.
func xxh32(b []byte, seed uint32) uint32 {
	h, n := seed+xxPrime5, uint32(len(b))
	if len(b) >= 16 {
		p1 := uint32(xxPrime1)
		v1, v2, v3, v4 := seed+p1+xxPrime2, seed+xxPrime2, seed, seed-p1
		for ; len(b) >= 16; b = b[16:] {
			v1 = xxRound(v1, binary.LittleEndian.Uint32(b))
			v2 = xxRound(v2, binary.LittleEndian.Uint32(b[4:8]))
			v3 = xxRound(v3, binary.LittleEndian.Uint32(b[8:12]))
			v4 = xxRound(v4, binary.LittleEndian.Uint32(b[12:16]))
		}
		h = bits.RotateLeft32(v1, 1) + bits.RotateLeft32(v2, 7) + bits.RotateLeft32(v3, 12) + bits.RotateLeft32(v4, 18)
	}
	h += n
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+le.Uint32(b)*xxPrime3, 17) * xxPrime4
	}
	for _, c := range b {
		h = bits.RotateLeft32(h+uint32(c)*xxPrime5, 11) * xxPrime1
	}
	h = (h ^ h>>15) * xxPrime2
	h = (h ^ h>>13) * xxPrime3
	return h ^ h>>16
}

func xxRound(v, lane uint32) uint32 {
	return bits.RotateLeft32(v+lane*xxPrime2, 13) * xxPrime1
}
