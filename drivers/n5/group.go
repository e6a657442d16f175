package n5

import (
	"encoding/json"
	"maps"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

var _ drivers.Group = Format{}

// GroupKeys returns attributes.json.
func (Format) GroupKeys(path string) []string { return []string{path + attributesKey} }

// ParseGroup reads a group. All members are its attributes, also "n5", the
// version that the root of a container has. Groups without a document are
// folders like any other; no document names members.
func (Format) ParseGroup(path string, docs map[string][]byte) (*drivers.GroupInfo, error) {
	key := path + attributesKey
	doc, ok := docs[key]
	if !ok {
		return nil, nil
	}
	v, err := parseAttributes(doc, key)
	if err != nil || isArray(v) {
		return nil, err
	}
	return &drivers.GroupInfo{Attributes: document.Compact(v.Any())}, nil
}

// parseAttributes reads the document, which must be an object.
func parseAttributes(doc []byte, key string) (strictjson.Value, error) {
	v, err := document.Parse(doc, key)
	if err != nil {
		return v, err
	}
	_, err = v.Object()
	return v, err
}

// isArray reports whether attributes are those of an array: README.md,
// "Filesystem specification", paragraph 5.
func isArray(attributes strictjson.Value) bool {
	members, _ := attributes.Any().(map[string]any)
	return members["dimensions"] != nil
}

// userAttributes returns the members of an array's document that describe
// neither its shape nor its blocks.
func userAttributes(v strictjson.Value) json.RawMessage {
	all, _ := v.Any().(map[string]any)
	out := maps.Clone(all)
	for _, name := range []string{"dimensions", "blockSize", "dataType", "compression", "compressionType"} {
		delete(out, name)
	}
	return document.Compact(out)
}
