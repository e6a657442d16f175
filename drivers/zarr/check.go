package zarr

import (
	"bytes"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// check compares a stored document with the constraints m. A document without
// dimension_separator takes the one of the constraints: before zarr-python 2.8
// the member was missing although "/" was used.
func (m *metadata) check(stored *metadata, fault document.Faults) error {
	if stored.separator == "" {
		stored.separator = m.separator
	}
	have := stored.json()
	want := m.json()
	for _, member := range documentMembers() {
		w, given := want[member.name]
		if !given || document.Equal(w, have[member.name]) {
			continue
		}
		return fault.Mismatch(member.name, have[member.name], w)
	}
	return nil
}

// checkSchema compares the array with what the spec demands beside metadata.
func checkSchema(d *dataset, want drivers.Constraints, fault document.Faults) error {
	s := &d.schema
	if err := document.CheckType(s, want, fault); err != nil {
		return err
	}
	if want.Schema.Domain != nil {
		if err := document.CheckDomain(s.Domain, *want.Schema.Domain, fault); err != nil {
			return err
		}
	}
	if want.Schema.ChunkLayout != nil {
		if err := document.CheckLayout(s, want.Schema.ChunkLayout, "chunks", fault); err != nil {
			return err
		}
	}
	if want.Schema.Codec != nil {
		if err := checkCodec(s, *want.Schema.Codec, fault); err != nil {
			return err
		}
	}
	if want.Schema.FillValue != nil {
		if err := checkFill(d, *want.Schema.FillValue, fault); err != nil {
			return err
		}
	}
	if want.Schema.DimensionUnits != nil {
		return checkUnits(s, *want.Schema.DimensionUnits)
	}
	return nil
}

// checkCodec compares the codec that the spec demands, in which TensorStore's
// defaults stand for absent members of the compressor.
func checkCodec(s *drivers.Schema, v strictjson.Value, fault document.Faults) error {
	c, err := parseCodec(v)
	if err != nil {
		return err
	}
	stored, err := strictjson.Parse(s.Codec, "")
	if err != nil {
		return err
	}
	all, _ := stored.Any().(map[string]any)
	have := map[string]any{"compressor": all["compressor"], "filters": all["filters"]}
	for name, want := range c.json() {
		if !document.Equal(have[name], want) {
			return fault.Mismatch(name, have[name], want)
		}
	}
	return nil
}

// parseCodec reads the member "codec" of a schema: compressor and filters.
func parseCodec(v strictjson.Value) (*metadata, error) {
	o, err := document.CodecMembers(v, "zarr", "zarr2")
	if err != nil {
		return nil, err
	}
	c := &metadata{}
	if err := o.Optional("compressor", c.readCompressor); err != nil {
		return nil, err
	}
	if err := o.Optional("filters", c.readFilters); err != nil {
		return nil, err
	}
	return c, o.Close()
}

// checkFill compares the fill value bit by bit.
func checkFill(d *dataset, v strictjson.Value, fault document.Faults) error {
	s := &d.schema
	if s.FillJSON == nil {
		return fault.Mismatch("fill_value", nil, v.Any())
	}
	inner := s.Chunk[d.keyRank:]
	elements, err := scalar.Broadcast(v, inner, s.DType)
	if err != nil {
		return err
	}
	f := field{dtype: s.DType, inner: inner, size: int64(len(elements))}
	want, _ := (&fillValue{record: elements}).component(f)
	if !bytes.Equal(want, s.Fill) {
		return fault.Mismatch("fill_value", s.FillJSON, v.Any())
	}
	return nil
}

// checkUnits refuses units, which zarr cannot store.
func checkUnits(s *drivers.Schema, v strictjson.Value) error {
	units, err := drivers.ParseUnits(v)
	if err != nil {
		return err
	}
	if len(units) != s.Rank() {
		return v.Errorf("%d entries for %d dimensions", len(units), s.Rank())
	}
	for _, u := range units {
		if u != nil {
			return v.Errorf("zarr stores no units of dimensions")
		}
	}
	return nil
}
