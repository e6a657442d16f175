package precomputed

import (
	"errors"
	"fmt"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/codec"
)

// form is one shape that stored chunks have: the full one, or one that is
// clipped at the end of the volume.
type form struct {
	whole bool
	codec codec.Codec // nil: raw
	bytes int64       // of the elements
	// place copies the elements of a clipped chunk into a decoded one, cut out
	// of one.
	place, cut arrayview.Copy
}

// errLossy is why jpeg is not written.
var errLossy = fmt.Errorf("jpeg is lossy: storing a chunk would change elements that nobody wrote: %w", errors.ErrUnsupported)

// setForms builds the forms of all chunks that there are.
func (d *dataset) setForms(s *scaleMembers) error {
	size, channels := d.schema.DType.Size(), d.schema.Chunk[3]
	for clipped := range d.forms {
		shape := [4]int64{d.chunk[0], d.chunk[1], d.chunk[2], channels}
		exists := true
		for dim := range d.size {
			rest := d.size[dim] % d.chunk[dim]
			if clipped>>dim&1 != 0 {
				shape[dim], exists = rest, exists && rest > 0
			} else {
				exists = exists && d.size[dim] >= d.chunk[dim]
			}
		}
		if !exists {
			continue
		}
		c, err := newCodec(s, shape, size)
		if err != nil {
			return err
		}
		d.forms[clipped] = newForm(shape, d.schema.Chunk, size, clipped == 0, c)
	}
	return nil
}

// newCodec returns the codec for stored chunks of the given shape.
func newCodec(s *scaleMembers, shape [4]int64, size int) (codec.Codec, error) {
	switch s.encoding {
	case encodingJPEG:
		return codec.NewJPEG(shape)
	case encodingPNG:
		level := -1
		if s.level != nil {
			level = int(*s.level)
		}
		return codec.NewPNG(shape, size, level)
	case encodingCSeg:
		return codec.NewCSeg(shape, [3]int64(s.block), size)
	}
	return nil, nil
}

func newForm(shape [4]int64, chunk []int64, size int, whole bool, c codec.Codec) form {
	f := form{whole: whole, codec: c, bytes: int64(size)}
	inner, outer := make([]int64, 4), make([]int64, 4)
	step := int64(size)
	for dim, n := range shape {
		inner[dim], outer[dim] = f.bytes, step
		f.bytes *= n
		step *= chunk[dim]
	}
	f.place = arrayview.Copy{Shape: shape[:], DstStrides: outer, SrcStrides: inner, ElemSize: size}
	f.cut = arrayview.Copy{Shape: shape[:], DstStrides: inner, SrcStrides: outer, ElemSize: size}
	return f
}

// maxEncoded returns how many bytes the encoded chunk may have: no encoding
// makes it more than twice as large, headers and tables aside.
func (f *form) maxEncoded() int64 {
	if f.codec == nil {
		return f.bytes
	}
	return 2*f.bytes + 1<<16
}

// decode fills dst, which has the form's bytes.
func (f *form) decode(dst, enc []byte) error {
	out := enc
	if f.codec != nil {
		var err error
		if out, err = f.codec.Decode(dst[:0:len(dst)], enc, len(dst)); err != nil {
			return err
		}
	}
	if len(out) != len(dst) {
		return drivers.Corruptf("%d bytes instead of %d", len(out), len(dst))
	}
	if &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}

func (f *form) encode(dst, chunk []byte) ([]byte, error) {
	if f.codec == nil {
		return append(dst[:0], chunk...), nil
	}
	return f.codec.Encode(dst, chunk)
}
