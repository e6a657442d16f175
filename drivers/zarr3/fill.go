package zarr3

import (
	"encoding/base64"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers/internal/scalar"
	"tsmount/internal/strictjson"
)

// fillValue is the member "fill_value".
type fillValue struct {
	record []byte // one element, its scalars little-endian
	// stored says that record came as bytes in the byte order of the chunks,
	// which are still to be swapped if that is big-endian.
	stored bool
	json   any // canonical form
}

// parseFill reads the fill value of an array of type t.
func parseFill(v strictjson.Value, t *dataType) (*fillValue, error) {
	if t.structured {
		return parseStructFill(v, t)
	}
	fill := &fillValue{record: make([]byte, t.size)}
	err := parseFieldFill(fill.record, v, &t.fields[0])
	fill.json = t.fields[0].fillJSON(fill.record)
	return fill, err
}

// zeroFill is what TensorStore gives new arrays.
func zeroFill(t *dataType) *fillValue { return newFill(make([]byte, t.size), t) }

// newFill returns the fill value with the canonical form of record: that of a
// struct with one field is its value, as TensorStore has it.
func newFill(record []byte, t *dataType) *fillValue {
	fill := &fillValue{record: record}
	if len(t.fields) == 1 {
		fill.json = t.fields[0].fillJSON(record)
		return fill
	}
	all := map[string]any{}
	for _, f := range t.fields {
		value := record[f.offset : f.offset+f.size]
		if all[f.name] = f.fillJSON(value); f.inner != nil && !slices.ContainsFunc(value, func(b byte) bool { return b != 0 }) {
			all[f.name] = 0 // TensorStore reads no other form here
		}
	}
	fill.json = all
	return fill
}

// parseStructFill reads an object with a value for each field, base64 of a whole
// element (legacy), or for a single field the value alone, as TensorStore
// writes it.
func parseStructFill(v strictjson.Value, t *dataType) (*fillValue, error) {
	record := make([]byte, t.size)
	if v.IsString() {
		raw, err := parseBase64(v, t.size)
		if err != nil {
			return nil, err
		}
		return &fillValue{record: raw, stored: true, json: base64.StdEncoding.EncodeToString(raw)}, nil
	}
	if !v.IsObject() && len(t.fields) == 1 {
		err := parseFieldFill(record, v, &t.fields[0])
		return newFill(record, t), err
	}
	o, err := v.Object()
	if err != nil {
		return nil, v.Errorf("expected an object with a value for each of the fields %v, got %s", t.known(), v.Text())
	}
	for i := range t.fields {
		f := &t.fields[i]
		value, err := o.Need(f.name)
		if err != nil {
			return nil, err
		}
		if err := parseFieldFill(record[f.offset:f.offset+f.size], value, f); err != nil {
			return nil, err
		}
	}
	return newFill(record, t), o.Close()
}

// parseFieldFill reads the value of one field. Raw bytes are base64 (TensorStore,
// zarr-python), a list of numbers (the standard), or 0 for nothing but zeros
// (TensorStore's default).
func parseFieldFill(dst []byte, v strictjson.Value, f *field) error {
	if f.inner == nil {
		return scalar.Parse(dst, v, f.dtype, scalar.Bits)
	}
	if v.IsArray() {
		list, err := v.Ints(0, 255)
		if err != nil {
			return err
		}
		if len(list) != len(dst) {
			return v.Errorf("%d bytes instead of %d", len(list), len(dst))
		}
		for i, n := range list {
			dst[i] = byte(n)
		}
		return nil
	}
	if _, err := v.Int(0, 0); err == nil {
		return nil
	}
	raw, err := parseBase64(v, int64(len(dst)))
	copy(dst, raw)
	return err
}

func parseBase64(v strictjson.Value, size int64) ([]byte, error) {
	s, err := v.Str()
	if err != nil {
		return nil, v.Errorf("expected base64, got %s", v.Text())
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || int64(len(raw)) != size {
		return nil, v.Errorf("expected %d bytes as base64, got %s", size, v.Text())
	}
	return raw, nil
}

// fillJSON returns the canonical form of a value of the field.
func (f *field) fillJSON(value []byte) any {
	if f.inner != nil {
		return base64.StdEncoding.EncodeToString(value)
	}
	return scalar.FormatBits(value, f.dtype)
}

// resolve gives the record the byte order of decoded elements.
func (v *fillValue) resolve(t *dataType, big bool) []byte {
	record := append([]byte(nil), v.record...)
	for _, f := range t.fields {
		if v.stored && big {
			scalar.Swap(record[f.offset:f.offset+f.size], f.dtype)
		}
	}
	return record
}

// component returns the fill value of one field, and its shape if the elements
// inside are not all the same.
func component(record []byte, f field) (elements []byte, shape []int64) {
	size := int64(f.dtype.Size())
	elements = record[f.offset : f.offset+f.size]
	scalar.SignExtend(elements, f.dtype)
	for i := size; i < f.size; i += size {
		if string(elements[i:i+size]) != string(elements[:size]) {
			return elements, f.inner
		}
	}
	return elements[:size], nil
}

// schemaFill returns the fill value of a field in the form of a schema.
func schemaFill(record []byte, f field) any {
	value := record[f.offset : f.offset+f.size]
	if f.dtype == arrayview.Byte {
		return base64.StdEncoding.EncodeToString(value)
	}
	return scalar.Format(value, f.dtype)
}
