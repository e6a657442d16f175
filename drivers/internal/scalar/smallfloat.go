package scalar

import (
	"math"

	"tsmount/arrayview"
)

// smallFloat describes a floating-point format by the parts of its bits.
type smallFloat struct {
	exponent, mantissa, bias int
	special                  special
}

// special says which codes stand for no number.
type special byte

const (
	ieee     special = iota + 1 // the largest exponent: infinity and NaN
	fn                          // all ones: NaN; no infinity
	fnuz                        // -0: NaN; no infinity, no -0
	allFinal                    // neither: too large is the largest
)

// smallFloats are the formats below float32, as ml_dtypes defines them
// (README.md, "Specifications of implemented floating point formats"). The
// exponent-only float8_e8m0fnu is a case of its own.
var smallFloats = map[arrayview.DType]smallFloat{
	arrayview.Float16:           {5, 10, 15, ieee},
	arrayview.BFloat16:          {8, 7, 127, ieee},
	arrayview.Float8E5M2:        {5, 2, 15, ieee},
	arrayview.Float8E3M4:        {3, 4, 3, ieee},
	arrayview.Float8E4M3FN:      {4, 3, 7, fn},
	arrayview.Float8E4M3FNUZ:    {4, 3, 8, fnuz},
	arrayview.Float8E4M3B11FNUZ: {4, 3, 11, fnuz},
	arrayview.Float8E5M2FNUZ:    {5, 2, 16, fnuz},
	arrayview.Float4E2M1FN:      {2, 1, 1, allFinal},
	arrayview.Float8E8M0FNU:     {8, 0, 127, fn},
}

// FloatBits returns the bits of f, rounded to nearest even, as an element of t.
func FloatBits(f float64, t arrayview.DType) uint64 {
	switch t {
	case arrayview.Float64:
		if math.IsNaN(f) {
			return 0x7ff8 << 48
		}
		return math.Float64bits(f)
	case arrayview.Float32:
		if math.IsNaN(f) {
			return 0x7fc00000
		}
		return uint64(math.Float32bits(float32(f)))
	case arrayview.Float8E8M0FNU:
		return e8m0Bits(f)
	case arrayview.BFloat16:
		f = float64(float32(f)) // as TensorStore rounds
	}
	return smallFloats[t].bits(f)
}

// FloatValue returns the number that the bits of an element of t stand for.
func FloatValue(bits uint64, t arrayview.DType) float64 {
	switch t {
	case arrayview.Float64:
		return math.Float64frombits(bits)
	case arrayview.Float32:
		return float64(math.Float32frombits(uint32(bits)))
	case arrayview.Float8E8M0FNU:
		if bits == 0xff {
			return math.NaN()
		}
		return math.Ldexp(1, int(bits)-127)
	}
	return smallFloats[t].value(bits)
}

// signBit returns the sign bit, which is also the number of codes without it.
func (s smallFloat) signBit() uint64 { return 1 << (s.exponent + s.mantissa) }

// infinity returns the first code beyond the finite ones, without the sign.
func (s smallFloat) infinity() uint64 {
	switch s.special {
	case ieee:
		return (1<<s.exponent - 1) << s.mantissa
	case fn:
		return s.signBit() - 1
	}
	return s.signBit()
}

// nan returns the canonical NaN; overflow is what too large a number becomes.
func (s smallFloat) nan() uint64 {
	switch s.special {
	case ieee:
		return s.infinity() | 1<<(s.mantissa-1)
	case fn:
		return s.signBit() - 1
	case fnuz:
		return s.signBit()
	}
	return s.signBit() // float4_e2m1fn has no NaN: -0, as in ml_dtypes
}

func (s smallFloat) overflow(sign uint64) uint64 {
	switch s.special {
	case ieee, fn:
		return sign | s.infinity()
	case fnuz:
		return s.nan()
	}
	return sign | (s.signBit() - 1)
}

func (s smallFloat) bits(f float64) uint64 {
	if math.IsNaN(f) {
		return s.nan()
	}
	var sign uint64
	if math.Signbit(f) {
		sign, f = s.signBit(), -f
	}
	code := s.infinity()
	if f == 0 {
		code = 0
	} else if !math.IsInf(f, 0) {
		_, e := math.Frexp(f)
		e = max(e-1, 1-s.bias)
		// One unit in the last place is 2^(e-mantissa); a carry into the
		// exponent comes out right by itself.
		ulps := math.RoundToEven(math.Ldexp(f, s.mantissa-e))
		if biased := float64(uint64(e+s.bias-1)<<s.mantissa) + ulps; biased < float64(code) {
			code = uint64(biased)
		}
	}
	switch {
	case code >= s.infinity():
		return s.overflow(sign)
	case code == 0 && s.special == fnuz:
		return 0
	}
	return sign | code
}

func (s smallFloat) value(bits uint64) float64 {
	sign, code := bits&s.signBit(), bits&(s.signBit()-1)
	switch {
	case s.special == ieee && code > s.infinity(), s.special == fn && code == s.infinity(), s.special == fnuz && sign != 0 && code == 0:
		return math.NaN()
	case s.special == ieee && code == s.infinity():
		return math.Copysign(math.Inf(1), signed(sign))
	}
	e, m := int(code>>s.mantissa), code&(1<<s.mantissa-1)
	if e > 0 {
		m, e = m|1<<s.mantissa, e-1
	}
	return math.Copysign(math.Ldexp(float64(m), e+1-s.bias-s.mantissa), signed(sign))
}

func signed(sign uint64) float64 {
	if sign != 0 {
		return -1
	}
	return 1
}

// e8m0Bits rounds to a power of two. There is neither sign nor zero: what has no
// logarithm is NaN.
func e8m0Bits(f float64) uint64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || f <= 0 {
		return 0xff
	}
	if f < math.Ldexp(1, -127) {
		return 0
	}
	m, e := math.Frexp(f) // f = m * 2^e, m in [0.5, 1)
	if e--; m > 0.75 || m == 0.75 && (e+127)&1 == 1 {
		e++
	}
	if e+127 >= 0xff {
		return 0xff
	}
	return uint64(e + 127)
}
