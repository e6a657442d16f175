package zarr3

import (
	"slices"
	"strconv"
	"strings"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// dataType is the member "data_type": one scalar type, raw bytes, or a struct of
// fields that lie one after the other without padding (core/index.rst, "Data
// types"; zarr-extensions data-types/struct).
type dataType struct {
	fields     []field
	structured bool
	legacy     bool  // "structured": the byte order may be missing
	size       int64 // bytes of one element
	json       any   // as it is written
}

// field is one field of a struct, or the one unnamed field of another type.
type field struct {
	name   string
	dtype  arrayview.DType
	inner  []int64 // shape inside the element: the bytes of r<N>
	offset int64   // bytes from the beginning of the element
	size   int64   // bytes per element, all of inner
	json   any     // the type as it is written
}

// parseDType reads the member "data_type".
func parseDType(v strictjson.Value) (*dataType, error) {
	if v.IsArray() {
		return parseStruct(v, true)
	}
	name, conf, err := readNamed(v)
	if err != nil {
		return nil, err
	}
	if name == "struct" || name == "structured" {
		if conf == nil {
			return nil, v.Errorf("%s needs a configuration", name)
		}
		fields, err := conf.Need("fields")
		if err != nil {
			return nil, err
		}
		t, err := parseStruct(fields, name == "structured")
		if err != nil {
			return nil, err
		}
		return t, conf.Close()
	}
	f, err := parseScalarType(v)
	if err != nil {
		return nil, err
	}
	return &dataType{fields: []field{f}, size: f.size, json: f.json}, nil
}

// parseScalarType reads the type of a field, or one that has none.
func parseScalarType(v strictjson.Value) (field, error) {
	name, conf, err := readNamed(v)
	if err != nil {
		return field{}, err
	}
	if name == "raw_bytes" {
		return parseRawBytes(v, conf)
	}
	if conf != nil {
		if err := conf.Close(); err != nil {
			return field{}, err
		}
	}
	if bits, ok := strings.CutPrefix(name, "r"); ok {
		n, err := strconv.ParseUint(bits, 10, 31)
		if err == nil && n > 0 && n%8 == 0 && bits[0] != '0' {
			return rawField(int64(n/8), name), nil
		}
	}
	t, err := arrayview.ParseDType(name)
	if err != nil || t == arrayview.Char || t == arrayview.Byte {
		return field{}, v.Errorf("unsupported data type %q", name)
	}
	return field{dtype: t, size: int64(t.Size()), json: name}, nil
}

// rawField returns n bytes along one more dimension.
func rawField(n int64, json any) field {
	return field{dtype: arrayview.Byte, inner: []int64{n}, size: n, json: json}
}

// parseRawBytes reads zarr-python's name for r<N>.
func parseRawBytes(v strictjson.Value, conf *strictjson.Object) (field, error) {
	if conf == nil {
		return field{}, v.Errorf("raw_bytes needs a configuration")
	}
	length, err := conf.Need("length_bytes")
	if err != nil {
		return field{}, err
	}
	n, err := length.Int(1, 1<<31-1)
	if err != nil {
		return field{}, err
	}
	return rawField(n, named("raw_bytes", map[string]any{"length_bytes": n})), conf.Close()
}

// parseStruct reads a list of fields: objects, or pairs in the legacy form.
func parseStruct(v strictjson.Value, legacy bool) (*dataType, error) {
	entries, err := v.Array()
	if err != nil {
		return nil, err
	}
	t := &dataType{structured: true, legacy: legacy}
	written := make([]any, len(entries))
	for i, e := range entries {
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
		written[i] = map[string]any{"name": f.name, "data_type": f.json}
	}
	if t.size == 0 {
		return nil, v.Errorf("a struct needs at least one field")
	}
	t.json = named("struct", map[string]any{"fields": written})
	return t, nil
}

// parseField reads {"name":, "data_type":} or [name, data_type].
func parseField(v strictjson.Value) (field, error) {
	var name, dtype strictjson.Value
	if pair, err := v.Array(); err == nil {
		if len(pair) != 2 {
			return field{}, v.Errorf("expected [name, type], got %s", v.Text())
		}
		name, dtype = pair[0], pair[1]
	} else {
		o, err := v.Object()
		if err != nil {
			return field{}, err
		}
		if name, err = o.Need("name"); err != nil {
			return field{}, err
		}
		if dtype, err = o.Need("data_type"); err != nil {
			return field{}, err
		}
		if err := o.Close(); err != nil {
			return field{}, err
		}
	}
	s, err := name.Str()
	if err != nil {
		return field{}, err
	}
	if s == "" {
		return field{}, name.Errorf("the name of a field is empty")
	}
	f, err := parseScalarType(dtype)
	f.name = s
	return f, err
}

// find returns the index of the field with the given name, or -1.
func (t *dataType) find(name string) int {
	return slices.IndexFunc(t.fields, func(f field) bool { return f.name == name })
}

// known returns what a spec may select from.
func (t *dataType) known() document.Fields {
	f := document.Fields{Member: "data_type", Structured: t.structured, JSON: t.json}
	for i := range t.fields {
		f.Names = append(f.Names, t.fields[i].name)
	}
	return f
}

// ordered reports whether the byte order of elements matters.
func (t *dataType) ordered() bool {
	return slices.ContainsFunc(t.fields, func(f field) bool { return f.dtype.PartSize() > 1 })
}
