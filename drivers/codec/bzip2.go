package codec

import (
	"fmt"
	"sync"

	"github.com/dsnet/compress/bzip2"
)

// Bzip2 is the bzip2 format: streams one after the other. Level is the size of
// blocks in units of 100,000 bytes, 1 to 9; it matters to Encode alone.
type Bzip2 struct{ Level int }

var _ Codec = Bzip2{}

// bzip2Pools hold *bzip2Writer by level: each has megabytes of tables.
var bzip2Pools [10]sync.Pool

type bzip2Writer struct {
	w   *bzip2.Writer
	out appender
}

// Encode returns src as one stream. The only error is a Level outside 1..9.
func (b Bzip2) Encode(dst, src []byte) ([]byte, error) {
	if b.Level < 1 || b.Level > 9 {
		return nil, fmt.Errorf("bzip2: no level %d: must be 1 to 9", b.Level)
	}
	z, _ := bzip2Pools[b.Level].Get().(*bzip2Writer)
	if z == nil {
		z = new(bzip2Writer)
		w, err := bzip2.NewWriter(&z.out, &bzip2.WriterConfig{Level: b.Level})
		if err != nil {
			return nil, err
		}
		z.w = w
	}
	z.out.b = dst[:0]
	if err := z.w.Reset(&z.out); err != nil {
		return nil, err
	}
	if _, err := z.w.Write(src); err != nil {
		return nil, err
	}
	if err := z.w.Close(); err != nil {
		return nil, err
	}
	dst, z.out.b = z.out.b, nil
	bzip2Pools[b.Level].Put(z)
	return dst, nil
}

// Decode returns the data of all streams of src, of which there must be at
// least one and nothing after the last. A wrong checksum and more than max
// bytes in all are ErrCorrupt; so are randomised blocks, which no encoder has
// written since 1997.
func (Bzip2) Decode(dst, src []byte, max int) ([]byte, error) {
	d := bunzippers.Get().(*bunzipper)
	d.out, d.max = dst[:0:min(cap(dst), max)], max
	var err error
	for first := true; err == nil && (first || len(src) > 0); first = false {
		src, err = d.stream(src)
	}
	out := d.out
	d.in, d.out = nil, nil
	bunzippers.Put(d)
	if err != nil {
		return nil, err
	}
	return out, nil
}
