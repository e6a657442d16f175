package zarr3

import (
	"fmt"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// Create makes the document of a new array. What the spec leaves open is chosen
// as TensorStore does: no compression, little-endian, fill value 0, keys like
// c/0/0; shards when chunks to read and chunks to write differ; a transpose when
// the layout asks for another order than C.
func (f Format) Create(path string, have map[string][]byte, want drivers.Constraints) (map[string][]byte, drivers.Dataset, error) {
	key := path + nodeKey
	if _, ok := have[key]; ok {
		return nil, nil, fmt.Errorf("%s: %w", key, drivers.ErrExists)
	}
	m, err := newMetadata(optionsOf(want), want)
	if err != nil {
		return nil, nil, err
	}
	docs := map[string][]byte{key: document.Compact(m.json())}
	ds, err := f.Parse(path, docs, want)
	if err != nil {
		return nil, nil, err
	}
	return docs, ds, nil
}

// newMetadata completes the constraints of the spec to a document. Members that
// contradict each other are found by Parse, which compares the result with all.
func newMetadata(opt *options, want drivers.Constraints) (*metadata, error) {
	m := opt.metadata
	m.format, m.node = true, true
	if err := m.chooseDType(opt, want); err != nil {
		return nil, err
	}
	shown, err := selectField(m.dtype, opt, document.Faults{Prefix: "metadata."})
	if err != nil {
		return nil, err
	}
	if err := m.chooseShape(shown, want); err != nil {
		return nil, err
	}
	if err := m.chooseChunks(want); err != nil {
		return nil, err
	}
	if m.keys == nil {
		m.keys = &keyEncoding{separator: '/'}
	}
	if err := m.chooseUnits(want.Schema.DimensionUnits); err != nil {
		return nil, err
	}
	m.chooseNames(want.Schema.Domain)
	return &m, m.chooseFill(opt, shown, want.Schema.FillValue)
}

func (m *metadata) chooseDType(opt *options, want drivers.Constraints) error {
	switch {
	case m.dtype != nil:
		return nil
	case opt.Field != "" || opt.Void:
		return document.CreateErrorf("metadata.data_type", "must be given with field or open_as_void")
	case want.DType == 0:
		return document.CreateErrorf("dtype", "must be given")
	case want.DType == arrayview.Char || want.DType == arrayview.Byte:
		return document.CreateErrorf("metadata.data_type", "must be given for elements of type %v", want.DType)
	}
	t, err := parseDType(strictjson.Of(want.DType.String(), "", "metadata.data_type"))
	m.dtype = t
	return err
}

// chooseShape sets the shape to that of the domain without the dimensions inside
// an element.
func (m *metadata) chooseShape(shown field, want drivers.Constraints) error {
	domain := want.Schema.Domain
	if m.shape == nil {
		if domain == nil {
			return document.CreateErrorf("schema.domain", "or metadata.shape must be given")
		}
		outer := domain.Rank() - len(shown.inner)
		if outer < 0 || m.chunk != nil && outer != len(m.chunk) {
			return document.CreateErrorf("schema.domain", "%d dimensions do not suit metadata", domain.Rank())
		}
		m.shape = slices.Clone(domain.Max[:outer])
	}
	for i, n := range m.shape {
		if n < 0 || n > arrayview.Inf {
			return document.CreateErrorf("schema.domain", "dimension %d must have a finite upper bound of at least 0", i)
		}
	}
	return nil
}

// chooseNames sets dimension_names if any dimension has a label.
func (m *metadata) chooseNames(domain *arrayview.Domain) {
	if m.names == nil && domain != nil {
		m.names = anyName(slices.Clone(domain.Labels[:min(len(domain.Labels), len(m.shape))]))
	}
}

// chooseUnits sets attributes.dimension_units. Those of metadata stay.
func (m *metadata) chooseUnits(v *strictjson.Value) error {
	if v == nil || m.units != nil {
		return nil
	}
	units, err := drivers.ParseUnits(*v)
	if err != nil {
		return err
	}
	units = units[:min(len(units), len(m.shape))]
	if !slices.ContainsFunc(units, func(u *drivers.Unit) bool { return u != nil }) {
		return nil
	}
	all := map[string]any{}
	for name, a := range m.attributes {
		all[name] = a
	}
	all[unitsAttribute] = unitTexts(units)
	m.attributes, m.units = all, units
	return nil
}

// chooseFill sets the fill value. A struct with several fields cannot get one
// from the schema, which knows only one of them.
func (m *metadata) chooseFill(opt *options, shown field, v *strictjson.Value) error {
	if m.fill != nil {
		return nil
	}
	m.fill = zeroFill(m.dtype)
	if v == nil {
		return nil
	}
	if opt.Void || len(m.dtype.fields) > 1 {
		return v.Errorf("a struct gets its fill value from metadata.fill_value")
	}
	elements, err := scalar.Broadcast(*v, shown.inner, shown.dtype)
	if err != nil {
		return err
	}
	m.fill = newFill(elements, m.dtype)
	return nil
}
