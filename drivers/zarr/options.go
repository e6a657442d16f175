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
		{"field", opt.readField}, {"open_as_void", opt.readVoid},
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

func (o *options) readField(v strictjson.Value) (err error) {
	if o.field, err = v.Str(); err != nil {
		return err
	}
	t := o.metadata.dtype
	if o.field != "" && t != nil && t.find(o.field) < 0 {
		if !t.structured {
			return v.Errorf("%q, but metadata.dtype has no fields", o.field)
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
// out, key_encoding becomes metadata.dimension_separator.
func (o *options) JSON() map[string]any {
	out := map[string]any{}
	if m := o.metadata.json(); len(m) > 0 {
		out["metadata"] = m
	}
	if o.key != "" {
		out["metadata_key"] = o.key
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
	case o.key != "":
		return errors.New("a URL cannot name metadata_key")
	case o.field != "":
		return errors.New("a URL cannot name field")
	case o.void:
		return errors.New("a URL cannot name open_as_void")
	}
	return nil
}
