package zarr

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// parseScalar writes the little-endian element that v stands for to dst, which
// has the size of t. loose is the reading of a schema's fill_value: infinities
// and NaN may be spelled as in C ("inf", "nan").
func parseScalar(dst []byte, v strictjson.Value, t arrayview.DType, loose bool) error {
	switch {
	case t == arrayview.Bool:
		b, err := v.Bool()
		if b {
			dst[0] = 1
		}
		return err
	case isComplex(t):
		parts, err := v.Array()
		if err != nil || len(parts) != 2 {
			return v.Errorf("expected [real, imaginary], got %s", v.Text())
		}
		half := len(dst) / 2
		return errors.Join(
			parseFloat(dst[:half], parts[0], floatPart(t), loose),
			parseFloat(dst[half:], parts[1], floatPart(t), loose))
	case isFloat(t):
		return parseFloat(dst, v, t, loose)
	}
	return parseInt(dst, v, t, loose)
}

// intTypes gives the bits of the integer types as stored; negative: signed.
var intTypes = map[arrayview.DType]int{
	arrayview.Int2: -8, arrayview.Int4: -8, arrayview.Int8: -8, arrayview.Int16: -16,
	arrayview.Int32: -32, arrayview.Int64: -64, arrayview.Uint8: 8, arrayview.Uint16: 16,
	arrayview.Uint32: 32, arrayview.Uint64: 64,
}

// narrow gives the bits of the types that are smaller than what stores them.
var narrow = map[arrayview.DType]int{arrayview.Int2: -2, arrayview.Int4: -4}

// parseInt reads a whole number, which n5-zarr and others write as a string.
// Stored int2 and int4 may have any value of a byte and are cut, those of a
// schema may not: both as in TensorStore.
func parseInt(dst []byte, v strictjson.Value, t arrayview.DType, loose bool) error {
	n := v
	if s, err := v.Str(); err == nil {
		if _, err := strconv.ParseFloat(s, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return v.Errorf("expected a whole number, got %s", v.Text())
		}
		n = strictjson.Of(json.Number(s), "", "")
	}
	bits := intTypes[t]
	if loose && narrow[t] != 0 {
		bits = narrow[t]
	}
	if bits == 0 {
		return v.Errorf("a value of type %v cannot be written as JSON", t)
	}
	var u uint64
	var ok bool
	if bits == 64 {
		w, err := n.Uint()
		u, ok = w, err == nil
	} else if lo, hi := intRange(bits); true {
		i, err := n.Int(lo, hi)
		u, ok = uint64(i), err == nil
	}
	if !ok {
		return v.Errorf("expected a whole number that %v can hold, got %s", t, v.Text())
	}
	putUint(dst, u)
	signExtend(dst, t)
	return nil
}

func intRange(bits int) (lo, hi int64) {
	if bits < 0 {
		return -1 << (-bits - 1), 1<<(-bits-1) - 1
	}
	return 0, 1<<bits - 1
}

// putUint writes the low bytes of u, least significant first.
func putUint(dst []byte, u uint64) {
	for i := range dst {
		dst[i] = byte(u >> (8 * i))
	}
}

func getUint(src []byte) uint64 {
	var b [8]byte
	copy(b[:], src)
	return binary.LittleEndian.Uint64(b[:])
}

// parseFloat reads a number, "NaN", "Infinity", "-Infinity", or a number as a
// string, decimal or hexadecimal as C's strtod reads it ("0x1p3", "0x1F").
func parseFloat(dst []byte, v strictjson.Value, t arrayview.DType, loose bool) error {
	f, err := v.Float()
	if s, isString := v.Any().(string); isString {
		f, err = floatText(s, loose)
	}
	if err != nil {
		return v.Errorf("expected a number, %q, %q or %q, got %s", "NaN", "Infinity", "-Infinity", v.Text())
	}
	putUint(dst, floatBits(f, t))
	return nil
}

func floatText(s string, loose bool) (float64, error) {
	special := slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, s)
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	number := strings.ContainsAny(lower, "0123456789") && !strings.Contains(s, "_")
	if !number && !special && !loose {
		return 0, strconv.ErrSyntax
	}
	if strings.Contains(lower, "0x") && !strings.Contains(lower, "p") {
		s += "p0"
	}
	return strconv.ParseFloat(s, 64)
}

func isFloat(t arrayview.DType) bool {
	return t == arrayview.Float64 || t == arrayview.Float32 || smallFloats[t] != smallFloat{}
}

func floatPart(t arrayview.DType) arrayview.DType {
	switch t {
	case arrayview.Complex64:
		return arrayview.Float32
	case arrayview.Complex128:
		return arrayview.Float64
	}
	return t
}

// formatScalar returns the JSON form of a little-endian element, as TensorStore
// writes it: floats in double precision, NaN and infinities as strings.
func formatScalar(src []byte, t arrayview.DType) any {
	switch {
	case t == arrayview.Bool:
		return src[0] != 0
	case isComplex(t):
		half := len(src) / 2
		part := floatPart(t)
		return []any{formatScalar(src[:half], part), formatScalar(src[half:], part)}
	case isFloat(t):
		return formatFloat(floatValue(getUint(src), t))
	case intTypes[t] < 0:
		shift := 64 - 8*len(src)
		return json.Number(strconv.FormatInt(int64(getUint(src)<<shift)>>shift, 10))
	}
	return json.Number(strconv.FormatUint(getUint(src), 10))
}

func formatFloat(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	format := byte('f')
	if abs := math.Abs(f); abs >= 1e15 || abs != 0 && abs < 1e-4 {
		format = 'e'
	}
	s := strconv.FormatFloat(f, format, -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}
