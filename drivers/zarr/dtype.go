package zarr

import (
	"slices"
	"strconv"
	"strings"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// dataType is the member "dtype": one scalar type, or a record of fields that
// lie one after the other without padding (v2.0.rst, "Data type encoding").
type dataType struct {
	fields     []field
	structured bool
	size       int64 // bytes of one element
	json       any   // as it is written
}

// field is one field of a record, or the one unnamed field of a scalar type.
type field struct {
	name   string
	dtype  arrayview.DType
	big    bool    // stored most significant byte first
	inner  []int64 // shape inside the element: sub-array, then bytes of S and V
	text   bool    // |S: fill values may lack the trailing NULs
	offset int64   // bytes from the beginning of the element
	size   int64   // bytes per element, all of inner
}

// bareTypes are TensorStore's additions, which have no byte order.
var bareTypes = []arrayview.DType{
	arrayview.BFloat16, arrayview.Int2, arrayview.Int4, arrayview.Float8E3M4, arrayview.Float8E4M3FN,
	arrayview.Float8E4M3FNUZ, arrayview.Float8E4M3B11FNUZ, arrayview.Float8E5M2,
	arrayview.Float8E5M2FNUZ, arrayview.Float8E8M0FNU, arrayview.Float4E2M1FN,
}

// numberTypes are the types with a NumPy type string, by that string.
var numberTypes = map[string]arrayview.DType{
	"b1": arrayview.Bool, "i1": arrayview.Int8, "u1": arrayview.Uint8,
	"i2": arrayview.Int16, "u2": arrayview.Uint16, "f2": arrayview.Float16,
	"i4": arrayview.Int32, "u4": arrayview.Uint32, "f4": arrayview.Float32,
	"i8": arrayview.Int64, "u8": arrayview.Uint64, "f8": arrayview.Float64,
	"c8": arrayview.Complex64, "c16": arrayview.Complex128,
}

// refused says what the kinds are that no TensorStore type can hold.
var refused = map[byte]string{
	'U': "UTF-32 strings", 'O': "Python objects", 'M': "dates", 'm': "time spans",
}

// parseDType reads the member "dtype".
func parseDType(v strictjson.Value) (*dataType, error) {
	if v.IsArray() {
		return parseRecord(v)
	}
	f, err := parseTypestr(v)
	if err != nil {
		return nil, err
	}
	if f.size == 0 {
		return nil, v.Errorf("elements of %s have no bytes", v.Text())
	}
	return &dataType{fields: []field{f}, size: f.size, json: v.Any()}, nil
}

// parseTypestr reads a NumPy type string or the bare name of an added type.
func parseTypestr(v strictjson.Value) (field, error) {
	s, err := v.Str()
	if err != nil {
		return field{}, err
	}
	for _, t := range bareTypes {
		if s == t.String() {
			return field{dtype: t, size: int64(t.Size())}, nil
		}
	}
	if len(s) < 3 || !strings.ContainsRune("<>|", rune(s[0])) {
		return field{}, v.Errorf("unsupported zarr dtype %q", s)
	}
	if s[1] == 'S' || s[1] == 'V' {
		return parseFlexible(v, s)
	}
	t, ok := numberTypes[s[1:]]
	if !ok || s[0] == '|' && t.Size() > 1 {
		if what := refused[s[1]]; what != "" {
			return field{}, v.Errorf("unsupported zarr dtype %q: %s", s, what)
		}
		return field{}, v.Errorf("unsupported zarr dtype %q", s)
	}
	return field{dtype: t, big: s[0] == '>' && t.PartSize() > 1, size: int64(t.Size())}, nil
}

// parseFlexible reads |S<n> and |V<n>: n chars or bytes along one more dimension.
func parseFlexible(v strictjson.Value, s string) (field, error) {
	n, err := strconv.ParseUint(s[2:], 10, 31)
	if err != nil {
		return field{}, v.Errorf("unsupported zarr dtype %q", s)
	}
	f := field{dtype: arrayview.Byte, inner: []int64{int64(n)}, size: int64(n)}
	if s[1] == 'S' {
		f.dtype, f.text = arrayview.Char, true
	}
	return f, nil
}

// parseRecord reads a list of fields, [name, type] or [name, type, shape].
func parseRecord(v strictjson.Value) (*dataType, error) {
	entries, err := v.Array()
	if err != nil {
		return nil, err
	}
	t := &dataType{structured: true}
	var written []any
	for _, e := range entries {
		f, err := parseField(e)
		if err != nil {
			return nil, err
		}
		if t.find(f.name) >= 0 {
			return nil, e.Errorf("field name %q occurs twice", f.name)
		}
		f.offset = t.size
		if t.size += f.size; t.size > drivers.MaxChunkBytes {
			return nil, e.Errorf("an element of more than %d bytes", int64(drivers.MaxChunkBytes))
		}
		t.fields = append(t.fields, f)
		written = append(written, e.Any())
	}
	if t.size == 0 {
		return nil, v.Errorf("elements of %s have no bytes", v.Text())
	}
	t.json = written
	return t, nil
}

// parseField reads one field of a record.
func parseField(v strictjson.Value) (field, error) {
	parts, err := v.Array()
	if err != nil {
		return field{}, err
	}
	if len(parts) != 2 && len(parts) != 3 {
		return field{}, v.Errorf("expected [name, type] or [name, type, shape], got %s", v.Text())
	}
	name, err := parts[0].Str()
	if err != nil {
		return field{}, err
	}
	if name == "" {
		return field{}, parts[0].Errorf("the name of a field is empty")
	}
	if parts[1].IsArray() {
		return field{}, parts[1].Errorf("unsupported zarr dtype: field %q is a struct itself", name)
	}
	f, err := parseTypestr(parts[1])
	if err != nil {
		return field{}, err
	}
	f.name = name
	if len(parts) == 3 {
		err = f.addShape(parts[2])
	}
	return f, err
}

// addShape makes the field a sub-array.
func (f *field) addShape(v strictjson.Value) error {
	shape, err := v.Ints(1, arrayview.Inf)
	if err != nil {
		return err
	}
	f.inner = append(slices.Clone(shape), f.inner...)
	size, err := arrayview.Product(append([]int64{f.size}, shape...))
	if err != nil || size > drivers.MaxChunkBytes || len(f.inner) > arrayview.MaxRank {
		return v.Errorf("sub-array %s is too large", v.Text())
	}
	f.size = size
	return nil
}

// find returns the index of the field with the given name, or -1.
func (t *dataType) find(name string) int {
	return slices.IndexFunc(t.fields, func(f field) bool { return f.name == name })
}

// known returns what a spec may select from.
func (t *dataType) known() document.Fields {
	f := document.Fields{Member: "dtype", Structured: t.structured, JSON: t.json}
	for i := range t.fields {
		f.Names = append(f.Names, t.fields[i].name)
	}
	return f
}

// typestr returns the type string of new little-endian arrays of type t, "" for
// types that metadata.dtype must spell out.
func typestr(t arrayview.DType) string {
	switch {
	case slices.Contains(bareTypes, t):
		return t.String()
	case t == arrayview.Char || t == arrayview.Byte:
		return ""
	case t.Size() == 1:
		return "|" + t.NumPy()
	}
	return "<" + t.NumPy()
}
