package precomputed

import (
	"slices"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// checkSchema compares the array with what the spec demands beside the driver's
// own members. Units have chosen the scale.
func checkSchema(d *dataset, want drivers.Constraints, fault document.Faults) error {
	s, w := &d.schema, &want.Schema
	if err := document.CheckType(s, want, fault); err != nil {
		return err
	}
	if w.Domain != nil {
		if err := document.CheckDomain(s.Domain, *w.Domain, fault); err != nil {
			return err
		}
	}
	if w.ChunkLayout != nil {
		if err := checkLayout(d, w.ChunkLayout, fault); err != nil {
			return err
		}
	}
	if w.Codec != nil {
		c, err := parseCodec(*w.Codec)
		if err != nil {
			return err
		}
		if err := c.check(s, fault); err != nil {
			return err
		}
	}
	if w.FillValue != nil {
		return w.FillValue.Errorf("precomputed volumes have no fill value: chunks that are missing are 0")
	}
	return nil
}

// checkLayout compares what the spec demands of the chunks. Preferences, aspect
// ratios and numbers of elements only guide the creation of arrays.
func checkLayout(d *dataset, want *drivers.ChunkLayout, fault document.Faults) error {
	s := &d.schema
	for dim, o := range want.GridOrigin {
		if o != drivers.FreeOrigin && (dim >= rank || o != s.GridOrigin[dim]) {
			return fault.Mismatch("chunk_layout.grid_origin", s.GridOrigin, want.GridOrigin)
		}
	}
	if want.InnerOrder != nil && !slices.Equal(want.InnerOrder, s.InnerOrder) {
		return fault.Mismatch("chunk_layout.inner_order", s.InnerOrder, want.InnerOrder)
	}
	codecChunk := make([]int64, rank)
	if c, ok := d.anyForm().codec.(interface{ Block() [3]int64 }); ok {
		block := c.Block()
		codecChunk = append(block[:], 1)
	}
	for _, c := range []struct {
		name       string
		have, want []int64
	}{
		{"read_chunk", s.Chunk, want.Read.Shape}, {"write_chunk", s.WriteChunk, want.Write.Shape}, {"codec_chunk", codecChunk, want.Codec.Shape},
	} {
		for dim, n := range c.want {
			if n > 0 && (dim >= rank || n != c.have[dim]) {
				return fault.Mismatch("chunk_layout."+c.name+".shape", c.have, c.want)
			}
		}
	}
	return nil
}

// anyForm returns a form that there is, an empty one if there is none.
func (d *dataset) anyForm() *form {
	for i := range d.forms {
		if d.forms[i].bytes > 0 {
			return &d.forms[i]
		}
	}
	return &form{}
}

// codecConstraint is the member "codec" of a schema.
type codecConstraint struct {
	scale     scaleMembers // encoding, quality and level
	shardData string       // "" absent
	at        strictjson.Value
}

// parseCodec reads the member.
func parseCodec(v strictjson.Value) (*codecConstraint, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	driver, err := o.Need("driver")
	if err != nil {
		return nil, err
	}
	if driver.Any() != driverName {
		return nil, driver.Errorf("expected %q, got %s", driverName, driver.Text())
	}
	c := &codecConstraint{scale: scaleMembers{constraint: true}, at: v}
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"encoding", c.scale.readEncoding}, {"jpeg_quality", c.scale.readQuality}, {"png_level", c.scale.readLevel},
		{"shard_data_encoding", c.readShardData},
	} {
		if err := o.Optional(m.name, m.read); err != nil {
			return nil, err
		}
	}
	return c, o.Close()
}

func (c *codecConstraint) readShardData(v strictjson.Value) error {
	gzip, err := choice(v, encodingRaw, gzipEncoding)
	c.shardData = choose(gzip, encodingRaw, gzipEncoding)
	return err
}

// check compares the codec of an array with the constraint.
func (c *codecConstraint) check(s *drivers.Schema, fault document.Faults) error {
	want := c.scale.json()
	if c.shardData != "" {
		want["shard_data_encoding"] = c.shardData
	}
	have, err := strictjson.Parse(s.Codec, "")
	if err != nil {
		return err
	}
	all, _ := have.Any().(map[string]any)
	return checkMembers(all, want, fault)
}

// unitResolution reads what dimension_units say about the resolution: units of
// nanometres for x, y and z; channels have none. Entries of nil say nothing.
func unitResolution(v *strictjson.Value) ([]*float64, error) {
	out := make([]*float64, 3)
	if v == nil {
		return out, nil
	}
	units, err := drivers.ParseUnits(*v)
	if err != nil {
		return nil, err
	}
	if len(units) != rank {
		return nil, v.Errorf("%d entries for %d dimensions", len(units), rank)
	}
	for d, u := range units {
		switch {
		case u == nil:
		case d == 3:
			return nil, v.Errorf("the dimension channel has no unit")
		case u.Base != "nm":
			return nil, v.Errorf("%v: the unit of %s must be nm", u, labels[d])
		default:
			out[d] = &u.Multiplier
		}
	}
	return out, nil
}
