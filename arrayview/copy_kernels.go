package arrayview

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// The kernels below move single elements through unsafe pointers. Copy.Run has
// checked the extremes of all loops before; every address they form is that of
// an element between those extremes.

// kernel copies a plane of elements.
type kernel func(dst, src unsafe.Pointer, outer, inner axis)

func kernelOf(elem, swap int) kernel {
	switch {
	case swap == 2:
		return swap16
	case swap == 4:
		return swap32
	case swap == 8:
		return swap64
	case elem == 1:
		return plane[uint8]
	case elem == 2:
		return plane[uint16]
	case elem == 4:
		return plane[uint32]
	case elem == 8:
		return plane[uint64]
	}
	return plane[[2]uint64]
}

func plane[T uint8 | uint16 | uint32 | uint64 | [2]uint64](dst, src unsafe.Pointer, outer, inner axis) {
	for i := range outer.n {
		d, s := i*outer.d, i*outer.s
		for range inner.n {
			*(*T)(unsafe.Add(dst, d)) = *(*T)(unsafe.Add(src, s))
			d += inner.d
			s += inner.s
		}
	}
}

func swap16(dst, src unsafe.Pointer, outer, inner axis) {
	for i := range outer.n {
		d, s := i*outer.d, i*outer.s
		for range inner.n {
			*(*uint16)(unsafe.Add(dst, d)) = bits.ReverseBytes16(*(*uint16)(unsafe.Add(src, s)))
			d += inner.d
			s += inner.s
		}
	}
}

func swap32(dst, src unsafe.Pointer, outer, inner axis) {
	for i := range outer.n {
		d, s := i*outer.d, i*outer.s
		for range inner.n {
			*(*uint32)(unsafe.Add(dst, d)) = bits.ReverseBytes32(*(*uint32)(unsafe.Add(src, s)))
			d += inner.d
			s += inner.s
		}
	}
}

func swap64(dst, src unsafe.Pointer, outer, inner axis) {
	for i := range outer.n {
		d, s := i*outer.d, i*outer.s
		for range inner.n {
			*(*uint64)(unsafe.Add(dst, d)) = bits.ReverseBytes64(*(*uint64)(unsafe.Add(src, s)))
			d += inner.d
			s += inner.s
		}
	}
}

// swapRun copies src to dst, which is as long, reversing the bytes of each part
// of 2, 4 or 8 bytes. It is also right when both are the same memory.
func swapRun(dst, src []byte, part int) {
	d, s := unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Pointer(unsafe.SliceData(src[:len(dst)]))
	words := int64(len(dst)) &^ 7
	switch part {
	case 2:
		for i := int64(0); i < words; i += 8 {
			x := word(s, i)
			setWord(d, i, x&low8<<8|x>>8&low8)
		}
	case 4:
		for i := int64(0); i < words; i += 8 {
			setWord(d, i, bits.RotateLeft64(bits.ReverseBytes64(word(s, i)), 32))
		}
	case 8:
		for i := int64(0); i < words; i += 8 {
			setWord(d, i, bits.ReverseBytes64(word(s, i)))
		}
	}
	for i := int(words); i < len(dst); i += part {
		copy(dst[i:i+part], src[i:])
		slices.Reverse(dst[i : i+part])
	}
}

// word and setWord access eight bytes, the first of which is the lowest.
func word(p unsafe.Pointer, off int64) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, off))[:])
}

func setWord(p unsafe.Pointer, off int64, x uint64) {
	binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(p, off))[:], x)
}
