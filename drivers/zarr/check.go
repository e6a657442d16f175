package zarr

import (
	"bytes"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// check compares a stored document with the constraints m. A document without
// dimension_separator takes the one of the constraints: before zarr-python 2.8
// the member was missing although "/" was used.
func (m *metadata) check(stored *metadata, fault faults) error {
	if stored.separator == "" {
		stored.separator = m.separator
	}
	have := stored.json()
	want := m.json()
	for _, member := range documentMembers() {
		w, given := want[member.name]
		if !given || bytes.Equal(compact(w), compact(have[member.name])) {
			continue
		}
		return fault.mismatch(member.name, have[member.name], w)
	}
	return nil
}

// checkSchema compares the array with what the spec demands beside metadata.
func checkSchema(d *dataset, want drivers.Constraints, fault faults) error {
	s := &d.schema
	if want.DType != 0 && want.DType != s.DType {
		return fault.mismatch("dtype", s.DType.String(), want.DType.String())
	}
	if want.Rank >= 0 && want.Rank != s.Rank() {
		return fault.mismatch("rank", s.Rank(), want.Rank)
	}
	if want.Schema.Domain != nil {
		if err := checkDomain(s.Domain, *want.Schema.Domain, fault); err != nil {
			return err
		}
	}
	if want.Schema.ChunkLayout != nil {
		if err := checkLayout(s, want.Schema.ChunkLayout, fault); err != nil {
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

// checkDomain compares bounds: an implicit infinite one demands nothing, nor
// does an empty label. zarr stores no labels, so any are welcome.
func checkDomain(have, want arrayview.Domain, fault faults) error {
	if have.Rank() != want.Rank() {
		return fault.mismatch("rank", have.Rank(), want.Rank())
	}
	for i := range have.Min {
		if free := want.Min[i] <= -arrayview.Inf && want.ImplicitMin[i]; !free && want.Min[i] != have.Min[i] {
			return fault.mismatch("domain.inclusive_min", have.Min, want.Min)
		}
		if free := want.Max[i] > arrayview.Inf && want.ImplicitMax[i]; !free && want.Max[i] != have.Max[i] {
			return fault.mismatch("shape", have.Max, want.Max)
		}
	}
	return nil
}

// checkLayout compares what the spec demands of the chunks. Preferences, aspect
// ratios and numbers of elements only guide the creation of arrays.
func checkLayout(s *drivers.Schema, want *drivers.ChunkLayout, fault faults) error {
	for d, o := range want.GridOrigin {
		if o != drivers.FreeOrigin && (d >= s.Rank() || o != s.GridOrigin[d]) {
			return fault.mismatch("chunk_layout.grid_origin", s.GridOrigin, want.GridOrigin)
		}
	}
	if want.InnerOrder != nil && !slices.Equal(want.InnerOrder, s.InnerOrder) {
		return fault.mismatch("chunk_layout.inner_order", s.InnerOrder, want.InnerOrder)
	}
	for _, shape := range [][]int64{want.Read.Shape, want.Write.Shape} {
		for d, n := range shape {
			if n > 0 && (d >= s.Rank() || n != s.Chunk[d]) {
				return fault.mismatch("chunks", s.Chunk, shape)
			}
		}
	}
	for _, n := range want.Codec.Shape {
		if n > 0 {
			return fault.mismatch("chunk_layout.codec_chunk.shape", "not supported by zarr", want.Codec.Shape)
		}
	}
	return nil
}

// checkCodec compares the codec that the spec demands, in which TensorStore's
// defaults stand for absent members of the compressor.
func checkCodec(s *drivers.Schema, v strictjson.Value, fault faults) error {
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
		if !bytes.Equal(compact(have[name]), compact(want)) {
			return fault.mismatch(name, have[name], want)
		}
	}
	return nil
}

// parseCodec reads the member "codec" of a schema: compressor and filters.
func parseCodec(v strictjson.Value) (*metadata, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	driver, err := o.Need("driver")
	if err != nil {
		return nil, err
	}
	if name, err := driver.Str(); err != nil || name != "zarr" && name != "zarr2" {
		return nil, driver.Errorf("expected \"zarr\", got %s", driver.Text())
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
func checkFill(d *dataset, v strictjson.Value, fault faults) error {
	s := &d.schema
	if s.FillJSON == nil {
		return fault.mismatch("fill_value", nil, v.Any())
	}
	inner := s.Chunk[d.keyRank:]
	elements, err := fillElements(v, inner, s.DType)
	if err != nil {
		return err
	}
	f := field{dtype: s.DType, inner: inner, size: int64(len(elements))}
	want, _ := (&fillValue{record: elements}).component(f)
	if !bytes.Equal(want, s.Fill) {
		return fault.mismatch("fill_value", s.FillJSON, v.Any())
	}
	return nil
}

// fillElements reads a schema's fill value as the elements of a sub-array of
// the given shape, to which it is broadcast.
func fillElements(v strictjson.Value, shape []int64, t arrayview.DType) ([]byte, error) {
	n, err := arrayview.Product(append([]int64{int64(t.Size())}, shape...))
	if err != nil {
		return nil, v.Errorf("%v", err)
	}
	dst := make([]byte, n)
	return dst, broadcast(dst, v, shape, t)
}

func broadcast(dst []byte, v strictjson.Value, shape []int64, t arrayview.DType) error {
	depth := fillDepth(v, t)
	if depth == 0 {
		if err := parseScalar(dst[:t.Size()], v, t, true); err != nil {
			return err
		}
		repeat(dst, t.Size())
		return nil
	}
	if depth < len(shape) {
		step := len(dst) / int(shape[0])
		defer repeat(dst, step)
		return broadcast(dst[:step], v, shape[1:], t)
	}
	entries, err := v.Array()
	if err != nil {
		return err
	}
	if depth > len(shape) {
		if len(entries) != 1 {
			return v.Errorf("must be the same everywhere: one value, or one per element of shape %v", shape)
		}
		return broadcast(dst, entries[0], shape, t)
	}
	if len(entries) != 1 && int64(len(entries)) != shape[0] {
		return v.Errorf("%d entries for an extent of %d", len(entries), shape[0])
	}
	step := len(dst) / int(shape[0])
	for i, e := range entries {
		if err := broadcast(dst[i*step:(i+1)*step], e, shape[1:], t); err != nil {
			return err
		}
	}
	repeat(dst, step*len(entries))
	return nil
}

// repeat fills b with copies of its first n bytes.
func repeat(b []byte, n int) {
	for ; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// fillDepth returns how deep lists nest; the pair of a complex number is none.
func fillDepth(v strictjson.Value, t arrayview.DType) int {
	entries, err := v.Array()
	if err != nil || len(entries) == 0 {
		return 0
	}
	if isComplex(t) && !entries[0].IsArray() {
		return 0
	}
	return 1 + fillDepth(entries[0], t)
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
