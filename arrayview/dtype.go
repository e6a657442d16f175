package arrayview

import "fmt"

// DType is an element type of TensorStore. Its zero value is no type.
type DType uint8

// The element types that chunked arrays hold. Those of less than a byte are
// stored in one, sign-extended.
const (
	_ DType = iota
	Bool
	Char
	Byte
	Int2
	Int4
	Int8
	Uint8
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Float8E3M4
	Float8E4M3FN
	Float8E4M3FNUZ
	Float8E4M3B11FNUZ
	Float8E5M2
	Float8E5M2FNUZ
	Float8E8M0FNU
	Float4E2M1FN
	Float16
	BFloat16
	Float32
	Float64
	Complex64
	Complex128
)

type dtypeInfo struct {
	name  string
	size  int    // bytes per element
	part  int    // bytes per scalar: what a byte swap reverses
	numpy string // typestr without byte order, "" when NumPy has no such type
}

var dtypes = [...]dtypeInfo{
	Bool: {"bool", 1, 1, "b1"}, Char: {"char", 1, 1, "S1"}, Byte: {"byte", 1, 1, "V1"},
	Int2: {"int2", 1, 1, ""}, Int4: {"int4", 1, 1, ""},
	Int8: {"int8", 1, 1, "i1"}, Uint8: {"uint8", 1, 1, "u1"},
	Int16: {"int16", 2, 2, "i2"}, Uint16: {"uint16", 2, 2, "u2"},
	Int32: {"int32", 4, 4, "i4"}, Uint32: {"uint32", 4, 4, "u4"},
	Int64: {"int64", 8, 8, "i8"}, Uint64: {"uint64", 8, 8, "u8"},
	Float8E3M4: {"float8_e3m4", 1, 1, ""}, Float8E4M3FN: {"float8_e4m3fn", 1, 1, ""},
	Float8E4M3FNUZ: {"float8_e4m3fnuz", 1, 1, ""}, Float8E4M3B11FNUZ: {"float8_e4m3b11fnuz", 1, 1, ""},
	Float8E5M2: {"float8_e5m2", 1, 1, ""}, Float8E5M2FNUZ: {"float8_e5m2fnuz", 1, 1, ""},
	Float8E8M0FNU: {"float8_e8m0fnu", 1, 1, ""}, Float4E2M1FN: {"float4_e2m1fn", 1, 1, ""},
	Float16: {"float16", 2, 2, "f2"}, BFloat16: {"bfloat16", 2, 2, ""},
	Float32: {"float32", 4, 4, "f4"}, Float64: {"float64", 8, 8, "f8"},
	Complex64: {"complex64", 8, 4, "c8"}, Complex128: {"complex128", 16, 8, "c16"},
}

// ParseDType returns the type with TensorStore's name for it.
func ParseDType(name string) (DType, error) {
	for t := Bool; int(t) < len(dtypes); t++ {
		if dtypes[t].name == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("unsupported data type %q", name)
}

func (t DType) String() string {
	if t == 0 || int(t) >= len(dtypes) {
		return "none"
	}
	return dtypes[t].name
}

// Size returns the bytes per element.
func (t DType) Size() int { return dtypes[t].size }

// PartSize returns the bytes per scalar, which is half the element for complex
// types: byte order applies to each part by itself.
func (t DType) PartSize() int { return dtypes[t].part }

// NumPy returns NumPy's type string without a byte order ("u2"), or "" when
// NumPy has no such type.
func (t DType) NumPy() string { return dtypes[t].numpy }
