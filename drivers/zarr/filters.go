package zarr

import (
	"errors"
	"fmt"
	"math"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// filterList is the member "filters": array codecs of numcodecs, applied in
// order before the compressor. TensorStore has none of them.
type filterList struct {
	json    []any // nil: null, which is also what [] becomes
	filters []filter
}

// filter is one array codec. Implementations are immutable.
type filter interface {
	// encodedSize returns the bytes that n bytes of elements become, or an
	// error if they are no whole number of elements.
	encodedSize(n int64) (int64, error)
	// decode writes the elements that enc stands for to dst, which has exactly
	// their size.
	decode(dst, enc []byte) error
	// encode is the inverse of decode.
	encode(enc, src []byte)
	// lossy reports whether encode loses anything.
	lossy() bool
}

// filterReaders are the known filters by their ids.
var filterReaders = map[string]func(*params) filter{
	"delta":            readDelta,
	"shuffle":          readShuffle,
	"fixedscaleoffset": readScaleOffset,
}

// value returns what stands in the document.
func (l *filterList) value() any {
	if l.json == nil {
		return nil
	}
	return l.json
}

// parseFilters reads the member "filters".
func parseFilters(v strictjson.Value) (*filterList, error) {
	l := &filterList{}
	if v.IsNull() {
		return l, nil
	}
	entries, err := v.Array()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		p, id, err := newParams(e)
		if err != nil {
			return nil, err
		}
		read := filterReaders[id]
		if read == nil {
			return nil, p.id.Errorf("unknown filter %q", id)
		}
		f := read(p)
		if err := p.close(); err != nil {
			return nil, err
		}
		l.json, l.filters = append(l.json, p.json), append(l.filters, f)
	}
	return l, nil
}

// sizes returns the bytes before each filter and after the last one.
func (l *filterList) sizes(n int64) ([]int64, error) {
	out := []int64{n}
	for _, f := range l.filters {
		var err error
		if n, err = f.encodedSize(n); err != nil {
			return nil, err
		}
		if n > drivers.MaxChunkBytes {
			return nil, errors.New("filtered chunks are too large")
		}
		out = append(out, n)
	}
	return out, nil
}

// refusal returns why arrays with these filters cannot be written, or nil.
func (l *filterList) refusal() error {
	for i, f := range l.filters {
		if f.lossy() {
			id := l.json[i].(map[string]any)["id"]
			return fmt.Errorf("%w: filter %q does not keep elements exactly", errors.ErrUnsupported, id)
		}
	}
	return nil
}

// scalarType reads a member that is a type string; absent means otherwise.
func (p *params) scalarType(name string, otherwise *field) field {
	v, ok := p.o.Get(name)
	if !ok && otherwise != nil {
		p.json[name] = p.json["dtype"]
		return *otherwise
	}
	f, err := parseTypestr(v)
	if err == nil && scalar.IntBits(f.dtype) == 0 && !scalar.IsFloat(f.dtype) {
		err = v.Errorf("filters of %s are not supported", v.Text())
	}
	if err != nil {
		p.fail(err)
		f = field{dtype: arrayview.Uint8, size: 1}
	}
	p.json[name] = v.Any()
	return f
}

// delta stores the first element and then differences, which wrap around
// (numcodecs/delta.py). Only integers are exact.
type delta struct{ dtype, astype field }

func readDelta(p *params) filter {
	d := delta{dtype: p.scalarType("dtype", nil)}
	d.astype = p.scalarType("astype", &d.dtype)
	if scalar.IntBits(d.dtype.dtype) == 0 || scalar.IntBits(d.astype.dtype) == 0 {
		p.failf("dtype", "delta is only supported for integers")
	}
	return d
}

func (d delta) encodedSize(n int64) (int64, error) { return resize(n, d.dtype.size, d.astype.size) }
func (d delta) lossy() bool                        { return d.astype.size < d.dtype.size }

