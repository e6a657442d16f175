package zarr

import (
	"encoding/binary"
	"math/bits"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// fix turns stored elements into decoded ones, in place: little-endian, small
// integers sign-extended.
func (f field) fix(b []byte) {
	f.swap(b)
	signExtend(b, f.dtype)
}

// swap reverses the bytes of every scalar if the field is big-endian.
func (f field) swap(b []byte) {
	if !f.big {
		return
	}
	switch f.dtype.PartSize() {
	case 2:
		swap2(b)
	case 4:
		swap4(b)
	case 8:
		swap8(b)
	}
}

func swap2(b []byte) {
	const low = 0x00ff00ff00ff00ff
	i := 0
	for ; i+16 <= len(b); i += 16 {
		p := (*[16]byte)(b[i:])
		v, w := binary.LittleEndian.Uint64(p[:8]), binary.LittleEndian.Uint64(p[8:])
		binary.LittleEndian.PutUint64(p[:8], v>>8&low|v&low<<8)
		binary.LittleEndian.PutUint64(p[8:], w>>8&low|w&low<<8)
	}
	for ; i+2 <= len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
}

func swap4(b []byte) {
	i := 0
	for ; i+16 <= len(b); i += 16 {
		p := (*[16]byte)(b[i:])
		v, w := bits.ReverseBytes64(binary.LittleEndian.Uint64(p[:8])), bits.ReverseBytes64(binary.LittleEndian.Uint64(p[8:]))
		binary.LittleEndian.PutUint64(p[:8], bits.RotateLeft64(v, 32))
		binary.LittleEndian.PutUint64(p[8:], bits.RotateLeft64(w, 32))
	}
	for ; i+4 <= len(b); i += 4 {
		binary.LittleEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
}

func swap8(b []byte) {
	for i := 0; i+8 <= len(b); i += 8 {
		p := (*[8]byte)(b[i:])
		binary.LittleEndian.PutUint64(p[:], binary.BigEndian.Uint64(p[:]))
	}
}

// signExtend extends the low bits of int2 and int4 elements, whose high bits
// mean nothing when read and are written as copies of the sign.
func signExtend(b []byte, t arrayview.DType) {
	shift := 0
	switch t {
	case arrayview.Int2:
		shift = 6
	case arrayview.Int4:
		shift = 4
	default:
		return
	}
	for i, x := range b {
		b[i] = byte(int8(x<<shift) >> shift)
	}
}

// firstBadBool returns the index of the first byte that is neither 0 nor 1.
func firstBadBool(b []byte) int {
	const high = 0xfefefefefefefefe
	i := 0
	for ; i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&high == 0; i += 8 {
	}
	for ; i < len(b); i++ {
		if b[i] > 1 {
			return i
		}
	}
	return -1
}

// checkBool rejects what is no bool; NumPy and C++ misbehave on such bytes.
func checkBool(b []byte) error {
	if i := firstBadBool(b); i >= 0 {
		return drivers.Corruptf("element %d is %d, which is no bool", i, b[i])
	}
	return nil
}

// gather copies fields of size bytes, the first at src[0] and stride bytes
// apart, to dst, which they fill.
func gather(dst, src []byte, size, stride int64) {
	d := span{step: size, end: int64(len(dst))}
	s := span{step: stride, end: int64(len(src))}
	copyFields(dst, src, size, d, s)
}

// scatter is the inverse of gather: src is cut into fields that go to dst[0]
// and every stride bytes on.
func scatter(dst, src []byte, size, stride int64) {
	d := span{step: stride, end: int64(len(dst))}
	s := span{step: size, end: int64(len(src))}
	copyFields(dst, src, size, d, s)
}

// span says how a position advances, and where it must not get to.
type span struct{ step, end int64 }

// copyFields copies fields until one of the spans ends. The sizes that scalars
// have need no call of memmove.
func copyFields(dst, src []byte, size int64, d, s span) {
	i, j := int64(0), int64(0)
	switch size {
	case 0:
	case 1:
		for ; i+1 <= d.end && j+1 <= s.end; i, j = i+d.step, j+s.step {
			dst[i] = src[j]
		}
	case 2:
		for ; i+2 <= d.end && j+2 <= s.end; i, j = i+d.step, j+s.step {
			binary.LittleEndian.PutUint16(dst[i:], binary.LittleEndian.Uint16(src[j:]))
		}
	case 4:
		for ; i+4 <= d.end && j+4 <= s.end; i, j = i+d.step, j+s.step {
			binary.LittleEndian.PutUint32(dst[i:], binary.LittleEndian.Uint32(src[j:]))
		}
	case 8:
		for ; i+8 <= d.end && j+8 <= s.end; i, j = i+d.step, j+s.step {
			binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[j:]))
		}
	default:
		for ; i+size <= d.end && j+size <= s.end; i, j = i+d.step, j+s.step {
			copy(dst[i:i+size], src[j:j+size])
		}
	}
}
