package drivers

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tsmount/internal/strictjson"
)

// Group is an optional power of a Format: to read the documents of groups.
type Group interface {
	// GroupKeys returns the keys of the documents that make path a group or
	// tell its members. path is "" or ends in "/".
	GroupKeys(path string) []string
	// ParseGroup reads those of them that exist. It returns nil when they make
	// no group of the format.
	ParseGroup(path string, docs map[string][]byte) (*GroupInfo, error)
}

// GroupInfo is what the documents of a group tell. It must not be changed.
type GroupInfo struct {
	Attributes json.RawMessage // the user attributes, a JSON object; nil: none
	Members    []GroupMember   // those that the documents name, in their order
	Complete   bool            // there are no others: a list of the store tells nothing more
}

// GroupMember is an array or a group that a document names. That it is named
// does not mean that it is there.
type GroupMember struct {
	Name    string  // of the directory entry
	Path    string  // below the group's path; "" for one that has no path of its own
	Members Members // what its spec needs beside the driver; nil: nothing
	// Unlisted: the name resolves but is not listed, for it is a second one.
	Unlisted bool
	// Labels name the dimensions of an array that has no labels, Units measure
	// those of one that has no units; nil: none. Both have one entry per dimension.
	Labels []string
	Units  []*Unit
}

// anyArray demands nothing.
func anyArray() Constraints { return Constraints{Rank: -1} }

// Candidates returns the keys of all documents that tell whether path, which is
// "" or ends in "/", is an array or a group, and of which format. No list of
// the store is needed: they are read, and most are missing.
func Candidates(formats []Format, path string) []string {
	var keys []string
	seen := map[string]bool{}
	for _, f := range formats {
		for _, key := range append(f.MetadataKeys(path, anyArray()), groupKeys(f, path)...) {
			if !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
	return keys
}

func groupKeys(f Format, path string) []string {
	if g, ok := f.(Group); ok {
		return g.GroupKeys(path)
	}
	return nil
}

// ReadGroup returns what the documents docs tell of a group of format f at
// path; nil when there is none or the format has no groups.
func ReadGroup(f Format, path string, docs map[string][]byte) (*GroupInfo, error) {
	if g, ok := f.(Group); ok {
		return g.ParseGroup(path, docs)
	}
	return nil, nil
}

// Found is what detection finds at a path: an array, a group, or neither. A
// volume with several scales is both: its first scale and their group.
type Found struct {
	Array  Format // nil: no array
	Groups []FoundGroup
}

// FoundGroup is a group of one format. Groups of several formats may share a
// path.
type FoundGroup struct {
	Format Format
	Info   *GroupInfo
}

// None reports whether nothing was found. The path may still be a folder of
// arrays, which no document tells.
func (f Found) None() bool { return f.Array == nil && len(f.Groups) == 0 }

// Detect decides what is at path from the documents that exist among
// Candidates. Arrays of several formats in one place are an error that names
// them. A document that cannot be read counts as an array, so that opening it
// tells what is wrong with it; faults of group documents are an error only
// where nothing else is found.
func Detect(formats []Format, path string, docs map[string][]byte) (Found, error) {
	var found Found
	var arrays []string
	var groupErr error
	for _, f := range formats {
		key := f.MetadataKeys(path, anyArray())[0]
		if isArray(f, key, path, docs) {
			found.Array = f
			arrays = append(arrays, fmt.Sprintf("%s (%s)", f.Name(), strings.TrimPrefix(key, path)))
		}
		switch info, err := ReadGroup(f, path, docs); {
		case err != nil:
			groupErr = errors.Join(groupErr, err)
		case info != nil:
			found.Groups = append(found.Groups, FoundGroup{f, info})
		}
	}
	if len(arrays) > 1 {
		return Found{}, &strictjson.Error{Path: "driver", Msg: fmt.Sprintf(
			"several formats in one place: %s; name the one that is meant", strings.Join(arrays, ", "))}
	}
	if found.None() {
		return found, groupErr
	}
	return found, nil
}

// isArray reports whether the first document of format f describes an array.
func isArray(f Format, key, path string, docs map[string][]byte) bool {
	if _, there := docs[key]; !there {
		return false
	}
	_, err := f.Parse(path, docs, anyArray())
	return !errors.Is(err, ErrNoArray)
}
