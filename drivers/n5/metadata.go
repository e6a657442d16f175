package n5

import (
	"encoding/json"
	"maps"
	"math"
	"strconv"
	"strings"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// metadata is the document attributes.json of an array, or the constraints on
// it in the member "metadata" of a spec, where any member may be absent.
type metadata struct {
	dimensions  []int64 // nil: absent
	blockSize   []int64 // nil: absent
	dtype       arrayview.DType
	compression *compression
	axes        []string       // nil: absent; "" is no label
	units       []string       // nil: absent
	resolution  []float64      // nil: absent
	extra       map[string]any // all other members

	stored bool   // a document, not constraints: what TensorStore refuses may be taken
	rank   int    // -1: no member tells
	ranked string // the member that told
}

// dtypes are the element types that both N5 and TensorStore have.
var dtypes = []arrayview.DType{
	arrayview.Uint8, arrayview.Uint16, arrayview.Uint32, arrayview.Uint64,
	arrayview.Int8, arrayview.Int16, arrayview.Int32, arrayview.Int64,
	arrayview.Float32, arrayview.Float64,
}

// dtypeNames lists the element types for error texts.
func dtypeNames() string {
	names := make([]string, len(dtypes))
	for i, t := range dtypes {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

// member is one member of the document: how it is read, and whether a stored
// document must have it.
type member struct {
	name     string
	required bool
	read     func(*metadata, strictjson.Value) error
}

// documentMembers are in the order of reading, which is TensorStore's. The
// member compression is required too, unless compressionType stands for it.
func documentMembers() []member {
	return []member{
		{"dimensions", true, (*metadata).readDimensions},
		{"blockSize", true, (*metadata).readBlockSize},
		{"dataType", true, (*metadata).readDataType},
		{"compression", false, (*metadata).readCompression},
		{"axes", false, (*metadata).readAxes},
		{"units", false, (*metadata).readUnits},
		{"resolution", false, (*metadata).readResolution},
	}
}

// readMetadata reads the members of a stored document or of constraints.
func readMetadata(v strictjson.Value, stored bool) (*metadata, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	m := &metadata{rank: -1, stored: stored}
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
	if err := m.readLegacy(o); err != nil {
		return nil, err
	}
	m.extra = map[string]any{}
	for _, name := range o.Unused() {
		v, _ := o.Get(name)
		m.extra[name] = v.Any()
	}
	return m, nil
}

// readLegacy reads compressionType, which N5 before 2.0 wrote in place of
// compression, and demands of a stored document that there is either.
func (m *metadata) readLegacy(o *strictjson.Object) (err error) {
	if m.compression != nil {
		o.Get("compressionType")
		return nil
	}
	if v, ok := o.Get("compressionType"); ok {
		m.compression, err = parseCompressionType(v)
		return err
	}
	if !m.stored {
		return nil
	}
	if v, ok := o.Get("codecs"); ok {
		return v.Errorf("arrays described by lists of codecs are not supported")
	}
	v, _ := o.Get("compression")
	return v.Errorf("member is missing")
}

// claim notes that the member v has n entries, one per dimension.
func (m *metadata) claim(v strictjson.Value, n int) error {
	switch {
	case n > arrayview.MaxRank:
		return v.Errorf("%d dimensions are more than %d", n, arrayview.MaxRank)
	case m.rank < 0:
		m.rank, m.ranked = n, v.Path()
	case m.rank != n:
		return v.Errorf("%d entries, but %s has %d", n, m.ranked, m.rank)
	}
	return nil
}

// readDimensions reads the extents. One beyond the largest index would be
// unbounded.
func (m *metadata) readDimensions(v strictjson.Value) (err error) {
	if m.dimensions, err = v.Ints(0, arrayview.Inf); err != nil {
		return err
	}
	return m.claim(v, len(m.dimensions))
}

func (m *metadata) readBlockSize(v strictjson.Value) (err error) {
	if m.blockSize, err = v.Ints(1, arrayview.Inf); err != nil {
		return err
	}
	return m.claim(v, len(m.blockSize))
}

func (m *metadata) readDataType(v strictjson.Value) error {
	name, err := v.Str()
	if err != nil {
		return err
	}
	for _, t := range dtypes {
		if t.String() == name {
			m.dtype = t
			return nil
		}
	}
	return v.Errorf("%q is not one of %s", name, dtypeNames())
}

func (m *metadata) readCompression(v strictjson.Value) (err error) {
	if v.IsNull() && m.stored {
		return nil // as if absent: what n5 before 4.0 does
	}
	m.compression, err = parseCompression(v, m.stored)
	return err
}

// readAxes reads the labels of the dimensions.
func (m *metadata) readAxes(v strictjson.Value) (err error) {
	if m.axes, err = v.Strings(); err != nil {
		return err
	}
	seen := map[string]bool{"": false}
	for _, label := range m.axes {
		if seen[label] {
			return v.Errorf("label %q is not unique", label)
		}
		seen[label] = label != ""
	}
	return m.claim(v, len(m.axes))
}

func (m *metadata) readUnits(v strictjson.Value) (err error) {
	if m.units, err = v.Strings(); err != nil {
		return err
	}
	return m.claim(v, len(m.units))
}

func (m *metadata) readResolution(v strictjson.Value) error {
	entries, err := v.Array()
	if err != nil {
		return err
	}
	m.resolution = make([]float64, len(entries))
	for i, e := range entries {
		if m.resolution[i], err = e.Float(); err != nil {
			return err
		}
		if math.IsInf(m.resolution[i], 0) {
			return e.Errorf("expected a finite number, got %s", e.Text())
		}
	}
	return m.claim(v, len(entries))
}

// json returns the members that are given, in the form in which TensorStore
// writes them.
func (m *metadata) json() map[string]any {
	out := maps.Clone(m.extra)
	if out == nil {
		out = map[string]any{}
	}
	put := func(name string, given bool, v any) {
		if given {
			out[name] = v
		}
	}
	put("dimensions", m.dimensions != nil, m.dimensions)
	put("blockSize", m.blockSize != nil, m.blockSize)
	put("dataType", m.dtype != 0, m.dtype.String())
	put("axes", m.axes != nil, m.axes)
	put("units", m.units != nil, m.units)
	put("resolution", m.resolution != nil, doubles(m.resolution))
	if m.compression != nil {
		out["compression"] = m.compression.json
	}
	return out
}

// doubles renders numbers so that they show that they need not be whole.
func doubles(list []float64) []json.Number {
	out := make([]json.Number, len(list))
	for i, f := range list {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		if a := math.Abs(f); a >= 1e15 || a != 0 && a < 1e-4 {
			s = strconv.FormatFloat(f, 'e', -1, 64)
		} else if !strings.Contains(s, ".") {
			s += ".0"
		}
		out[i] = json.Number(s)
	}
	return out
}
