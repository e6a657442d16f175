package zarr

import (
	"encoding/base64"
	"fmt"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// Create makes the document of a new array. What the spec leaves open is chosen
// as TensorStore does: blosc with lz4, order C unless the layout asks for F,
// fill value null, separator ".", little-endian. .zattrs is not written.
func (f Format) Create(path string, have map[string][]byte, want drivers.Constraints) (map[string][]byte, drivers.Dataset, error) {
	opt := optionsOf(want)
	key := path + opt.metadataKey()
	if _, ok := have[key]; ok {
		return nil, nil, fmt.Errorf("%s: %w", key, drivers.ErrExists)
	}
	m, err := newMetadata(opt, want)
	if err != nil {
		return nil, nil, err
	}
	doc := document.Compact(m.json())
	docs := map[string][]byte{key: doc}
	if attributes, ok := have[path+attributesKey]; ok {
		docs[path+attributesKey] = attributes
	}
	ds, err := f.Parse(path, docs, want)
	if err != nil {
		return nil, nil, err
	}
	return map[string][]byte{key: doc}, ds, nil
}

// newMetadata completes the constraints of the spec to a document. Members that
// contradict each other are found by Parse, which compares the result with all.
func newMetadata(opt *options, want drivers.Constraints) (*metadata, error) {
	m := opt.metadata
	m.format = true
	if err := m.chooseDType(opt, want); err != nil {
		return nil, err
	}
	shown, err := selectField(m.dtype, opt, document.Faults{Prefix: "metadata."})
	if err != nil {
		return nil, err
	}
	shape, err := m.chooseShape(shown, want)
	if err != nil {
		return nil, err
	}
	if err := m.chooseLayout(shape, shown, want.Schema.ChunkLayout); err != nil {
		return nil, err
	}
	if err := m.chooseCodec(want.Schema.Codec); err != nil {
		return nil, err
	}
	if m.separator == "" {
		m.separator = "."
	}
	return &m, m.chooseFill(opt, shown, want.Schema.FillValue)
}

func (m *metadata) chooseDType(opt *options, want drivers.Constraints) error {
	switch {
	case m.dtype != nil:
		return nil
	case opt.Field != "" || opt.Void:
		return document.CreateErrorf("metadata.dtype", "must be given with field or open_as_void")
	case want.DType == 0:
		return document.CreateErrorf("dtype", "must be given")
	}
	s := typestr(want.DType)
	if s == "" {
		return document.CreateErrorf("metadata.dtype", "must be given for elements of type %v", want.DType)
	}
	t, err := parseDType(strictjson.Of(s, "", "metadata.dtype"))
	m.dtype = t
	return err
}

// chooseShape sets the shape and returns that of the whole view, with the
// dimensions inside an element.
func (m *metadata) chooseShape(shown field, want drivers.Constraints) ([]int64, error) {
	domain := want.Schema.Domain
	if m.shape == nil {
		if domain == nil {
			return nil, document.CreateErrorf("schema.domain", "or metadata.shape must be given")
		}
		outer := domain.Rank() - len(shown.inner)
		if outer < 0 {
			return nil, document.CreateErrorf("schema.domain", "%d dimensions are too few for metadata.dtype", domain.Rank())
		}
		m.shape = slices.Clone(domain.Max[:outer])
	}
	for i, n := range m.shape {
		if n < 0 || n > arrayview.Inf {
			return nil, document.CreateErrorf("schema.domain", "dimension %d must have a finite upper bound of at least 0", i)
		}
	}
	return slices.Concat(m.shape, shown.inner), nil
}

// chooseLayout sets chunks and order.
func (m *metadata) chooseLayout(shape []int64, shown field, layout *drivers.ChunkLayout) error {
	outer := len(m.shape)
	whole, err := layout.Whole()
	if err != nil {
		return &strictjson.Error{Path: "schema.chunk_layout", Msg: err.Error()}
	}
	if m.chunks == nil {
		fixed := make([]int64, len(shape))
		copy(fixed, whole.Shape)
		copy(fixed[outer:], shown.inner)
		whole.Shape = fixed
		m.chunks = drivers.ChooseChunk(shape, whole)[:outer]
	}
	if m.order != "" {
		return nil
	}
	m.order = "C"
	if layout == nil || outer < 2 {
		return nil
	}
	fortran := innerOrder("F", outer, len(shape))
	switch order := layout.InnerOrder; {
	case slices.Equal(order, fortran), order == nil && slices.Equal(layout.InnerOrderSoft, fortran):
		m.order = "F"
	case order != nil && !slices.Equal(order, innerOrder("C", outer, len(shape))):
		return &strictjson.Error{Path: "schema.chunk_layout.inner_order", Msg: fmt.Sprintf(
			"%v is neither order C nor order F of the array's dimensions, the only ones in zarr", order)}
	}
	return nil
}

// chooseCodec sets compressor and filters.
func (m *metadata) chooseCodec(v *strictjson.Value) error {
	if v != nil {
		c, err := parseCodec(*v)
		if err != nil {
			return err
		}
		if m.compressor == nil {
			m.compressor = c.compressor
		}
		if m.filters == nil {
			m.filters = c.filters
		}
	}
	if m.compressor == nil {
		m.compressor = defaultCompressor()
	}
	if m.filters == nil {
		m.filters = &filterList{}
	}
	return nil
}

// chooseFill sets the fill value. A record with several fields cannot get one
// from the schema, which knows only one of them.
func (m *metadata) chooseFill(opt *options, shown field, v *strictjson.Value) error {
	if m.fill != nil {
		return nil
	}
	m.fill = &fillValue{}
	if v == nil {
		return nil
	}
	if opt.Void || len(m.dtype.fields) > 1 {
		return v.Errorf("a record gets its fill value from metadata.fill_value")
	}
	elements, err := scalar.Broadcast(*v, shown.inner, shown.dtype)
	if err != nil {
		return err
	}
	m.fill = &fillValue{record: elements}
	if m.dtype.structured || shown.inner != nil {
		shown.swap(elements)
		m.fill.json = base64.StdEncoding.EncodeToString(elements)
		return nil
	}
	m.fill.json = scalar.Format(elements, shown.dtype)
	shown.swap(elements)
	return nil
}
