package zarr

import (
	"encoding/binary"

	"tsmount/drivers/internal/scalar"
)

// fix turns stored elements into decoded ones, in place: little-endian, small
// integers sign-extended.
func (f field) fix(b []byte) {
	f.swap(b)
	scalar.SignExtend(b, f.dtype)
}

// swap reverses the bytes of every scalar if the field is big-endian.
func (f field) swap(b []byte) {
	if f.big {
		scalar.Swap(b, f.dtype)
	}
}

// loadInt returns the integer at b, sign-extended.
func (f field) loadInt(b []byte) uint64 {
	u := f.loadBits(b)
	if scalar.IntBits(f.dtype) < 0 {
		shift := 64 - 8*len(b)
		u = uint64(int64(u<<shift) >> shift)
	}
	return u
}

// storeInt writes the low bytes of u.
func (f field) storeInt(b []byte, u uint64) {
	scalar.PutUint(b, u)
	f.swap(b)
}

func (f field) loadBits(b []byte) uint64 {
	if f.big {
		u := uint64(0)
		for _, x := range b {
			u = u<<8 | uint64(x)
		}
		return u
	}
	switch len(b) {
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		return binary.LittleEndian.Uint64(b)
	}
	return scalar.Uint(b)
}

// load returns the number at b.
func (f field) load(b []byte) float64 {
	switch bits := scalar.IntBits(f.dtype); {
	case bits < 0:
		return float64(int64(f.loadInt(b)))
	case bits > 0:
		return float64(f.loadBits(b))
	}
	return scalar.FloatValue(f.loadBits(b), f.dtype)
}

// store writes a number, cut to a whole one for integers.
func (f field) store(b []byte, x float64) {
	switch bits := scalar.IntBits(f.dtype); {
	case bits < 0, bits > 0 && x < 0:
		f.storeInt(b, uint64(int64(x)))
	case bits > 0:
		f.storeInt(b, uint64(x))
	default:
		f.storeInt(b, scalar.FloatBits(x, f.dtype))
	}
}
