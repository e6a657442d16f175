package scalar

import (
	"encoding/binary"
	"math/bits"

	"tsmount/arrayview"
	"tsmount/drivers"
)

// Swap reverses the bytes of every scalar of b, in place. The elements have
// type t; a complex number is two scalars.
func Swap(b []byte, t arrayview.DType) { CopySwapped(b, b, t) }

// CopySwapped copies src to dst, which is as long and the same memory or apart,
// and reverses the bytes of every scalar on the way.
func CopySwapped(dst, src []byte, t arrayview.DType) {
	src = src[:len(dst)]
	n := swapBlocks(dst, src, t.PartSize())
	dst, src = dst[n:], src[n:]
	switch t.PartSize() {
	case 2:
		swap2(dst, src)
	case 4:
		swap4(dst, src)
	case 8:
		swap8(dst, src)
	default:
		copy(dst, src)
	}
}

func swap2(dst, src []byte) {
	const low = 0x00ff00ff00ff00ff
	i := 0
	for ; i+16 <= len(dst); i += 16 {
		p, q := (*[16]byte)(dst[i:]), (*[16]byte)(src[i:])
		v, w := binary.LittleEndian.Uint64(q[:8]), binary.LittleEndian.Uint64(q[8:])
		binary.LittleEndian.PutUint64(p[:8], v>>8&low|v&low<<8)
		binary.LittleEndian.PutUint64(p[8:], w>>8&low|w&low<<8)
	}
	for ; i+2 <= len(dst); i += 2 {
		dst[i], dst[i+1] = src[i+1], src[i]
	}
}

func swap4(dst, src []byte) {
	i := 0
	for ; i+16 <= len(dst); i += 16 {
		p, q := (*[16]byte)(dst[i:]), (*[16]byte)(src[i:])
		v, w := bits.ReverseBytes64(binary.LittleEndian.Uint64(q[:8])), bits.ReverseBytes64(binary.LittleEndian.Uint64(q[8:]))
		binary.LittleEndian.PutUint64(p[:8], bits.RotateLeft64(v, 32))
		binary.LittleEndian.PutUint64(p[8:], bits.RotateLeft64(w, 32))
	}
	for ; i+4 <= len(dst); i += 4 {
		binary.LittleEndian.PutUint32(dst[i:], binary.BigEndian.Uint32(src[i:]))
	}
}

func swap8(dst, src []byte) {
	for i := 0; i+8 <= len(dst); i += 8 {
		binary.LittleEndian.PutUint64(dst[i:], binary.BigEndian.Uint64(src[i:]))
	}
}

// Narrow reports whether t is stored in more bits than it has: the others mean
// nothing when read and are written as copies of the sign.
func Narrow(t arrayview.DType) bool { return t == arrayview.Int2 || t == arrayview.Int4 }

// SignExtend extends the low bits of int2 and int4 elements; others it leaves.
func SignExtend(b []byte, t arrayview.DType) {
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

// FirstBadBool returns the index of the first byte that is neither 0 nor 1, or
// -1.
func FirstBadBool(b []byte) int {
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

// CheckBool rejects what is no bool; NumPy and C++ misbehave on such bytes.
func CheckBool(b []byte) error {
	if i := FirstBadBool(b); i >= 0 {
		return drivers.Corruptf("element %d is %d, which is no bool", i, b[i])
	}
	return nil
}
