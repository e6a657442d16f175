package zarr

import (
	"encoding/base64"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// fillValue is the member "fill_value" (v2.0.rst, "Fill value encoding").
type fillValue struct {
	record []byte // one element as it is stored; nil: null
	json   any    // canonical form
}

// parseFill reads the fill value of an array of type t.
func parseFill(v strictjson.Value, t *dataType) (*fillValue, error) {
	if v.IsNull() {
		return &fillValue{}, nil
	}
	f := t.fields[0]
	if t.structured || f.inner != nil {
		return parseFillRecord(v, t)
	}
	record := make([]byte, t.size)
	if v.IsString() && scalar.IsComplex(f.dtype) {
		fill, err := parseFillRecord(v, t) // as TensorStore may write it
		if err != nil {
			return nil, err
		}
		copy(record, fill.record)
		f.fix(record)
	} else if err := scalar.Parse(record, v, f.dtype, scalar.Text); err != nil {
		return nil, err
	}
	fill := &fillValue{record: record, json: scalar.Format(record, f.dtype)}
	f.swap(record)
	return fill, nil
}

// parseFillRecord reads base64 of a whole element. For |S zarr-python 2 leaves
// trailing NULs out (an empty string is its default), its 3.0 beta wrote a list
// of bytes, and 0 stands for the empty string; TensorStore takes none of these.
func parseFillRecord(v strictjson.Value, t *dataType) (*fillValue, error) {
	lenient := !t.structured && t.fields[0].text
	raw, err := recordBytes(v, lenient)
	if err != nil {
		return nil, err
	}
	if n := int64(len(raw)); n > t.size || n < t.size && !lenient {
		return nil, v.Errorf("expected %d bytes as base64, got %d bytes: %s", t.size, n, v.Text())
	}
	record := make([]byte, t.size)
	copy(record, raw)
	return &fillValue{record: record, json: base64.StdEncoding.EncodeToString(record)}, nil
}

func recordBytes(v strictjson.Value, lenient bool) ([]byte, error) {
	if lenient && v.IsArray() {
		list, err := v.Ints(0, 255)
		raw := make([]byte, len(list))
		for i, n := range list {
			raw[i] = byte(n)
		}
		return raw, err
	}
	if n, err := v.Int(0, 0); lenient && err == nil && n == 0 {
		return nil, nil
	}
	s, err := v.Str()
	if err != nil {
		return nil, v.Errorf("expected base64, got %s", v.Text())
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, v.Errorf("expected base64, got %s", v.Text())
	}
	return raw, nil
}

// component returns the fill value of one field as decoded elements, and their
// shape if they are not all the same. A null fill value reads as 0.
func (v *fillValue) component(f field) (elements []byte, shape []int64) {
	size := int64(f.dtype.Size())
	if v.record == nil {
		return make([]byte, size), nil
	}
	elements = slices.Clone(v.record[f.offset : f.offset+f.size])
	f.fix(elements)
	for i := size; i < f.size; i += size {
		if !slices.Equal(elements[i:i+size], elements[:size]) {
			return elements, f.inner
		}
	}
	return elements[:size], nil
}

// componentJSON returns the fill value of one field as JSON: nested lists for a
// sub-array, base64 for chars and bytes, nil for null.
func (v *fillValue) componentJSON(f field) any {
	if v.record == nil {
		return nil
	}
	elements := slices.Clone(v.record[f.offset : f.offset+f.size])
	if f.dtype == arrayview.Char || f.dtype == arrayview.Byte {
		return base64.StdEncoding.EncodeToString(elements)
	}
	f.fix(elements)
	return scalar.Nested(elements, f.inner, f.dtype)
}
