package codec

import (
	"encoding/binary"
	"unsafe"
)

// load64 and store64 move 8 little-endian bytes, at any address.
func load64(p unsafe.Pointer) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(p)[:])
}

func store64(p unsafe.Pointer, v uint64) {
	binary.LittleEndian.PutUint64((*[8]byte)(p)[:], v)
}

// copy16 copies 16 bytes that do not overlap.
func copy16(op, from unsafe.Pointer) {
	low, high := load64(from), load64(unsafe.Add(from, 8))
	store64(op, low)
	store64(unsafe.Add(op, 8), high)
}

// copyMatch copies length bytes, up to 258, from op-distance to op; where they
// overlap the copy repeats. It may write 7 bytes more.
func copyMatch(op unsafe.Pointer, distance, length uintptr) {
	from := unsafe.Add(op, -int(distance))
	switch {
	case distance >= length:
		copy(unsafe.Slice((*byte)(op), length), unsafe.Slice((*byte)(from), length))
	case distance >= 8:
		copyWords(op, from, length)
	default:
		for i := range 8 {
			*(*byte)(unsafe.Add(op, i)) = *(*byte)(unsafe.Add(from, i))
		}
		// What follows repeats, so it may be copied from any number of
		// distances further back.
		if length > 8 {
			op = unsafe.Add(op, 8)
			back := distance * ((7 + distance) / distance)
			copyWords(op, unsafe.Add(op, -int(back)), length-8)
		}
	}
}

// copyWords copies 8 bytes at a time, upwards.
func copyWords(op, from unsafe.Pointer, length uintptr) {
	for i := uintptr(0); i < length; i += 8 {
		store64(unsafe.Add(op, i), load64(unsafe.Add(from, i)))
	}
}
