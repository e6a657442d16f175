package zarr3

import (
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// metadata is the document zarr.json of an array (core/index.rst, "Array
// metadata"), or the constraints on it in the member "metadata" of a spec, where
// any member may be absent.
type metadata struct {
	format, node bool    // zarr_format and node_type are given
	shape        []int64 // nil: absent
	dtype        *dataType
	chunk        []int64 // chunk_shape of the regular grid; nil: absent
	keys         *keyEncoding
	fill         *fillValue
	codecs       codecList      // nil: absent
	attributes   map[string]any // nil: absent
	units        []*drivers.Unit
	names        []string       // dimension_names, "" for null; nil: absent
	extra        map[string]any // members that need not be understood
}

// member is one member of the document: how it is read, and whether a stored
// document must have it.
type member struct {
	name     string
	required bool
	read     func(*metadata, strictjson.Value, bool) error
}

// documentMembers are in the order of reading: the rank and the fill value need
// what comes before.
func documentMembers() []member {
	return []member{
		{"zarr_format", true, (*metadata).readFormat},
		{"node_type", true, (*metadata).readNode},
		{"shape", true, (*metadata).readShape},
		{"data_type", true, (*metadata).readDType},
		{"chunk_grid", true, (*metadata).readGrid},
		{"chunk_key_encoding", true, (*metadata).readKeys},
		{"fill_value", true, (*metadata).readFill},
		{"codecs", true, (*metadata).readCodecs},
		{"attributes", false, (*metadata).readAttributes},
		{"dimension_names", false, (*metadata).readNames},
		{"storage_transformers", false, (*metadata).readTransformers},
	}
}

// readMetadata reads the members of a document; a stored one must have those
// that are required. Others must say that they need not be understood.
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
		if err := member.read(m, v, stored); err != nil {
			return nil, err
		}
	}
	return m, m.readExtra(o)
}

func (m *metadata) readExtra(o *strictjson.Object) error {
	for _, name := range o.Unused() {
		v, _ := o.Get(name)
		if !optional(v) {
			return v.Errorf(`unknown member that is not marked {"must_understand": false}`)
		}
		if m.extra == nil {
			m.extra = map[string]any{}
		}
		m.extra[name] = v.Any()
	}
	return nil
}

// optional reports whether an unknown member need not be understood. That
// zarr-python writes "consolidated_metadata": null is no fault either.
func optional(v strictjson.Value) bool {
	if v.IsNull() && v.Path() == consolidatedMember {
		return true
	}
	o, err := v.Object()
	if err != nil {
		return false
	}
	must, ok := o.Get("must_understand")
	b, err := must.Bool()
	return ok && err == nil && !b
}

func (m *metadata) readFormat(v strictjson.Value, _ bool) error {
	m.format = true
	n, err := v.Int(0, strictjson.MaxInt)
	if err == nil && n != 3 {
		err = v.Errorf("expected 3, got %d", n)
	}
	return err
}

func (m *metadata) readNode(v strictjson.Value, _ bool) error {
	m.node = true
	s, err := v.Str()
	if err == nil && s != "array" {
		err = v.Errorf("expected \"array\", got %q", s)
	}
	return err
}

// readShape reads "shape". An extent beyond the largest index would be unbounded.
func (m *metadata) readShape(v strictjson.Value, _ bool) (err error) {
	if m.shape, err = v.Ints(0, arrayview.Inf); err != nil {
		return err
	}
	return m.checkRank(v, len(m.shape))
}

// checkRank compares the length of a list with the rank, as far as it is known.
func (m *metadata) checkRank(v strictjson.Value, n int) error {
	if n > arrayview.MaxRank {
		return v.Errorf("%d dimensions are more than %d", n, arrayview.MaxRank)
	}
	if m.shape != nil && n != len(m.shape) {
		return v.Errorf("%d entries, but shape has %d", n, len(m.shape))
	}
	if m.shape == nil && m.chunk != nil && n != len(m.chunk) {
		return v.Errorf("%d entries, but chunk_shape has %d", n, len(m.chunk))
	}
	return nil
}

func (m *metadata) readDType(v strictjson.Value, _ bool) (err error) {
	m.dtype, err = parseDType(v)
	return err
}

// readGrid reads the regular grid (docs/v3/chunk-grids/regular-grid).
func (m *metadata) readGrid(v strictjson.Value, _ bool) error {
	name, conf, err := readNamed(v)
	if err != nil {
		return err
	}
	if name != "regular" {
		return v.Errorf("unknown chunk grid %q (known: regular)", name)
	}
	if conf == nil {
		return v.Errorf("the regular grid needs a configuration")
	}
	shape, err := conf.Need("chunk_shape")
	if err != nil {
		return err
	}
	chunk, err := shape.Ints(1, arrayview.Inf)
	if err != nil {
		return err
	}
	if err := m.checkRank(shape, len(chunk)); err != nil {
		return err
	}
	m.chunk = chunk
	return conf.Close()
}

