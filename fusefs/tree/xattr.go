package tree

import (
	"context"
	"encoding/json"
	"strings"
)

// xattrPrefix begins the names of all extended attributes.
const xattrPrefix = "user.tensorstore."

// xattrs returns the attributes of the place, or of a part of it.
func (pl *place) xattrs(ctx context.Context, p part) ([]Xattr, error) {
	v, err := pl.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	if p != nil {
		if v, err = v.narrow([]part{p}); err != nil {
			return nil, err
		}
	}
	return xattrs(v), nil
}

// xattrs describes a view: strings as they are, everything else as JSON.
func xattrs(v *view) []Xattr {
	d := v.domain()
	list := []Xattr{
		{"chunk_shape", compactJSON(v.chunkShape())},
		{"driver", v.m.opened.Driver},
		{"dtype", v.st.Schema.DType.String()},
		{"labels", compactJSON(d.Labels)},
		{"origin", compactJSON(d.Min)},
		{"selection", v.selection()},
		{"shape", compactJSON(d.Shape())},
		{"url", v.m.opened.URL},
	}
	for i := range list {
		list[i].Name = xattrPrefix + list[i].Name
	}
	return list
}

// compactJSON encodes slices of numbers and strings, which cannot fail. An
// empty slice is [] also when it is nil.
func compactJSON[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "[]"
	}
	return string(text)
}

// IsXattr reports whether nodes may have an attribute of that name: all others
// can be denied without looking.
func IsXattr(name string) bool { return strings.HasPrefix(name, xattrPrefix) }
