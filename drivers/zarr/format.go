package zarr

import (
	"fmt"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
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
	fault := document.Faults{Key: key}
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
	d.schema.Attributes = document.Attributes(attributes, ok)
	if err := checkSchema(d, want, fault); err != nil {
		return nil, err
	}
	return d, nil
}
