package zarr

import (
	"tsmount/arrayview"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// metadata is the document .zarray, or the constraints on it in the member
// "metadata" of a spec, where any member may be absent.
type metadata struct {
	format     bool    // zarr_format is given; it is always 2
	shape      []int64 // nil: absent
	chunks     []int64 // nil: absent
	dtype      *dataType
	compressor *compressor
	fill       *fillValue
	order      string // "C", "F" or absent
	filters    *filterList
	separator  string // ".", "/" or absent
}

// member is one member of the document: how it is read, and whether a stored
// document must have it (formats: TensorStore and zarr-python 2 demand all but
// dimension_separator, which came later).
type member struct {
	name     string
	required bool
	read     func(*metadata, strictjson.Value) error
}

// documentMembers are in the order of reading: rank and fill value build on the others.
func documentMembers() []member {
	return []member{
		{"zarr_format", true, (*metadata).readFormat},
		{"shape", true, (*metadata).readShape},
		{"chunks", true, (*metadata).readChunks},
		{"dtype", true, (*metadata).readDType},
		{"compressor", true, (*metadata).readCompressor},
		{"filters", true, (*metadata).readFilters},
		{"order", true, (*metadata).readOrder},
		{"dimension_separator", false, (*metadata).readSeparator},
		{"fill_value", true, (*metadata).readFill},
	}
}

// parseDocument reads a stored .zarray. Members that zarr does not know are
// ignored (v2.0.rst: "Other keys ... should be ignored").
func parseDocument(data []byte, key string) (*metadata, error) {
	v, err := document.Parse(data, key)
	if err != nil {
		return nil, err
	}
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	return readMetadata(o, true)
}

// readMetadata reads the members of a document; a stored one must have those
// that are required.
func readMetadata(o *strictjson.Object, stored bool) (*metadata, error) {
	m := &metadata{}
	for _, member := range documentMembers() {
		v, ok := o.Get(member.name)
		if !ok && stored && member.required {
			return nil, v.Errorf("member is missing")
		}
		if !ok {
			continue
		}
		if err := member.read(m, v); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metadata) readFormat(v strictjson.Value) error {
	m.format = true
	n, err := v.Int(0, strictjson.MaxInt)
	if err == nil && n != 2 {
		err = v.Errorf("expected 2, got %d", n)
	}
	return err
}

// readShape reads "shape". An extent beyond the largest index would be unbounded.
func (m *metadata) readShape(v strictjson.Value) (err error) {
	m.shape, err = readExtents(v, 0)
	return err
}

func (m *metadata) readChunks(v strictjson.Value) (err error) {
	m.chunks, err = readExtents(v, 1)
	if err == nil && m.shape != nil && len(m.shape) != len(m.chunks) {
		err = v.Errorf("%d entries, but shape has %d", len(m.chunks), len(m.shape))
	}
	return err
}

// readExtents reads one number, at least lo, for each dimension.
func readExtents(v strictjson.Value, lo int64) ([]int64, error) {
	extents, err := v.Ints(lo, arrayview.Inf)
	if err == nil && len(extents) > arrayview.MaxRank {
		err = v.Errorf("%d dimensions are more than %d", len(extents), arrayview.MaxRank)
	}
	return extents, err
}

func (m *metadata) readDType(v strictjson.Value) (err error) {
	m.dtype, err = parseDType(v)
	return err
}

func (m *metadata) readCompressor(v strictjson.Value) (err error) {
	m.compressor, err = parseCompressor(v)
	return err
}

func (m *metadata) readFilters(v strictjson.Value) (err error) {
	m.filters, err = parseFilters(v)
	return err
}

func (m *metadata) readOrder(v strictjson.Value) (err error) {
	m.order, err = document.OneOf(v, "C", "F")
	return err
}

func (m *metadata) readSeparator(v strictjson.Value) (err error) {
	m.separator, err = document.OneOf(v, ".", "/")
	return err
}

func (m *metadata) readFill(v strictjson.Value) (err error) {
	if m.dtype == nil {
		return v.Errorf("must be given together with dtype")
	}
	m.fill, err = parseFill(v, m.dtype)
	return err
}

// json returns the members that are given, in the form in which TensorStore
// writes them.
func (m *metadata) json() map[string]any {
	out := map[string]any{}
	put := func(name string, given bool, v func() any) {
		if given {
			out[name] = v()
		}
	}
	put("zarr_format", m.format, func() any { return 2 })
	put("shape", m.shape != nil, func() any { return m.shape })
	put("chunks", m.chunks != nil, func() any { return m.chunks })
	put("dtype", m.dtype != nil, func() any { return m.dtype.json })
	put("compressor", m.compressor != nil, func() any { return m.compressor.value() })
	put("fill_value", m.fill != nil, func() any { return m.fill.json })
	put("order", m.order != "", func() any { return m.order })
	put("filters", m.filters != nil, func() any { return m.filters.value() })
	put("dimension_separator", m.separator != "", func() any { return m.separator })
	return out
}
