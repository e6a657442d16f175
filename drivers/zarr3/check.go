package zarr3

import (
	"bytes"
	"slices"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// checkSchema compares the array with what the spec demands beside metadata.
// A label that it gives for a dimension without a name becomes its label.
func checkSchema(d *dataset, m *metadata, want drivers.Constraints, fault document.Faults) error {
	s, w := &d.schema, want.Schema
	if err := document.CheckType(s, want, fault); err != nil {
		return err
	}
	if w.Domain != nil {
		if err := document.CheckDomain(s.Domain, *w.Domain, fault); err != nil {
			return err
		}
		for i, label := range w.Domain.Labels {
			if label != "" {
				s.Domain.Labels[i] = label
			}
		}
	}
	if w.ChunkLayout != nil {
		if err := checkLayout(s, w.ChunkLayout, fault); err != nil {
			return err
		}
	}
	if w.Codec != nil {
		list, err := parseCodec(*w.Codec)
		if err != nil {
			return err
		}
		if why := list.matchGiven(m.codecs, false); why != "" {
			return fault.Contradiction("codecs", "%s", why)
		}
	}
	if w.FillValue != nil {
		if err := checkFill(d, *w.FillValue, fault); err != nil {
			return err
		}
	}
	if w.DimensionUnits != nil {
		return checkUnits(s, *w.DimensionUnits, fault)
	}
	return nil
}

// checkLayout compares what the spec demands of the chunks. Preferences, aspect
// ratios and numbers of elements only guide the creation of arrays.
func checkLayout(s *drivers.Schema, want *drivers.ChunkLayout, fault document.Faults) error {
	for d, o := range want.GridOrigin {
		if o != drivers.FreeOrigin && (d >= s.Rank() || o != s.GridOrigin[d]) {
			return fault.Mismatch("chunk_layout.grid_origin", s.GridOrigin, want.GridOrigin)
		}
	}
	if want.InnerOrder != nil && !slices.Equal(want.InnerOrder, s.InnerOrder) {
		return fault.Mismatch("chunk_layout.inner_order", s.InnerOrder, want.InnerOrder)
	}
	for _, c := range []struct {
		name       string
		have, want []int64
	}{
		{"read_chunk", s.Chunk, want.Read.Shape}, {"write_chunk", s.WriteChunk, want.Write.Shape},
	} {
		for d, n := range c.want {
			if n > 0 && (d >= s.Rank() || n != c.have[d]) {
				return fault.Mismatch("chunk_layout."+c.name+".shape", c.have, c.want)
			}
		}
	}
	for _, n := range want.Codec.Shape {
		if n > 0 {
			return fault.Mismatch("chunk_layout.codec_chunk.shape", "not supported by zarr3", want.Codec.Shape)
		}
	}
	return nil
}

// parseCodec reads the member "codec" of a schema; nil: it says nothing.
func parseCodec(v strictjson.Value) (codecList, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	driver, err := o.Need("driver")
	if err != nil {
		return nil, err
	}
	if name, err := driver.Str(); err != nil || name != "zarr3" {
		return nil, driver.Errorf("expected \"zarr3\", got %s", driver.Text())
	}
	var list codecList
	err = o.Optional("codecs", func(v strictjson.Value) error {
		list, err = reader{}.list(v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, o.Close()
}

// checkFill compares the fill value bit by bit.
func checkFill(d *dataset, v strictjson.Value, fault document.Faults) error {
	s := &d.schema
	want, err := scalar.Broadcast(v, s.Chunk[d.outer:], s.DType)
	if err != nil {
		return err
	}
	have := s.Fill
	if s.FillShape == nil {
		have = bytes.Repeat(have, len(want)/len(have))
	}
	if !bytes.Equal(want, have) {
		return fault.Mismatch("fill_value", s.FillJSON, v.Any())
	}
	return nil
}

// checkUnits compares units. One that the spec gives for a dimension whose unit
// is unknown becomes its unit.
func checkUnits(s *drivers.Schema, v strictjson.Value, fault document.Faults) error {
	units, err := drivers.ParseUnits(v)
	if err != nil {
		return err
	}
	if len(units) != s.Rank() {
		return v.Errorf("%d entries for %d dimensions", len(units), s.Rank())
	}
	for i, u := range units {
		if u != nil && s.Units[i] != nil && *s.Units[i] != *u {
			return fault.Mismatch("attributes.dimension_units", unitTexts(s.Units), unitTexts(units))
		}
		if u != nil {
			s.Units[i] = u
		}
	}
	return nil
}
