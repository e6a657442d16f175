package scalar

import "encoding/binary"

// Gather copies fields of size bytes, the first at src[0] and stride bytes
// apart, to dst, which they fill.
func Gather(dst, src []byte, size, stride int64) {
	d := span{step: size, end: int64(len(dst))}
	s := span{step: stride, end: int64(len(src))}
	copyFields(dst, src, size, d, s)
}

// Scatter is the inverse of Gather: src is cut into fields that go to dst[0]
// and every stride bytes on.
func Scatter(dst, src []byte, size, stride int64) {
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
