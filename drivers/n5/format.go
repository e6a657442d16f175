package n5

import (
	"fmt"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// Format is the N5 format. Its zero value is ready to use.
type Format struct{}

var _ drivers.Format = Format{}

// attributesKey is the document of arrays and groups alike.
const attributesKey = "attributes.json"

// Name returns "n5", TensorStore's name of the driver.
func (Format) Name() string { return "n5" }

// MetadataKeys returns attributes.json.
func (Format) MetadataKeys(path string, _ drivers.Constraints) []string {
	return []string{path + attributesKey}
}

// Parse reads attributes.json. Without the member "dimensions" it describes a
// group: ErrNoArray.
func (Format) Parse(path string, docs map[string][]byte, want drivers.Constraints) (drivers.Dataset, error) {
	key := path + attributesKey
	doc, ok := docs[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, drivers.ErrNoArray)
	}
	v, err := parseAttributes(doc, key)
	if err != nil {
		return nil, err
	}
	if !isArray(v) {
		return nil, fmt.Errorf("%s: %w: a group has no dimensions", key, drivers.ErrNoArray)
	}
	m, err := readMetadata(v, true)
	if err != nil {
		return nil, err
	}
	fault := document.Faults{Key: key}
	if err := optionsOf(want).metadata.check(m, fault); err != nil {
		return nil, err
	}
	d, err := newDataset(m, fault)
	if err != nil {
		return nil, err
	}
	d.schema.Attributes = userAttributes(v)
	if err := checkSchema(d, m, want, fault); err != nil {
		return nil, err
	}
	return d, nil
}

// options are the driver's own member of a spec: metadata.
type options struct{ metadata metadata }

var _ drivers.Members = (*options)(nil)

// noOptions demand nothing.
var noOptions = &options{metadata: metadata{rank: -1}}

// optionsOf returns the driver's members of a spec.
func optionsOf(want drivers.Constraints) *options {
	if opt, ok := want.Members.(*options); ok {
		return opt
	}
	return noOptions
}

// Members reads the driver's members of a spec.
func (Format) Members(o *strictjson.Object) (drivers.Members, error) {
	opt := noOptions
	err := o.Optional("metadata", func(v strictjson.Value) error {
		m, err := readMetadata(v, false)
		if err == nil {
			opt = &options{*m}
		}
		return err
	})
	return opt, err
}

// JSON returns the members in canonical form.
func (o *options) JSON() map[string]any {
	out := map[string]any{}
	if m := o.metadata.json(); len(m) > 0 {
		out["metadata"] = m
	}
	return out
}
