package codec

import (
	stdflate "compress/flate"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// noisyRatio is the part of its size that noise keeps.
	noisyRatio = 0.85
	// plainRatio is what samples keep at least, and noisyRatio at most, of data in
	// which fastMatches finds nearly all that zlib's 4 to 6 find, in three quarters
	// of the time that betterMatches takes. Of what keeps less, such as labels,
	// only zlib's own search finds as much as zlib.
	plainRatio  = 0.45
	sampleBytes = 16 << 10
)

// effort is a way to encode: a level of one of the two encoders.
type effort int

const (
	huffmanOnly   effort = flate.HuffmanOnly
	stored        effort = flate.NoCompression
	quickMatches  effort = 3 // in less time than zlib's 1, and as good as its 3
	fastMatches   effort = 6
	betterMatches effort = 8
	bestMatches   effort = flate.BestCompression
	// zlibSearch plus a level from 4 on is the search of zlib at that level, as the
	// standard library has it.
	zlibSearch effort = 16
)

// deflatePools hold *deflater by effort, from huffmanOnly on.
var deflatePools [zlibSearch + flate.BestCompression - huffmanOnly + 1]sync.Pool

// deflater is an encoder and the buffer that it appends to.
type deflater struct {
	w interface {
		io.WriteCloser
		Flush() error
		Reset(io.Writer)
	}
	effort effort
	out    appender
}

func newDeflater(e effort) (d *deflater, err error) {
	d = &deflater{effort: e}
	if e > zlibSearch {
		d.w, err = stdflate.NewWriter(nil, int(e-zlibSearch))
	} else {
		d.w, err = flate.NewWriter(nil, int(e))
	}
	return d, err
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
	if level >= 1 && level <= 3 {
		return deflateQuickly(dst, src)
	}
	return deflateAt(dst, src, effortFor(level, src, dst[len(dst):]))
}

// effortFor returns the effort that reaches the ratios of a level of zlib other
// than 1 to 3. room is for a sample.
func effortFor(level int, src, room []byte) effort {
	switch {
	case level == 0:
		return stored
	case level == -1:
		level = 6
	case level >= 8:
		return bestMatches
	}
	zlib := zlibSearch + effort(level)
	if len(src) < 8*sampleBytes {
		return zlib
	}
	least, most := 1.0, 0.0
	for i := 1; i < 4; i += 2 { // where the second and the last quarter begin
		at := len(src) / 4 * i
		sample, err := deflateAt(room, src[at:at+sampleBytes], fastMatches)
		if err != nil {
			return zlib
		}
		kept := float64(len(sample)) / sampleBytes
		least, most = min(least, kept), max(most, kept)
	}
	switch {
	case least < plainRatio:
		return zlib
	case most > noisyRatio || level == 7:
		return betterMatches
	}
	return fastMatches
}

// deflateAt appends src, encoded with effort e, to dst.
func deflateAt(dst, src []byte, e effort) ([]byte, error) {
	d, err := takeDeflater(e, dst)
	if err != nil {
		return nil, err
	}
	if err := d.encode(src, true); err != nil {
		return nil, err
	}
	return d.release(), nil
}

// takeDeflater returns a deflater that begins a stream behind dst.
func takeDeflater(e effort, dst []byte) (*deflater, error) {
	d, _ := deflatePools[e-huffmanOnly].Get().(*deflater)
	if d == nil {
		var err error
		if d, err = newDeflater(e); err != nil {
			return nil, err
		}
	}
	d.out.b = dst
	d.w.Reset(&d.out)
	return d, nil
}

// encode appends src; the stream ends with it if it is the last.
func (d *deflater) encode(src []byte, last bool) error {
	if _, err := d.w.Write(src); err != nil {
		return err
	}
	if last {
		return d.w.Close()
	}
	return d.w.Flush()
}

// release gives the deflater back and returns what it has appended to.
func (d *deflater) release() []byte {
	out := d.out.b
	d.out.b = nil
	deflatePools[d.effort-huffmanOnly].Put(d)
	return out
}