func (d delta) decode(dst, enc []byte) error {
	in, out := int(d.astype.size), int(d.dtype.size)
	sum := uint64(0)
	for i, o := 0, 0; o < len(dst); i, o = i+in, o+out {
		sum += d.astype.loadInt(enc[i : i+in])
		d.dtype.storeInt(dst[o:o+out], sum)
	}
	return nil
}

func (d delta) encode(enc, src []byte) {
	in, out := int(d.dtype.size), int(d.astype.size)
	last := uint64(0)
	for i, o := 0, 0; i < len(src); i, o = i+in, o+out {
		x := d.dtype.loadInt(src[i : i+in])
		d.astype.storeInt(enc[o:o+out], x-last)
		last = x
	}
}

// shuffle puts first all first bytes of the elements, then all second ones and
// so on (numcodecs/shuffle.py).
type shuffle struct{ size int64 }

func readShuffle(p *params) filter { return shuffle{int64(p.int("elementsize", 1, 1<<31-1, 4))} }

func (s shuffle) encodedSize(n int64) (int64, error) { return resize(n, s.size, s.size) }
func (s shuffle) lossy() bool                        { return false }

func (s shuffle) decode(dst, enc []byte) error {
	n := int64(len(enc)) / s.size
	for j := range s.size {
		scalar.Scatter(dst[j:], enc[j*n:(j+1)*n], 1, s.size)
	}
	return nil
}

func (s shuffle) encode(enc, src []byte) {
	n := int64(len(src)) / s.size
	for j := range s.size {
		scalar.Gather(enc[j*n:(j+1)*n], src[j:], 1, s.size)
	}
}

// scaleOffset stores round((x-offset)*scale) as astype (numcodecs/
// fixedscaleoffset.py): such arrays are read, not written.
type scaleOffset struct {
	offset, scale float64
	dtype, astype field
}

func readScaleOffset(p *params) filter {
	s := scaleOffset{offset: p.float("offset"), scale: p.float("scale")}
	s.dtype = p.scalarType("dtype", nil)
	s.astype = p.scalarType("astype", &s.dtype)
	if s.scale == 0 {
		p.failf("scale", "must not be 0")
	}
	return s
}

func (s scaleOffset) encodedSize(n int64) (int64, error) {
	return resize(n, s.dtype.size, s.astype.size)
}
func (s scaleOffset) lossy() bool { return true }

// decode computes in double precision: NumPy promotes stored integers to it.
// Narrower stored floats are computed in their own precision.
func (s scaleOffset) decode(dst, enc []byte) error {
	in, out := int(s.astype.size), int(s.dtype.size)
	for i, o := 0, 0; o < len(dst); i, o = i+in, o+out {
		f := s.astype.load(enc[i : i+in])
		if s.astype.dtype == arrayview.Float32 {
			f = float64(float32(float32(f)/float32(s.scale)) + float32(s.offset))
		} else {
			f = f/s.scale + s.offset
		}
		s.dtype.store(dst[o:o+out], f)
	}
	return nil
}

func (s scaleOffset) encode(enc, src []byte) {
	in, out := int(s.dtype.size), int(s.astype.size)
	for i, o := 0, 0; i < len(src); i, o = i+in, o+out {
		s.astype.store(enc[o:o+out], math.RoundToEven((s.dtype.load(src[i:i+in])-s.offset)*s.scale))
	}
}

func (p *params) float(name string) float64 {
	v, err := p.o.Need(name)
	f := 1.0
	if err == nil {
		f, err = v.Float()
	}
	if err != nil {
		p.fail(err)
	}
	p.json[name] = v.Any()
	return f
}

// resize returns the bytes of as many elements of size out as n bytes hold of
// size in.
func resize(n, in, out int64) (int64, error) {
	if n%in != 0 {
		return 0, fmt.Errorf("chunks of %d bytes are no whole number of %d-byte elements", n, in)
	}
	return n / in * out, nil
}
