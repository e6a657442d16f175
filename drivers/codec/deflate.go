package codec

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// noisyRatio is the part of its size that data may keep before deflate tries
	// Huffman coding without matches: the fast levels of the encoder store a block
	// raw when it has few matches, although noise in the low bits of images leaves
	// 20-30 % for Huffman coding to take.
	noisyRatio = 0.85
	// plainRatio is what samples keep at least at fastLevel, and noisyRatio at
	// most, of data in which it finds nearly all that zlib's 4 to 6 find, in three
	// quarters of the time that slowLevel takes.
	plainRatio  = 0.45
	sampleBytes = 16 << 10
	fastLevel   = 6
	slowLevel   = 8
)

// deflatePools hold *deflater by level of the encoder. Index 0 is
// flate.HuffmanOnly.
var deflatePools [flate.BestCompression + 3]sync.Pool

// deflater is an encoder and the buffer that it appends to.
type deflater struct {
	w   *flate.Writer
	out appender
}

// appender is an io.Writer that appends. It never fails.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// deflate appends src as a raw deflate stream, RFC 1951, to dst. level is
// zlib's: -1..9.
func deflate(dst, src []byte, codec string, level int) ([]byte, error) {
	if level < -1 || level > 9 {
		return nil, fmt.Errorf("%s: no level %d: must be -1 to 9", codec, level)
	}
	begin := len(dst)
	dst, err := deflateAt(dst, src, encoderLevel(level, src, dst[begin:]))
	if err != nil || level < 1 || level > 3 {
		return dst, err
	}
	size := len(dst) - begin
	if float64(size) <= noisyRatio*float64(len(src)) {
		return dst, nil
	}
	again, err := deflateAt(dst, src, flate.HuffmanOnly)
	if err != nil {
		return nil, err
	}
	if second := again[begin+size:]; len(second) < size {
		return append(again[:begin], second...), nil
	}
	return again[:begin+size], nil
}

// encoderLevel maps zlib's levels to those of the encoder, which reach zlib's
// ratios two levels later, except on noise. room is for a sample.
func encoderLevel(level int, src, room []byte) int {
	switch {
	case level == 0:
		return flate.NoCompression
	case level >= 1 && level <= 3:
		return level
	case level >= 8:
		return flate.BestCompression
	case level == 7 || len(src) < 8*sampleBytes:
		return slowLevel
	}
	for i := 1; i < 4; i += 2 { // where the second and the last quarter begin
		at := len(src) / 4 * i
		sample, err := deflateAt(room, src[at:at+sampleBytes], fastLevel)
		kept := float64(len(sample)) / sampleBytes
		if err != nil || kept < plainRatio || kept > noisyRatio {
			return slowLevel
		}
	}
	return fastLevel
}

// deflateAt appends src, encoded at a level of the encoder, to dst.
func deflateAt(dst, src []byte, level int) ([]byte, error) {
	pool := &deflatePools[level-flate.HuffmanOnly]
	d, _ := pool.Get().(*deflater)
	if d == nil {
		w, err := flate.NewWriter(nil, level)
		if err != nil {
			return nil, err
		}
		d = &deflater{w: w}
	}
	d.out.b = dst
	d.w.Reset(&d.out)
	if _, err := d.w.Write(src); err != nil {
		return nil, err
	}
	if err := d.w.Close(); err != nil {
		return nil, err
	}
	dst, d.out.b = d.out.b, nil
	pool.Put(d)
	return dst, nil
}
