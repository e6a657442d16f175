package drivers

import (
	"slices"
	"strings"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// rankClaims holds what the members of a spec say about the rank of the array.
type rankClaims struct {
	rank int    // -1: nothing yet
	by   string // the member that said it
}

// claim notes that the member v speaks of rank dimensions.
func (c *rankClaims) claim(v strictjson.Value, rank int) error {
	switch {
	case rank > arrayview.MaxRank:
		return v.Errorf("more than %d dimensions", arrayview.MaxRank)
	case c.rank < 0:
		c.rank, c.by = rank, v.Path()
	case c.rank != rank:
		return v.Errorf("rank %d does not match rank %d of %s", rank, c.rank, c.by)
	}
	return nil
}

// parseRank reads a member that is a rank.
func parseRank(v strictjson.Value) (int, error) {
	n, err := v.Int(0, arrayview.MaxRank)
	return int(n), err
}

// parseDType reads a member that is a data type.
func parseDType(v strictjson.Value) (arrayview.DType, error) {
	s, err := v.Str()
	if err != nil {
		return 0, err
	}
	t, err := arrayview.ParseDType(s)
	if err != nil {
		return 0, v.Errorf("%v", err)
	}
	return t, nil
}

// schemaReader reads the member "schema" of a spec.
type schemaReader struct {
	ranks   *rankClaims
	formats []Format
	dtype   arrayview.DType
	out     SchemaConstraints
}

// read takes all members of the schema. They are read in a fixed order, so that
// the later of two that contradict each other is the one that is reported.
func (r *schemaReader) read(v strictjson.Value) error {
	o, err := v.Object()
	if err != nil {
		return err
	}
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"rank", r.readRank}, {"dtype", r.readDType}, {"domain", r.readDomain}, {"chunk_layout", r.readLayout},
		{"codec", r.readCodec}, {"fill_value", r.readFill}, {"dimension_units", r.readUnits},
	} {
		if err := o.Optional(m.name, m.read); err != nil {
			return err
		}
	}
	return o.Close()
}

func (r *schemaReader) readRank(v strictjson.Value) error {
	rank, err := parseRank(v)
	if err != nil {
		return err
	}
	return r.ranks.claim(v, rank)
}

func (r *schemaReader) readDType(v strictjson.Value) (err error) {
	r.dtype, err = parseDType(v)
	return err
}

func (r *schemaReader) readDomain(v strictjson.Value) error {
	d, err := arrayview.ParseDomain(v)
	if err != nil {
		return err
	}
	r.out.Domain = &d
	return r.ranks.claim(v, d.Rank())
}

func (r *schemaReader) readLayout(v strictjson.Value) (err error) {
	r.out.ChunkLayout, err = parseLayout(v, r.ranks)
	return err
}

// readCodec checks what all codecs have in common: the driver that they are of.
func (r *schemaReader) readCodec(v strictjson.Value) error {
	o, err := v.Object()
	if err != nil {
		return err
	}
	driver, err := o.Need("driver")
	if err != nil {
		return err
	}
	name, err := driver.Str()
	if err != nil {
		return err
	}
	if findFormat(r.formats, name) == nil {
		return driver.Errorf("unknown driver %q (known: %s)", name, strings.Join(formatNames(r.formats), ", "))
	}
	r.out.Codec = &v
	return nil
}

// readFill keeps the fill value; only the format knows its type for sure. What
// is checked is that nested arrays have one shape and no more dimensions than
// the array, apart from the two parts of a complex number.
func (r *schemaReader) readFill(v strictjson.Value) error {
	shape, err := nestedShape(v)
	if err != nil {
		return err
	}
	if n := len(shape); r.ranks.rank >= 0 && n > r.ranks.rank && (n > r.ranks.rank+1 || shape[n-1] != 2) {
		return v.Errorf("%d dimensions are more than the array's %d", n, r.ranks.rank)
	}
	r.out.FillValue = &v
	return nil
}

// nestedShape returns the shape of nested JSON arrays, none for a scalar.
func nestedShape(v strictjson.Value) ([]int64, error) {
	entries, err := v.Array()
	if err != nil {
		return nil, nil
	}
	var first []int64
	for i, e := range entries {
		shape, err := nestedShape(e)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = shape
		}
		if !slices.Equal(shape, first) {
			return nil, e.Errorf("shape %v differs from shape %v of the entry before it", shape, first)
		}
	}
	return append([]int64{int64(len(entries))}, first...), nil
}

func (r *schemaReader) readUnits(v strictjson.Value) error {
	units, err := ParseUnits(v)
	if err != nil {
		return err
	}
	r.out.DimensionUnits = &v
	return r.ranks.claim(v, len(units))
}

// JSON returns the canonical form of the constraints, empty when there are none.
func (s *SchemaConstraints) JSON() map[string]any {
	out := map[string]any{}
	if s.Domain != nil {
		out["domain"] = s.Domain.JSON()
	}
	if s.ChunkLayout != nil {
		out["chunk_layout"] = s.ChunkLayout.JSON()
	}
	if s.Codec != nil {
		out["codec"] = s.Codec.Any()
	}
	if s.FillValue != nil {
		out["fill_value"] = s.FillValue.Any()
	}
	if s.DimensionUnits != nil {
		if units, err := ParseUnits(*s.DimensionUnits); err == nil {
			out["dimension_units"] = UnitsJSON(units)
		}
	}
	return out
}
