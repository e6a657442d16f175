package zarr3

import (
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// options are the driver's own members of a spec (TensorStore, driver/zarr3:
// metadata, field, open_as_void).
type options struct {
	metadata metadata // constraints
	document.Selection
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
		{"metadata", opt.readMetadata}, {"field", opt.readField}, {"open_as_void", opt.ReadVoid},
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

func (o *options) readField(v strictjson.Value) error {
	if o.metadata.dtype == nil {
		return o.ReadField(v, nil)
	}
	known := o.metadata.dtype.known()
	return o.ReadField(v, &known)
}

// JSON returns the members in canonical form: those that say nothing are left
// out.
func (o *options) JSON() map[string]any {
	out := map[string]any{}
	if m := o.metadata.json(); len(m) > 0 {
		out["metadata"] = m
	}
	o.Append(out)
	return out
}

var _ drivers.URLChecker = (*options)(nil) // by its Selection
