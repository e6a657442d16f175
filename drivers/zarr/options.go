package zarr

import (
	"errors"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// options are the driver's own members of a spec (TensorStore, driver/zarr:
// metadata, metadata_key, key_encoding, field, open_as_void).
type options struct {
	metadata metadata // constraints
	key      string   // metadata_key, "" for .zarray
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

func (o *options) metadataKey() string {
	if o.key == "" {
		return arrayKey
	}
	return o.key
}

// Members reads the driver's members of a spec.
func (Format) Members(o *strictjson.Object) (drivers.Members, error) {
	opt := &options{}
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"metadata", opt.readMetadata}, {"key_encoding", opt.readSeparator}, {"metadata_key", opt.readKey},
		{"field", opt.readField}, {"open_as_void", opt.ReadVoid},
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
	return members.Close()
}

// readSeparator reads key_encoding, the old name of dimension_separator.
func (o *options) readSeparator(v strictjson.Value) error {
	s, err := document.OneOf(v, ".", "/")
	if err == nil && o.metadata.separator != "" && o.metadata.separator != s {
		err = v.Errorf("is %q, but metadata.dimension_separator is %q", s, o.metadata.separator)
	}
	o.metadata.separator = s
	return err
}

func (o *options) readKey(v strictjson.Value) error {
	s, err := v.Str()
	if err == nil && s == "" {
		err = v.Errorf("the key is empty")
	}
	if s != arrayKey {
		o.key = s
	}
	return err
}

func (o *options) readField(v strictjson.Value) error {
	if o.metadata.dtype == nil {
		return o.ReadField(v, nil)
	}
	known := o.metadata.dtype.known()
	return o.ReadField(v, &known)
}

// JSON returns the members in canonical form: those that say nothing are left
// out, key_encoding becomes metadata.dimension_separator.
func (o *options) JSON() map[string]any {
	out := map[string]any{}
	if m := o.metadata.json(); len(m) > 0 {
		out["metadata"] = m
	}
	if o.key != "" {
		out["metadata_key"] = o.key
	}
	o.Append(out)
	return out
}

var _ drivers.URLChecker = (*options)(nil)

// CheckURL refuses what chooses another array than the URL's path does.
func (o *options) CheckURL() error {
	if o.key != "" {
		return errors.New("a URL cannot name metadata_key")
	}
	return o.Selection.CheckURL()
}