func (m *metadata) readKeys(v strictjson.Value, _ bool) (err error) {
	m.keys, err = parseKeyEncoding(v)
	return err
}

func (m *metadata) readFill(v strictjson.Value, _ bool) (err error) {
	if m.dtype == nil {
		return v.Errorf("must be given together with data_type")
	}
	m.fill, err = parseFill(v, m.dtype)
	return err
}

func (m *metadata) readCodecs(v strictjson.Value, stored bool) (err error) {
	m.codecs, err = reader{stored: stored}.list(v)
	return err
}

// readTransformers accepts that there are none (the standard defines none).
func (m *metadata) readTransformers(v strictjson.Value, _ bool) error {
	list, err := v.Array()
	if err == nil && len(list) > 0 {
		err = v.Errorf("storage transformers are not supported")
	}
	return err
}

func (m *metadata) readNames(v strictjson.Value, _ bool) error {
	list, err := v.Array()
	if err != nil {
		return err
	}
	if err := m.checkRank(v, len(list)); err != nil {
		return err
	}
	m.names = make([]string, len(list))
	for i, e := range list {
		if e.IsNull() {
			continue
		}
		if m.names[i], err = e.Str(); err != nil {
			return err
		}
	}
	m.names = anyName(m.names)
	return nil
}

// anyName returns names, or nil when none is given: then they are not written.
func anyName(names []string) []string {
	if !slices.ContainsFunc(names, func(n string) bool { return n != "" }) {
		return nil
	}
	return names
}

// readAttributes reads the attributes, of which TensorStore understands
// dimension_units and writes them its own way.
func (m *metadata) readAttributes(v strictjson.Value, _ bool) error {
	o, err := v.Object()
	if err != nil {
		return err
	}
	m.attributes = map[string]any{}
	for _, name := range o.Names() {
		e, _ := o.Get(name)
		m.attributes[name] = e.Any()
	}
	units, ok := o.Get(unitsAttribute)
	if !ok {
		return nil
	}
	list, err := units.Array()
	if err != nil {
		return err
	}
	if err := m.checkRank(units, len(list)); err != nil {
		return err
	}
	for _, e := range list {
		if !e.IsNull() && !e.IsString() {
			return e.Errorf(`expected a unit such as "4 nm", or null, got %s`, e.Text())
		}
	}
	if m.units, err = drivers.ParseUnits(units); err != nil {
		return err
	}
	m.attributes[unitsAttribute] = unitTexts(m.units)
	return nil
}

// unitsAttribute is where TensorStore keeps the units of dimensions.
const unitsAttribute = "dimension_units"

// unitTexts returns units as TensorStore writes them.
func unitTexts(units []*drivers.Unit) []any {
	out := make([]any, len(units))
	for i, u := range units {
		if u != nil {
			out[i] = u.String()
		}
	}
	return out
}

// namesJSON returns dimension_names: null for unnamed.
func namesJSON(names []string) []any {
	out := make([]any, len(names))
	for i, n := range names {
		if n != "" {
			out[i] = n
		}
	}
	return out
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
	for name, v := range m.extra {
		out[name] = v
	}
	put("zarr_format", m.format, func() any { return 3 })
	put("node_type", m.node, func() any { return "array" })
	put("shape", m.shape != nil, func() any { return m.shape })
	put("data_type", m.dtype != nil, func() any { return m.dtype.json })
	put("chunk_grid", m.chunk != nil, func() any { return named("regular", map[string]any{"chunk_shape": m.chunk}) })
	put("chunk_key_encoding", m.keys != nil, func() any { return m.keys.json() })
	put("fill_value", m.fill != nil, func() any { return m.fill.json })
	put("codecs", m.codecs != nil, func() any { return m.codecs.json(false) })
	put("attributes", m.attributes != nil, func() any { return m.attributes })
	put("dimension_names", m.names != nil, func() any { return namesJSON(m.names) })
	return out
}

// check compares a stored document with the constraints m.
func (m *metadata) check(stored *metadata, fault document.Faults) error {
	have, want := stored.json(), m.json()
	for name, w := range want {
		switch name {
		case "codecs":
			if err := m.codecs.match(stored.codecs, true); err != "" {
				return fault.Contradiction("codecs", "%s", err)
			}
		case "attributes":
			for key, v := range m.attributes {
				if got, ok := stored.attributes[key]; !ok || !document.Equal(got, v) {
					return fault.Mismatch("attributes."+key, got, v)
				}
			}
		default:
			if !document.Equal(have[name], w) {
				return fault.Mismatch(name, have[name], w)
			}
		}
	}
	return nil
}
