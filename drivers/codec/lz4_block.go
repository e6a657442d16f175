package codec

import (
	"fmt"
	"sync"

	"github.com/pierrec/lz4/v4"
)

// Raw LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md)
// are sequences of a token, literals and a match, of which the last ends after
// its literals. Encoding is the library's. Decoding is our own because that of
// the library was measured to take 1.2 to 1.5 times as long on byte planes.

const (
	lz4MinMatch = 4
	lz4Long     = 15 // the length goes on in the next bytes
)

// decodeLZ4 decompresses the block src to exactly len(dst) bytes.
func decodeLZ4(dst, src []byte) error {
	op, ip := 0, 0
	for {
		op, ip = lz4Sequences(dst, src, op, ip)
		var ok bool
		if op, ip, ok = lz4Sequence(dst, src, op, ip); !ok {
			return corruptf("lz4", "bad sequence at byte %d of %d, for byte %d of %d", ip, len(src), op, len(dst))
		}
		if ip == len(src) {
			break
		}
	}
	if op != len(dst) {
		return corruptf("lz4", "block of %d bytes instead of %d", op, len(dst))
	}
	return nil
}

// lz4Sequence decodes the one sequence at src[ip:] to dst[op:] and returns
// where the next ones begin. Only the sequence that ends src may lack a match.
func lz4Sequence(dst, src []byte, op, ip int) (int, int, bool) {
	if ip >= len(src) {
		return op, ip, false
	}
	token := src[ip]
	n, at, ok := lz4Length(src, ip+1, int(token>>4))
	if !ok || n > len(src)-at || n > len(dst)-op {
		return op, ip, false
	}
	copy(dst[op:op+n], src[at:])
	to, at := op+n, at+n
	if at == len(src) {
		return to, at, true
	}
	if len(src)-at < 2 {
		return op, ip, false
	}
	dist := int(le.Uint16(src[at:]))
	n, at, ok = lz4Length(src, at+2, int(token&lz4Long))
	n += lz4MinMatch
	if !ok || dist == 0 || dist > to || n > len(dst)-to || at == len(src) {
		return op, ip, false
	}
	repeatMatch(dst, to, dist, n)
	return to + n, at, true
}

// lz4Length completes a length that began with the four bits n, from src[at:],
// and returns what follows it.
func lz4Length(src []byte, at, n int) (int, int, bool) {
	if n != lz4Long {
		return n, at, true
	}
	for at < len(src) && n < lz4MaxBytes {
		more := src[at]
		n, at = n+int(more), at+1
		if more != 255 {
			return n, at, true
		}
	}
	return 0, at, false
}

// The pools hold compressors with their tables.
var (
	lz4Pool   = sync.Pool{New: func() any { return new(lz4.CompressorCCompat) }}
	lz4hcPool = sync.Pool{New: func() any { return new(lz4.CompressorHC) }}
)

// encodeLZ4 compresses src into dst as LZ4_compress_fast does, byte for byte,
// and returns how many bytes that took, 0 if it does not fit.
func encodeLZ4(dst, src []byte, acceleration int) (int, error) {
	c := lz4Pool.Get().(*lz4.CompressorCCompat)
	defer lz4Pool.Put(c)
	c.Acceleration = acceleration
	n, err := c.CompressBlock(src, dst)
	if err != nil {
		return 0, fmt.Errorf("lz4: %w", err)
	}
	return n, nil
}

// encodeLZ4HC compresses better and slower than encodeLZ4. The number of
// places it looks at is that of LZ4_compress_HC at levels 3 and above.
func encodeLZ4HC(dst, src []byte, level int) (int, error) {
	c := lz4hcPool.Get().(*lz4.CompressorHC)
	defer lz4hcPool.Put(c)
	c.Level = lz4.CompressionLevel(1 << max(level-1, 0))
	n, err := c.CompressBlock(src, dst)
	if err != nil {
		// It reports data that does not fit in either way.
		return 0, nil
	}
	return n, nil
}
