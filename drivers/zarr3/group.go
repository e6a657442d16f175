package zarr3

import (
	"encoding/json"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/drivers/internal/ome"
	"tsmount/internal/strictjson"
)

// consolidatedMember is where zarr-python keeps the documents of everything
// below a group. It is no part of the standard.
const consolidatedMember = "consolidated_metadata"

var _ drivers.Group = Format{}

// GroupKeys returns zarr.json. A folder without one may still be a group
// (core/index.rst, "Implicit groups"), which no document tells.
func (Format) GroupKeys(path string) []string { return []string{path + nodeKey} }

// ParseGroup reads a group. Its members are the images that OME-Zarr metadata
// names, in their order and with the names of their axes, then those of
// consolidated metadata, which may be behind what is stored: that is never all
// there is.
func (Format) ParseGroup(path string, docs map[string][]byte) (*drivers.GroupInfo, error) {
	doc, ok := docs[path+nodeKey]
	if !ok {
		return nil, nil
	}
	o, err := readNode(doc, path+nodeKey)
	if err != nil {
		return nil, err
	}
	node, _ := o.Get("node_type")
	if node.Any() != "group" {
		return nil, nil
	}
	version, err := o.Need("zarr_format")
	if err != nil {
		return nil, err
	}
	if _, err := version.Int(3, 3); err != nil {
		return nil, err
	}
	info := &drivers.GroupInfo{Attributes: json.RawMessage("{}")}
	var members ome.List
	if a, ok := o.Get("attributes"); ok && a.IsObject() {
		info.Attributes = document.Compact(a.Any())
		members = ome.Members(a)
	}
	consolidated, _ := o.Get(consolidatedMember)
	addConsolidated(&members, consolidated)
	info.Members = members.All
	return info, nil
}

// addConsolidated adds the members of the group one level down. What cannot be
// read adds none.
func addConsolidated(members *ome.List, v strictjson.Value) {
	o, err := v.Object()
	if err != nil {
		return
	}
	metadata, _ := o.Get("metadata")
	nodes, err := metadata.Object()
	if err != nil {
		return
	}
	for _, path := range nodes.Names() {
		members.Add(path, nil, nil)
	}
}
