package drivers

import "tsmount/internal/strictjson"

// readFlags takes the members that are true or false.
func (r *specReader) readFlags() error {
	s := r.spec
	_, hasOpen := r.o.Get("open")
	_, hasCreate := r.o.Get("create")
	s.ModeGiven = hasOpen || hasCreate
	s.Open = !s.ModeGiven
	for _, m := range []struct {
		name string
		dst  *bool
	}{
		{"open", &s.Open}, {"create", &s.Create}, {"delete_existing", &s.DeleteExisting},
		{"assume_metadata", &s.AssumeMetadata}, {"assume_cached_metadata", &s.AssumeCachedMetadata},
		{"fill_missing_data_reads", &s.FillMissing}, {"store_data_equal_to_fill_value", &s.StoreFill},
	} {
		err := r.o.Optional(m.name, func(v strictjson.Value) (err error) {
			*m.dst, err = v.Bool()
			return err
		})
		if err != nil {
			return err
		}
	}
	if s.AssumeMetadata {
		s.AssumeCachedMetadata = false
	}
	return r.o.Optional("allow_metadata_mismatch", refuseMismatch)
}

// refuseMismatch accepts only the value that changes nothing.
func refuseMismatch(v strictjson.Value) error {
	on, err := v.Bool()
	if err == nil && on {
		return v.Errorf("no longer supported by TensorStore")
	}
	return err
}

// checkMode refuses combinations of open, create and so on that contradict each
// other.
func (r *specReader) checkMode() error {
	s := r.spec
	for _, rule := range []struct {
		broken      bool
		member, why string
	}{
		{s.DeleteExisting && !s.Create, "delete_existing", `needs "create": true`},
		{s.DeleteExisting && s.Open, "delete_existing", `contradicts "open": true`},
		{s.DeleteExisting && s.assumes(), "delete_existing", `contradicts assume_metadata and assume_cached_metadata`},
		{s.AssumeMetadata && !s.Open, "assume_metadata", `needs "open": true`},
		{s.AssumeCachedMetadata && !s.Open, "assume_cached_metadata", `needs "open": true`},
		{!s.Open && !s.Create, "create", `"open" and "create" are both false (absent beside the other is false): nothing could be mounted`},
		{s.Format == nil && s.Create && !s.Open, "create", `needs a "driver": there is nothing to detect a format from`},
		{s.Format == nil && s.assumes(), "driver", `must name a format: assumed metadata cannot be detected`},
	} {
		if rule.broken {
			return r.blame(rule.member).Errorf("%s", rule.why)
		}
	}
	return nil
}

// assumes reports whether metadata comes from the spec.
func (s *Spec) assumes() bool { return s.AssumeMetadata || s.AssumeCachedMetadata }

// blame returns the member for an error about it; for create, which may be
// absent, open in its stead.
func (r *specReader) blame(member string) strictjson.Value {
	v, given := r.o.Get(member)
	if !given && member == "create" {
		v, _ = r.o.Get("open")
	}
	return v
}
