package zarr

import (
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/scalar"
)

// newDataset builds the array that a complete document describes, of which opt
// selects a field.
func newDataset(m *metadata, opt *options, fault document.Faults) (*dataset, error) {
	shown, err := selectField(m.dtype, opt, fault)
	if err != nil {
		return nil, err
	}
	bytes, err := drivers.CheckChunk(m.chunks, m.dtype.size)
	if err != nil {
		return nil, fault.At("chunks", "%v", err)
	}
	d := &dataset{keyRank: len(m.shape), separator: m.separator[0]}
	d.schema, err = newSchema(m, shown, fault)
	if err != nil {
		return nil, err
	}
	d.filters = m.filters.filters
	if d.sizes, err = m.filters.sizes(bytes); err != nil {
		return nil, fault.At("filters", "%v", err)
	}
	elements := bytes / m.dtype.size
	if d.codec, err = m.compressor.codec(d.sizes[len(d.sizes)-1] / elements); err != nil {
		return nil, fault.At("compressor", "%v", err)
	}
	d.setParts(m, shown, elements, opt.Void)
	d.compat = compatKey(m, opt)
	return d, nil
}

// selectField returns the field to show: the named one, the only one, or with
// open_as_void the bytes of the whole element.
func selectField(t *dataType, opt *options, fault document.Faults) (field, error) {
	i, err := opt.Index(t.known(), fault)
	switch {
	case err != nil:
		return field{}, err
	case i < 0:
		return field{dtype: arrayview.Byte, inner: []int64{t.size}, size: t.size}, nil
	}
	return nonEmpty(t.fields[i], fault)
}

func nonEmpty(f field, fault document.Faults) (field, error) {
	if f.size == 0 {
		return f, fault.At("dtype", "elements of field %q have no bytes", f.name)
	}
	return f, nil
}

// newSchema describes the array with the elements of the field shown.
func newSchema(m *metadata, shown field, fault document.Faults) (drivers.Schema, error) {
	outer := len(m.shape)
	rank := outer + len(shown.inner)
	if rank > arrayview.MaxRank {
		return drivers.Schema{}, fault.At("dtype", "%d dimensions with those inside an element are more than %d", rank, arrayview.MaxRank)
	}
	box := arrayview.NewBox(rank)
	copy(box.Shape, m.shape)
	copy(box.Shape[outer:], shown.inner)
	s := drivers.Schema{
		DType: shown.dtype, Domain: arrayview.BoxDomain(box),
		GridOrigin:   make([]int64, rank),
		Chunk:        slices.Concat(m.chunks, shown.inner),
		InnerOrder:   innerOrder(m.order, outer, rank),
		Units:        make([]*drivers.Unit, rank),
		WriteRefusal: m.filters.refusal(),
	}
	s.WriteChunk = s.Chunk
	for i := range outer {
		s.Domain.ImplicitMax[i] = true
	}
	s.Fill, s.FillShape = m.fill.component(shown)
	s.FillJSON = m.fill.componentJSON(shown)
	s.KeepFill = m.fill.record == nil
	s.Codec = document.Compact(map[string]any{
		"driver": "zarr", "compressor": m.compressor.value(), "filters": m.filters.value(),
	})
	return s, nil
}

// innerOrder lists the dimensions of a chunk from slowest to fastest. Order F
// reverses the outer ones only: elements are C order inside.
func innerOrder(order string, outer, rank int) []int {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = i
	}
	if order == "F" {
		slices.Reverse(dims[:outer])
	}
	return dims
}

// setParts lays out the fields in decoded chunks of the given number of elements.
func (d *dataset) setParts(m *metadata, shown field, elements int64, void bool) {
	fields := m.dtype.fields
	if void || len(fields) == 1 {
		fields = []field{shown}
	}
	parts := make([]scalar.Field, len(fields))
	for i, f := range fields {
		parts[i] = scalar.Field{DType: f.dtype, Offset: f.offset, Size: f.size, Big: f.big, Shown: f.name == shown.name}
	}
	d.records.Lay(parts, m.dtype.size, elements)
	d.records.Describe(&d.schema, shown.name, func(i int) []byte {
		fill, _ := m.fill.component(fields[i])
		return fill
	})
	d.schema.Verbatim = d.codec == nil && len(d.filters) == 0 && d.records.Verbatim()
}

// compatKey covers all that decides what a decoded chunk holds, but not the
// shape. The field does not count: a chunk holds all fields.
func compatKey(m *metadata, opt *options) string {
	all := m.json()
	delete(all, "shape")
	all["open_as_void"] = opt.Void
	return string(document.Compact(all))
}
