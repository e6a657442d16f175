package scalar

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

// Style says which spellings of numbers Parse takes beside JSON's and "NaN",
// "Infinity", "-Infinity".
type Style uint8

const (
	// Text is zarr v2's stored documents: a number may be a string, decimal or
	// hexadecimal as C's strtod reads it ("0x1p3", "0x1F"); int2 and int4 may
	// have any value of a byte and are cut.
	Text Style = iota
	// Schema is the fill_value of a TensorStore schema: as Text, and C's words
	// for infinities and NaN ("inf", "nan"). int2 and int4 must fit.
	Schema
	// Bits is zarr v3 (core/index.rst, "Fill value"): "0x" and digits are the
	// bits of a floating-point number, most significant digit first; no other
	// string is a number.
	Bits
)

// Parse writes the little-endian element that v stands for to dst, which has
// the size of t and is zero.
func Parse(dst []byte, v strictjson.Value, t arrayview.DType, style Style) error {
	switch {
	case t == arrayview.Bool:
		b, err := v.Bool()
		if b {
			dst[0] = 1
		}
		return err
	case IsComplex(t):
		parts, err := v.Array()
		if err != nil || len(parts) != 2 {
			return v.Errorf("expected [real, imaginary], got %s", v.Text())
		}
		half := len(dst) / 2
		return errors.Join(
			parseFloat(dst[:half], parts[0], floatPart(t), style),
			parseFloat(dst[half:], parts[1], floatPart(t), style))
	case IsFloat(t):
		return parseFloat(dst, v, t, style)
	}
	return parseInt(dst, v, t, style)
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
func parseInt(dst []byte, v strictjson.Value, t arrayview.DType, style Style) error {
	n := v
	if s, err := v.Str(); err == nil && style != Bits {
		if _, err := strconv.ParseFloat(s, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			return v.Errorf("expected a whole number, got %s", v.Text())
		}
		n = strictjson.Of(json.Number(s), "", "")
	}
	bits := intTypes[t]
	if style != Text && narrow[t] != 0 {
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
	PutUint(dst, u)
	SignExtend(dst, t)
	return nil
}

func intRange(bits int) (lo, hi int64) {
	if bits < 0 {
		return -1 << (-bits - 1), 1<<(-bits-1) - 1
	}
	return 0, 1<<bits - 1
}

// IntBits returns the bits of an integer type as stored, negated for signed
// ones; 0 for other types.
func IntBits(t arrayview.DType) int { return intTypes[t] }

// PutUint writes the low bytes of u, least significant first.
func PutUint(dst []byte, u uint64) {
	for i := range dst {
		dst[i] = byte(u >> (8 * i))
	}
}

// Uint returns the number of at most 8 bytes, least significant first.
func Uint(src []byte) uint64 {
	var b [8]byte
	copy(b[:], src)
	return binary.LittleEndian.Uint64(b[:])
}

// parseFloat reads a number, "NaN", "Infinity", "-Infinity", or what else style
// allows.
func parseFloat(dst []byte, v strictjson.Value, t arrayview.DType, style Style) error {
	s, isString := v.Any().(string)
	if hex, ok := strings.CutPrefix(s, "0x"); isString && ok && style == Bits {
		return parseBits(dst, v, hex)
	}
	f, err := v.Float()
	if isString {
		f, err = floatText(s, style)
	}
	if err != nil {
		return v.Errorf("expected a number, %q, %q or %q, got %s", "NaN", "Infinity", "-Infinity", v.Text())
	}
	PutUint(dst, FloatBits(f, t))
	return nil
}

func parseBits(dst []byte, v strictjson.Value, hex string) error {
	u, err := strconv.ParseUint(hex, 16, 64)
	if err != nil || len(hex) > 2*len(dst) {
		return v.Errorf("expected \"0x\" and 1 to %d hexadecimal digits, got %s", 2*len(dst), v.Text())
	}
	PutUint(dst, u)
	return nil
}

func floatText(s string, style Style) (float64, error) {
	special := slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, s)
	if style == Bits && !special {
		return 0, strconv.ErrSyntax
	}
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	number := strings.ContainsAny(lower, "0123456789") && !strings.Contains(s, "_")
	if !number && !special && style != Schema {
		return 0, strconv.ErrSyntax
	}
	if strings.Contains(lower, "0x") && !strings.Contains(lower, "p") {
		s += "p0"
	}
	return strconv.ParseFloat(s, 64)
}

// IsComplex reports whether elements of type t have two parts.
func IsComplex(t arrayview.DType) bool { return t == arrayview.Complex64 || t == arrayview.Complex128 }

// IsFloat reports whether t is a type of real floating-point numbers.
func IsFloat(t arrayview.DType) bool {
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

// Format returns the JSON form of a little-endian element, as TensorStore
// writes it: floats in double precision, NaN and infinities as strings.
func Format(src []byte, t arrayview.DType) any { return format(src, t, false) }

// FormatBits is Format in the style Bits: a NaN that is not the canonical one
// becomes its bits.
func FormatBits(src []byte, t arrayview.DType) any { return format(src, t, true) }

func format(src []byte, t arrayview.DType, exact bool) any {
	switch {
	case t == arrayview.Bool:
		return src[0] != 0
	case IsComplex(t):
		half := len(src) / 2
		part := floatPart(t)
		return []any{format(src[:half], part, exact), format(src[half:], part, exact)}
	case IsFloat(t):
		bits := Uint(src)
		f := FloatValue(bits, t)
		if exact && math.IsNaN(f) && bits != FloatBits(f, t) {
			digits := strconv.FormatUint(bits, 16)
			return "0x" + strings.Repeat("0", 2*len(src)-len(digits)) + digits
		}
		return formatFloat(f)
	case intTypes[t] < 0:
		shift := 64 - 8*len(src)
		return json.Number(strconv.FormatInt(int64(Uint(src)<<shift)>>shift, 10))
	}
	return json.Number(strconv.FormatUint(Uint(src), 10))
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
