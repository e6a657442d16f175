package tree

import (
	"strings"

	"tsmount/arrayview/format"
)

// formatOf returns the format with the given extension, nil when there is none.
func formatOf(ext string) format.Format {
	f, _ := format.ByExt(ext)
	return f
}

// splitName cuts NAME.EXT into the name and its format; ok is false when the
// name does not end in the extension of a format.
func splitName(name string) (stem string, f format.Format, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 1 {
		return "", nil, false
	}
	f = formatOf(name[i+1:])
	return name[:i], f, f != nil
}

// listed returns the format in which listings show v: the first of the mount's
// formats that fits, raw when none does, nil when not even raw does.
func (t *Tree) listed(v *view) format.Format {
	for _, ext := range append(t.cfg.Formats[:len(t.cfg.Formats):len(t.cfg.Formats)], "raw") {
		if f := formatOf(ext); f != nil {
			if _, err := v.layout(f); err == nil {
				return f
			}
		}
	}
	return nil
}

// fits reports whether v can be shown in format f.
func fits(v *view, f format.Format) bool {
	_, err := v.layout(f)
	return err == nil
}
