package n5

import (
	"maps"
	"slices"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// check compares a stored document with the constraints m. Members that N5 does
// not define must be equal too.
func (m *metadata) check(stored *metadata, fault document.Faults) error {
	have, want := stored.json(), m.json()
	if stored.axes == nil {
		have["axes"] = make([]string, stored.rank)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if w := want[name]; !document.Equal(w, have[name]) {
			return fault.Mismatch(name, have[name], w)
		}
	}
	return nil
}

// checkSchema compares the array with what the spec demands beside metadata.
func checkSchema(d *dataset, m *metadata, want drivers.Constraints, fault document.Faults) error {
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
		if err := checkLayout(s, want.Schema.ChunkLayout, fault); err != nil {
			return err
		}
	}
	if want.Schema.Codec != nil {
		c, err := parseCodec(*want.Schema.Codec)
		if err != nil {
			return err
		}
		if c != nil && !document.Equal(c.json, m.compression.json) {
			return fault.Mismatch("compression", m.compression.json, c.json)
		}
	}
	if want.Schema.FillValue != nil {
		return fault.Contradiction("fill_value", "N5 has no fill value, the spec demands %s", want.Schema.FillValue.Text())
	}
	if want.Schema.DimensionUnits != nil {
		return checkUnits(s, *want.Schema.DimensionUnits, fault)
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
	for _, shape := range [][]int64{want.Read.Shape, want.Write.Shape} {
		for d, n := range shape {
			if n > 0 && (d >= s.Rank() || n != s.Chunk[d]) {
				return fault.Mismatch("blockSize", s.Chunk, shape)
			}
		}
	}
	for _, n := range want.Codec.Shape {
		if n > 0 {
			return fault.Mismatch("chunk_layout.codec_chunk.shape", "not supported by N5", want.Codec.Shape)
		}
	}
	return nil
}

// parseCodec reads the member "codec" of a schema. It returns nil when that
// says nothing of the compression.
func parseCodec(v strictjson.Value) (c *compression, err error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	driver, err := o.Need("driver")
	if err != nil {
		return nil, err
	}
	if name, err := driver.Str(); err != nil || name != "n5" {
		return nil, driver.Errorf("expected \"n5\", got %s", driver.Text())
	}
	err = o.Optional("compression", func(v strictjson.Value) (err error) {
		c, err = parseCompression(v, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, o.Close()
}

// checkUnits compares the units that are given.
func checkUnits(s *drivers.Schema, v strictjson.Value, fault document.Faults) error {
	units, err := drivers.ParseUnits(v)
	if err != nil {
		return err
	}
	if len(units) != s.Rank() {
		return v.Errorf("%d entries for %d dimensions", len(units), s.Rank())
	}
	for d, u := range units {
		if u != nil && (s.Units[d] == nil || *s.Units[d] != *u) {
			return fault.Mismatch("units", drivers.UnitsJSON(s.Units), drivers.UnitsJSON(units))
		}
	}
	return nil
}
