package precomputed

import (
	"errors"
	"strconv"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
)

var _ drivers.Group = Format{}

// GroupKeys returns the key of info.
func (Format) GroupKeys(path string) []string { return []string{path + infoKey} }

// ParseGroup reads a volume as the group of its scales, each named by its key.
// Of scales with the same key only the first has a name; s0, s1, ... resolve to
// every scale by its index. The attributes are the
// members of info that say nothing about elements (mesh, skeletons and so on).
func (Format) ParseGroup(path string, docs map[string][]byte) (*drivers.GroupInfo, error) {
	doc, ok := docs[path+infoKey]
	if !ok {
		return nil, nil
	}
	v, err := parseVolume(doc, path+infoKey)
	if errors.Is(err, drivers.ErrNoArray) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info := &drivers.GroupInfo{Attributes: document.Compact(v.other), Complete: true}
	taken := map[string]bool{}
	for i, s := range v.scales {
		if !taken[*s.key] {
			taken[*s.key] = true
			info.Members = append(info.Members, drivers.GroupMember{Name: *s.key, Members: member(i)})
		}
	}
	for i := range v.scales { // behind the keys, which come first where both say the same
		info.Members = append(info.Members, drivers.GroupMember{Name: "s" + strconv.Itoa(i), Members: member(i), Unlisted: true})
	}
	return info, nil
}

// member returns the options that select a scale.
func member(i int) *options {
	index := uint64(i)
	return &options{scaleIndex: &index, scale: noOptions.scale}
}
