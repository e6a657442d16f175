package zarr

import (
	"strings"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/ome"
	"tsmount/internal/strictjson"
)

// Documents of a group (zarr v2 specification, "Hierarchies"); the last one is
// the consolidated metadata that zarr-python writes.
const (
	groupKey        = ".zgroup"
	consolidatedKey = ".zmetadata"
)

var _ drivers.Group = Format{}

// GroupKeys returns the keys of .zgroup, .zattrs and .zmetadata.
func (Format) GroupKeys(path string) []string {
	return []string{path + groupKey, path + attributesKey, path + consolidatedKey}
}

// ParseGroup reads a group. Its members are the images that OME-Zarr metadata
// names in .zattrs, in their order and with the names of their axes, then those
// of consolidated metadata, which may be behind what is stored: that is never
// all there is.
func (Format) ParseGroup(path string, docs map[string][]byte) (*drivers.GroupInfo, error) {
	doc, ok := docs[path+groupKey]
	if !ok {
		return nil, nil
	}
	if err := checkGroup(doc, path+groupKey); err != nil {
		return nil, err
	}
	attributes, ok := docs[path+attributesKey]
	info := &drivers.GroupInfo{Attributes: document.Attributes(attributes, ok)}
	var members ome.List
	if v, err := document.Parse(attributes, attributesKey); err == nil {
		members = ome.Members(v)
	}
	addConsolidated(&members, docs[path+consolidatedKey])
	info.Members = members.All
	return info, nil
}

func checkGroup(doc []byte, key string) error {
	v, err := strictjson.Parse(doc, key)
	if err != nil {
		return err
	}
	o, err := v.Object()
	if err != nil {
		return err
	}
	version, err := o.Need("zarr_format")
	if err != nil {
		return err
	}
	_, err = version.Int(2, 2)
	return err
}

// addConsolidated adds the members of the group one level down. A document that
// cannot be read adds none.
func addConsolidated(members *ome.List, doc []byte) {
	v, err := document.Parse(doc, consolidatedKey)
	if err != nil {
		return
	}
	o, err := v.Object()
	if err != nil {
		return
	}
	metadata, _ := o.Get("metadata")
	keys, err := metadata.Object()
	if err != nil {
		return
	}
	for _, key := range keys.Names() {
		for _, suffix := range []string{"/" + arrayKey, "/" + groupKey} {
			if node, ok := strings.CutSuffix(key, suffix); ok {
				members.Add(node, nil, nil)
			}
		}
	}
}
