package zarr3

import (
	"errors"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// options are the driver's own members of a spec (TensorStore, driver/zarr3:
// metadata, field, open_as_void).
type options struct {
	metadata metadata // constraints
	field    string   // "" for none
	void     bool
}

var _ drivers.Members = (*options)(nil)

// noOptions demand nothing.
var noOptions = &options{}

// optionsOf returns the driver's members of a spec.
func optionsOf(want drivers.Constraints) *options {
	if opt, ok := want.Members.(*options); ok {
		return opt
	}
	return noOptions
}

// Members reads the driver's members of a spec.
func (Format) Members(o *strictjson.Object) (drivers.Members, error) {
	opt := &options{}
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"metadata", opt.readMetadata}, {"field", opt.readField}, {"open_as_void", opt.readVoid},
	} {
		if err := o.Optional(m.name, m.read); err != nil {
			return nil, err
		}
	}
	return opt, nil
}

func (o *options) readMetadata(v strictjson.Value) error {
	members, err := v.Object()
	if err != nil {
		return err
	}
	m, err := readMetadata(members, false)
	if err != nil {
		return err
	}
	o.metadata = *m
	return nil
}

func (o *options) readField(v strictjson.Value) (err error) {
	if o.field, err = v.Str(); err != nil {
		return err
	}
	t := o.metadata.dtype
	if o.field != "" && t != nil && t.find(o.field) < 0 {
		if !t.structured {
			return v.Errorf("%q, but metadata.data_type has no fields", o.field)
		}
		return v.Errorf("%q is not one of %s", o.field, t.names())
	}
	return nil
}

func (o *options) readVoid(v strictjson.Value) (err error) {
	if o.void, err = v.Bool(); err == nil && o.void && o.field != "" {
		err = v.Errorf("excludes field")
	}
	return err
}

// JSON returns the members in canonical form: those that say nothing are left
// out.
func (o *options) JSON() map[string]any {
	out := map[string]any{}
	if m := o.metadata.json(); len(m) > 0 {
		out["metadata"] = m
	}
	if o.field != "" {
		out["field"] = o.field
	}
	if o.void {
		out["open_as_void"] = true
	}
	return out
}

var _ drivers.URLChecker = (*options)(nil)

// CheckURL refuses what chooses another array than the URL's path does.
func (o *options) CheckURL() error {
	switch {
	case o.field != "":
		return errors.New("a URL cannot name field")
	case o.void:
		return errors.New("a URL cannot name open_as_void")
	}
	return nil
}
