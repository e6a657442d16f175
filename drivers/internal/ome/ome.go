// Package ome reads what OME-Zarr metadata tells of a group: which arrays and
// groups are below it, and what their axes are called and measure (ngff-spec 0.4 and 0.5;
// zarr v3 has everything in the member "ome" of the attributes). It is not
// strict: what cannot be read tells nothing.
package ome

import (
	"strings"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// Members returns the members that the attributes of a group name, in the order
// of the document.
func Members(attributes strictjson.Value) List {
	root := get(attributes, "ome")
	if !root.IsObject() {
		root = attributes
	}
	var members List
	for _, scales := range list(root, "multiscales") {
		labels := axes(scales)
		for _, level := range list(scales, "datasets") {
			members.Add(text(level, "path"), labels, units(scales, level))
		}
	}
	for _, label := range list(root, "labels") {
		if name, err := label.Str(); err == nil {
			members.Add(name, nil, nil)
		}
	}
	for _, well := range list(get(root, "plate"), "wells") {
		members.Add(text(well, "path"), nil, nil)
	}
	for _, image := range list(get(root, "well"), "images") {
		members.Add(text(image, "path"), nil, nil)
	}
	return members
}

// axes returns the names of the axes of a multiscale image, or nil.
func axes(scales strictjson.Value) []string {
	var names []string
	for _, a := range list(scales, "axes") {
		name, err := a.Str() // as in version 0.3
		if err != nil {
			name = text(a, "name")
		}
		for _, other := range names {
			if name == other {
				return nil
			}
		}
		names = append(names, name)
	}
	return names
}

// List collects members that have different names.
type List struct {
	All  []drivers.GroupMember
	seen map[string]bool
}

// Add appends the member at a path below the group: a folder on the way if the
// path is longer than one name, which then has no axes. A path that is no
// plain name, or begins with a name that is there already, adds nothing.
func (l *List) Add(path string, labels []string, units []*drivers.Unit) {
	name, rest, _ := strings.Cut(path, "/")
	if name == "" || name == "." || name == ".." || strings.ContainsRune(name, 0) || l.seen[name] {
		return
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[name] = true
	m := drivers.GroupMember{Name: name, Path: name + "/"}
	if rest == "" {
		m.Labels, m.Units = labels, units
	}
	l.All = append(l.All, m)
}

// get returns a member of an object; null when there is none.
func get(v strictjson.Value, name string) strictjson.Value {
	o, err := v.Object()
	if err != nil {
		return strictjson.Value{}
	}
	m, _ := o.Get(name)
	return m
}

func list(v strictjson.Value, name string) []strictjson.Value {
	entries, err := get(v, name).Array()
	if err != nil {
		return nil
	}
	return entries
}

func text(v strictjson.Value, name string) string {
	s, err := get(v, name).Str()
	if err != nil {
		return ""
	}
	return s
}
