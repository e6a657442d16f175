package zarr

import (
	"strings"

	"tsmount/drivers"
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

// ParseGroup reads a group. Consolidated metadata names members for stores that
// cannot list, but may be behind what is stored: it is never all there is.
func (Format) ParseGroup(path string, docs map[string][]byte) (*drivers.GroupInfo, error) {
	doc, ok := docs[path+groupKey]
	if !ok {
		return nil, nil
	}
	if err := checkGroup(doc, path+groupKey); err != nil {
		return nil, err
	}
	attributes, ok := docs[path+attributesKey]
	return &drivers.GroupInfo{Attributes: parseAttributes(attributes, ok), Members: consolidated(docs[path+consolidatedKey])}, nil
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

// consolidated returns the members of the group one level down. A document that
// cannot be read names none.
func consolidated(doc []byte) []drivers.GroupMember {
	v, err := strictjson.Parse(quoteBare(doc), consolidatedKey)
	if err != nil {
		return nil
	}
	o, err := v.Object()
	if err != nil {
		return nil
	}
	metadata, _ := o.Get("metadata")
	keys, err := metadata.Object()
	if err != nil {
		return nil
	}
	var members []drivers.GroupMember
	for _, key := range keys.Names() {
		name, document, nested := strings.Cut(key, "/")
		if nested && (document == arrayKey || document == groupKey) {
			members = append(members, drivers.GroupMember{Name: name, Path: name + "/"})
		}
	}
	return members
}
