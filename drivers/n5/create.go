package n5

import (
	"fmt"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// Create makes the document of a new array. What the spec leaves open is chosen
// as TensorStore does: blosc with lz4, labels and units only if any is given.
// Any document in its place, that of a group included, is ErrExists.
func (f Format) Create(path string, have map[string][]byte, want drivers.Constraints) (map[string][]byte, drivers.Dataset, error) {
	key := path + attributesKey
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
	if err := ds.Schema().WriteRefusal; err != nil {
		return nil, nil, err
	}
	return docs, ds, nil
}

// newMetadata completes the constraints of the spec to a document. Members that
// contradict each other are found by Parse, which compares the result with all.
func newMetadata(opt *options, want drivers.Constraints) (*metadata, error) {
	m := opt.metadata
	for _, choose := range []func(*metadata, drivers.Constraints) error{
		(*metadata).chooseDType, (*metadata).chooseDimensions, (*metadata).chooseBlockSize,
		(*metadata).chooseCompression, (*metadata).chooseAxes, (*metadata).chooseUnits,
	} {
		if err := choose(&m, want); err != nil {
			return nil, err
		}
	}
	return &m, nil
}

func (m *metadata) chooseDType(want drivers.Constraints) error {
	switch {
	case m.dtype != 0:
		return nil
	case want.DType == 0:
		return document.CreateErrorf("dtype", "must be given")
	case !slices.Contains(dtypes, want.DType):
		return document.CreateErrorf("dtype", "must be one of %s, not %v", dtypeNames(), want.DType)
	}
	m.dtype = want.DType
	return nil
}

func (m *metadata) chooseDimensions(want drivers.Constraints) error {
	domain := want.Schema.Domain
	switch {
	case m.dimensions != nil:
		return nil
	case domain == nil:
		return document.CreateErrorf("schema.domain", "or metadata.dimensions must be given")
	case m.rank >= 0 && m.rank != domain.Rank():
		return document.CreateErrorf("schema.domain", "must have the %d dimensions of %s", m.rank, m.ranked)
	}
	for i, n := range domain.Max {
		if n < 0 || n > arrayview.Inf {
			return document.CreateErrorf("schema.domain", "dimension %d must have a finite upper bound of at least 0", i)
		}
	}
	m.dimensions = append([]int64{}, domain.Max...)
	return nil
}

func (m *metadata) chooseBlockSize(want drivers.Constraints) error {
	whole, err := want.Schema.ChunkLayout.Whole()
	if err != nil {
		return &strictjson.Error{Path: "schema.chunk_layout", Msg: err.Error()}
	}
	if m.blockSize == nil {
		m.blockSize = append([]int64{}, drivers.ChooseChunk(m.dimensions, whole)...)
	}
	return nil
}

func (m *metadata) chooseCompression(want drivers.Constraints) error {
	if m.compression != nil {
		return nil
	}
	if want.Schema.Codec != nil {
		c, err := parseCodec(*want.Schema.Codec)
		if err != nil {
			return err
		}
		m.compression = c
	}
	if m.compression == nil {
		m.compression = defaultCompression(m.dtype.Size())
	}
	return nil
}

// chooseAxes sets the labels; if there are none, they are not written.
func (m *metadata) chooseAxes(want drivers.Constraints) error {
	axes := slices.Clone(m.axes)
	if domain := want.Schema.Domain; domain != nil {
		axes = append(axes, domain.Labels[min(len(axes), domain.Rank()):]...)
		for i, label := range domain.Labels {
			if axes[i] == "" {
				axes[i] = label
			}
		}
	}
	m.axes = axes
	if !slices.ContainsFunc(m.axes, func(label string) bool { return label != "" }) {
		m.axes = nil
	}
	return nil
}

// chooseUnits sets units and resolution, which TensorStore writes both if any
// unit is known.
func (m *metadata) chooseUnits(want drivers.Constraints) error {
	rank := len(m.dimensions)
	switch v := want.Schema.DimensionUnits; {
	case m.units != nil && m.resolution == nil:
		m.resolution = slices.Repeat([]float64{1}, rank)
	case m.units == nil && v != nil:
		return m.setUnits(*v)
	}
	return nil
}

// setUnits sets what the member dimension_units of a schema says. An unknown
// unit becomes 1.
func (m *metadata) setUnits(v strictjson.Value) error {
	given, err := drivers.ParseUnits(v)
	if err != nil {
		return err
	}
	known := func(u *drivers.Unit) bool { return u != nil }
	if !slices.ContainsFunc(given, known) {
		return nil
	}
	resolution := m.resolution
	m.units = make([]string, len(given))
	m.resolution = slices.Repeat([]float64{1}, len(given))
	for i, u := range given {
		if u != nil {
			m.units[i], m.resolution[i] = u.Base, u.Multiplier
		}
	}
	if resolution != nil && !slices.Equal(resolution, m.resolution) {
		return v.Errorf("does not agree with metadata.resolution, %v", resolution)
	}
	return nil
}
