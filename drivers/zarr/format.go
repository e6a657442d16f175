package zarr

import (
	"fmt"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// Format is the zarr v2 format. Its zero value is ready to use.
type Format struct{}

var _ drivers.Format = Format{}

// Keys of the documents that zarr v2 keeps beside the chunks.
const (
	arrayKey      = ".zarray"
	attributesKey = ".zattrs"
)

// Name returns "zarr", TensorStore's name of the driver.
func (Format) Name() string { return "zarr" }

// MetadataKeys returns .zarray, or what the member metadata_key says, and
// .zattrs.
func (Format) MetadataKeys(path string, want drivers.Constraints) []string {
	return []string{path + optionsOf(want).metadataKey(), path + attributesKey}
}

// Parse reads .zarray and .zattrs.
func (f Format) Parse(path string, docs map[string][]byte, want drivers.Constraints) (drivers.Dataset, error) {
	opt := optionsOf(want)
	key := path + opt.metadataKey()
	doc, ok := docs[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, drivers.ErrNoArray)
	}
	m, err := parseDocument(doc, key)
	if err != nil {
		return nil, err
	}
	fault := faults{key: key}
	if err := opt.metadata.check(m, fault); err != nil {
		return nil, err
	}
	if m.separator == "" {
		m.separator = "."
	}
	d, err := newDataset(m, opt, fault)
	if err != nil {
		return nil, err
	}
	attributes, ok := docs[path+attributesKey]
	d.schema.Attributes = parseAttributes(attributes, ok)
	if err := checkSchema(d, want, fault); err != nil {
		return nil, err
	}
	return d, nil
}

// faults makes errors about one document.
type faults struct{ key, prefix string }

// at returns an error about the member at path.
func (f faults) at(path, format string, args ...any) error {
	return &strictjson.Error{Source: f.key, Path: f.prefix + path, Msg: fmt.Sprintf(format, args...)}
}

// mismatch returns the error for a member that is not what the spec demands.
func (f faults) mismatch(path string, have, want any) error {
	return fmt.Errorf("%w: %w", f.at(path, "is %s, the spec demands %s", compact(have), compact(want)), drivers.ErrConstraint)
}
