package document

import (
	"cmp"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// CheckType compares type and rank with what the spec demands.
func CheckType(s *drivers.Schema, want drivers.Constraints, fault Faults) error {
	if want.DType != 0 && want.DType != s.DType {
		return fault.Mismatch("dtype", s.DType.String(), want.DType.String())
	}
	if want.Rank >= 0 && want.Rank != s.Rank() {
		return fault.Mismatch("rank", s.Rank(), want.Rank)
	}
	return nil
}

// CheckDomain compares bounds and labels: an implicit infinite bound demands
// nothing, nor does an empty label on either side.
func CheckDomain(have, want arrayview.Domain, fault Faults) error {
	if have.Rank() != want.Rank() {
		return fault.Mismatch("rank", have.Rank(), want.Rank())
	}
	for i := range have.Min {
		if free := want.Min[i] <= -arrayview.Inf && want.ImplicitMin[i]; !free && want.Min[i] != have.Min[i] {
			return fault.Mismatch("domain.inclusive_min", have.Min, want.Min)
		}
		if free := want.Max[i] > arrayview.Inf && want.ImplicitMax[i]; !free && want.Max[i] != have.Max[i] {
			return fault.Mismatch("shape", have.Max, want.Max)
		}
		if a, b := have.Labels[i], want.Labels[i]; a != "" && b != "" && a != b {
			return fault.Mismatch("domain.labels", have.Labels, want.Labels)
		}
	}
	return nil
}

// CheckLayout compares what the spec demands of the chunks. Preferences, aspect
// ratios and numbers of elements only guide the creation of arrays. path is the
// member that says how large chunks are, "" if shards and chunks have their own.
func CheckLayout(s *drivers.Schema, want *drivers.ChunkLayout, path string, fault Faults) error {
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
				return fault.Mismatch(cmp.Or(path, "chunk_layout."+c.name+".shape"), c.have, c.want)
			}
		}
	}
	for _, n := range want.Codec.Shape {
		if n > 0 {
			return fault.Mismatch("chunk_layout.codec_chunk.shape", "not supported by this format", want.Codec.Shape)
		}
	}
	return nil
}

// CodecMembers returns the members of a schema's codec, whose "driver" must be
// one of names. The caller closes the object.
func CodecMembers(v strictjson.Value, names ...string) (*strictjson.Object, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	driver, err := o.Need("driver")
	if err != nil {
		return nil, err
	}
	if name, err := driver.Str(); err != nil || !slices.Contains(names, name) {
		return nil, driver.Errorf("expected %q, got %s", names[0], driver.Text())
	}
	return o, nil
}
