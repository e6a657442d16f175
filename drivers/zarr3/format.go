package zarr3

import (
	"fmt"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// Format is the zarr v3 format. Its zero value is ready to use.
type Format struct{}

var _ drivers.Format = Format{}

// nodeKey is the document that arrays and groups have.
const nodeKey = "zarr.json"

// Name returns "zarr3", TensorStore's name of the driver.
func (Format) Name() string { return "zarr3" }

// MetadataKeys returns zarr.json.
func (Format) MetadataKeys(path string, _ drivers.Constraints) []string {
	return []string{path + nodeKey}
}

// Parse reads zarr.json. That of a group is ErrNoArray.
func (f Format) Parse(path string, docs map[string][]byte, want drivers.Constraints) (drivers.Dataset, error) {
	key := path + nodeKey
	doc, ok := docs[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, drivers.ErrNoArray)
	}
	o, err := readNode(doc, key)
	if err != nil {
		return nil, err
	}
	if node, _ := o.Get("node_type"); node.Any() == "group" {
		return nil, fmt.Errorf("%s: %w: node_type is \"group\"", key, drivers.ErrNoArray)
	}
	m, err := readMetadata(o, true)
	if err != nil {
		return nil, err
	}
	opt := optionsOf(want)
	fault := document.Faults{Key: key}
	if err := opt.metadata.check(m, fault); err != nil {
		return nil, err
	}
	d, err := newDataset(m, opt, fault)
	if err != nil {
		return nil, err
	}
	if err := checkSchema(d, m, want, fault); err != nil {
		return nil, err
	}
	return d, nil
}

// readNode reads the document of a node.
func readNode(doc []byte, key string) (*strictjson.Object, error) {
	v, err := document.Parse(doc, key)
	if err != nil {
		return nil, err
	}
	return v.Object()
}
