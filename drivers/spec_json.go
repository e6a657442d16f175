package drivers

import (
	"maps"

	"tsmount/resources"
)

// JSON returns the canonical object form, values of absent members left out:
// parsed again it gives an equal spec. With redact it has no secrets.
func (s *Spec) JSON(redact bool) map[string]any {
	out := map[string]any{"driver": s.Driver, "kvstore": s.KvStore.JSON(redact)}
	if s.Members != nil {
		maps.Copy(out, s.Members.JSON())
	}
	s.putContext(out, redact)
	s.putShape(out)
	s.putMode(out)
	if s.RecheckData != (Recheck{}) {
		out["recheck_cached_data"] = s.RecheckData.JSON()
	}
	if s.RecheckMetadata != (Recheck{Mode: RecheckOpen}) {
		out["recheck_cached_metadata"] = s.RecheckMetadata.JSON()
	}
	if !s.FillMissing {
		out["fill_missing_data_reads"] = false
	}
	if s.StoreFill {
		out["store_data_equal_to_fill_value"] = true
	}
	return out
}

// putContext adds the context and the resources.
func (s *Spec) putContext(out map[string]any, redact bool) {
	switch {
	case s.Context == nil:
	case redact:
		out["context"] = s.Context.Redacted()
	default:
		out["context"] = s.Context.JSON()
	}
	putResource(out, cachePool, s.CachePool, redact)
	putResource(out, resources.DataCopyConcurrency, s.DataCopyConcurrency, redact)
	switch m := s.MetadataCachePool; {
	case m.Kind() == "":
	case m.IsDefault(): // not the same as being absent: that is cache_pool's
		out["metadata_cache_pool"] = m.Kind()
	default:
		putResource(out, "metadata_cache_pool", m, redact)
	}
}

func putResource(out map[string]any, name string, m resources.Member, redact bool) {
	switch {
	case m.IsDefault():
	case redact:
		out[name] = m.Redacted()
	default:
		out[name] = m.JSON()
	}
}

// putShape adds what says what the array looks like.
func (s *Spec) putShape(out map[string]any) {
	if s.DType != 0 {
		out["dtype"] = s.DType.String()
	}
	switch {
	case s.Transform != nil:
		out["transform"] = s.Transform.JSON()
	case s.Rank >= 0 && s.Schema.Domain == nil:
		out["rank"] = s.Rank
	}
	if schema := s.Schema.JSON(); len(schema) > 0 {
		out["schema"] = schema
	}
}

// putMode adds the flags of opening. Open alone is what absence means.
func (s *Spec) putMode(out map[string]any) {
	for _, m := range []struct {
		name string
		on   bool
	}{
		{"open", s.Open && s.Create}, {"create", s.Create}, {"delete_existing", s.DeleteExisting},
		{"assume_metadata", s.AssumeMetadata}, {"assume_cached_metadata", s.AssumeCachedMetadata},
	} {
		if m.on {
			out[m.name] = true
		}
	}
}
