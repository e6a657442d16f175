package zarr3

import (
	"fmt"
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
	dims := make([]int, len(m.shape))
	for i := range dims {
		dims[i] = i
	}
	top, err := m.codecs.build(dims, m.chunk, m.dtype)
	if err != nil {
		return nil, err
	}
	d := &dataset{outer: len(m.shape), keys: *m.keys}
	leaf := top.leaf()
	d.codecs, d.big = leaf.codecs, leaf.big
	chunk := d.setLevels(top)
	if d.bytes, err = drivers.CheckChunk(chunk, m.dtype.size); err != nil {
		return nil, fault.At("chunk_grid", "%v", err)
	}
	if _, err := arrayview.Product(m.chunk); err != nil {
		return nil, fault.At("chunk_grid", "%v", err)
	}
	if err := d.setSchema(m, shown, chunk, leaf.dims, fault); err != nil {
		return nil, err
	}
	d.setParts(m, shown, opt.Void)
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
		return rawField(t.size, nil), nil
	}
	return t.fields[i], nil
}

// setLevels lays out the shards and returns the shape of the innermost chunk in
// the array's dimensions.
func (d *dataset) setLevels(top *chain) []int64 {
	leaf := top.leaf()
	chunk := make([]int64, d.outer)
	for place, dim := range leaf.dims {
		chunk[dim] = leaf.shape[place]
	}
	d.perKey = slices.Repeat([]int64{1}, d.outer)
	for c := top; c.shard != nil; c = c.shard.inner {
		l := level{layout: c.shard.layout, codecs: c.codecs, max: c.shard.max}
		l.div, l.n, l.step = make([]int64, d.outer), make([]int64, d.outer), make([]int64, d.outer)
		step := int64(1)
		for place := d.outer - 1; place >= 0; place-- {
			dim := c.dims[place]
			l.n[dim], l.step[dim] = c.shard.grid[place], step
			step *= c.shard.grid[place]
			d.perKey[dim] *= c.shard.grid[place]
		}
		d.levels = append(d.levels, l)
	}
	div := slices.Repeat([]int64{1}, d.outer)
	for _, l := range slices.Backward(d.levels) {
		copy(l.div, div)
		for dim, n := range l.n {
			div[dim] *= n
		}
	}
	return chunk
}

// setSchema describes the array with the elements of the field shown.
func (d *dataset) setSchema(m *metadata, shown field, chunk []int64, order []int, fault document.Faults) error {
	rank := d.outer + len(shown.inner)
	if rank > arrayview.MaxRank {
		return fault.At("data_type", "%d dimensions with those inside an element are more than %d", rank, arrayview.MaxRank)
	}
	box := arrayview.NewBox(rank)
	copy(box.Shape, m.shape)
	copy(box.Shape[d.outer:], shown.inner)
	d.schema = drivers.Schema{
		DType: shown.dtype, Domain: arrayview.BoxDomain(box),
		GridOrigin: make([]int64, rank),
		Chunk:      slices.Concat(chunk, shown.inner),
		WriteChunk: slices.Concat(m.chunk, shown.inner),
		InnerOrder: slices.Clone(order),
		Units:      make([]*drivers.Unit, rank),
		Codec:      document.Compact(map[string]any{"driver": "zarr3", "codecs": m.codecs.json(true)}),
		Attributes: document.Compact(m.attributesOrEmpty()),
	}
	s := &d.schema
	for i := range rank {
		if s.Domain.ImplicitMax[i] = i < d.outer; i >= d.outer {
			s.InnerOrder = append(s.InnerOrder, i)
		}
	}
	copy(s.Units, m.units)
	setLabels(s.Domain.Labels, m.names)
	record := m.fill.resolve(m.dtype, d.big)
	s.FillJSON = schemaFill(record, shown)
	s.Fill, s.FillShape = component(record, shown)
	return nil
}

func (m *metadata) attributesOrEmpty() map[string]any {
	if m.attributes == nil {
		return map[string]any{}
	}
	return m.attributes
}

// setLabels sets the names of the dimensions, unless one occurs twice: then none
// has a label.
func setLabels(labels, names []string) {
	for i, n := range names {
		if n != "" && slices.Contains(names[:i], n) {
			return
		}
	}
	copy(labels, names)
}

// setParts lays out the fields in decoded chunks.
func (d *dataset) setParts(m *metadata, shown field, void bool) {
	fields := m.dtype.fields
	if void || len(fields) == 1 {
		fields = []field{shown}
	}
	parts := make([]scalar.Field, len(fields))
	for i, f := range fields {
		parts[i] = scalar.Field{DType: f.dtype, Offset: f.offset, Size: f.size, Big: d.big, Shown: f.name == shown.name}
	}
	d.records.Lay(parts, m.dtype.size, d.bytes/m.dtype.size)
	record := m.fill.resolve(m.dtype, d.big)
	d.records.Describe(&d.schema, shown.name, func(i int) []byte {
		fill, _ := component(record, fields[i])
		return fill
	})
	d.schema.Verbatim = len(d.codecs) == 0 && d.records.Verbatim()
}

// compatKey covers all that decides what chunks mean, but not the shape, the
// attributes and what need not be understood.
func compatKey(m *metadata, opt *options) string {
	all := m.json()
	for _, name := range []string{"shape", "attributes"} {
		delete(all, name)
	}
	for name := range m.extra {
		delete(all, name)
	}
	return string(document.Compact([]any{all, opt.Field, opt.Void, fmt.Sprint(m.dtype.legacy)}))
}
