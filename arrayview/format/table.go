package format

// formats lists what exists, in the order in which documents name them.
var formats = []Format{npy{}, raw{}}

// Formats returns all formats in their documented order. The slice belongs to
// the caller.
func Formats() []Format { return append([]Format(nil), formats...) }

// ByExt returns the format with the given file name extension, without its dot.
func ByExt(ext string) (Format, bool) {
	for _, f := range formats {
		if f.Ext() == ext {
			return f, true
		}
	}
	return nil, false
}
