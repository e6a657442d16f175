package codec

import "sync"

// The filters of the blosc container and of the numcodecs shuffle filter. For
// elements of ts bytes, n of them:
//
// Byte shuffle writes byte j of every element in plane j: out[j*n+i] =
// in[i*ts+j]. Bit shuffle writes bit k (0 is the least) of byte j of every
// element in row 8*j+k, n/8 bytes long, element i at bit i%8 of byte i/8; it
// is defined only for n a multiple of 8. Bytes after the last whole element
// are copied. (c-blosc shuffle-generic.h, bitshuffle-generic.c.)
//
// Each kernel exists as portable Go on 64-bit words (shuffle_swar.go,
// shuffle_bits.go) and as AVX2 assembly; shuffle_amd64.go chooses.

// planes are the byte planes of elements of 2, 4, 8 or 16 bytes, in that many
// first entries. They need not lie beside each other, so that a plane that is
// stored as it is needs no copy.
type planes [16][]byte

// planesAt returns the ts planes of n bytes each that lie in buf one after
// the other.
func planesAt(buf []byte, ts, n int) (p planes) {
	for j := range ts {
		p[j] = buf[j*n : j*n+n : j*n+n]
	}
	return p
}

// planar reports whether planes can hold elements of ts bytes.
func planar(ts int) bool { return ts == 2 || ts == 4 || ts == 8 || ts == 16 }

// shuffle byte-shuffles src into dst, of the same length, which must not
// overlap it. ts is at least 1.
func shuffle(dst, src []byte, ts int) {
	n := len(src) / ts
	switch {
	case n == 0:
	case planar(ts):
		p := planesAt(dst, ts, n)
		shufflePlanes(&p, src, ts, n)
	default:
		shuffleSWAR(dst, src, ts, n)
	}
	copy(dst[n*ts:], src[n*ts:])
}

// unshuffle reverses shuffle.
func unshuffle(dst, src []byte, ts int) {
	n := len(src) / ts
	switch {
	case n == 0:
	case planar(ts):
		p := planesAt(src, ts, n)
		unshufflePlanes(dst, &p, ts, n)
	default:
		unshuffleSWAR(dst, src, ts, n)
	}
	copy(dst[n*ts:], src[n*ts:])
}

// Bit shuffle of wider elements is a byte shuffle followed by a bit shuffle of
// each plane. Both are done for one tile of elements at a time, which stays in
// the first-level cache.
const (
	tileBytes = 32 << 10
	tileUnit  = 256 // elements; what the widest kernel takes at once
	tileMax   = 255 * tileUnit
)

var tiles = sync.Pool{New: func() any { return new([tileMax]byte) }}

// tileLen returns how many elements of ts bytes a tile has.
func tileLen(ts int) int { return max(tileUnit, tileBytes/ts&^(tileUnit-1)) }

// bitshuffle bit-shuffles src into dst, of the same length, which must not
// overlap it. ts is 1 to 255. When the number of whole elements is not a
// multiple of 8 it copies, as c-blosc does.
func bitshuffle(dst, src []byte, ts int) {
	n := len(src) / ts
	if n%8 != 0 {
		copy(dst, src)
		return
	}
	copy(dst[n*ts:], src[n*ts:])
	if ts == 1 {
		bitRows(dst, src[:n], n/8)
		return
	}
	tile := tiles.Get().(*[tileMax]byte)
	for i, step := 0, tileLen(ts); i < n; i += step {
		m := min(step, n-i)
		shuffle(tile[:m*ts], src[i*ts:(i+m)*ts], ts)
		for j := range ts {
			bitRows(dst[j*n+i/8:], tile[j*m:j*m+m], n/8)
		}
	}
	tiles.Put(tile)
}

// bitunshuffle reverses bitshuffle.
func bitunshuffle(dst, src []byte, ts int) {
	n := len(src) / ts
	if n%8 != 0 {
		copy(dst, src)
		return
	}
	copy(dst[n*ts:], src[n*ts:])
	if ts == 1 {
		bitUnrows(dst[:n], src, n/8)
		return
	}
	tile := tiles.Get().(*[tileMax]byte)
	for i, step := 0, tileLen(ts); i < n; i += step {
		m := min(step, n-i)
		for j := range ts {
			bitUnrows(tile[j*m:j*m+m], src[j*n+i/8:], n/8)
		}
		unshuffle(dst[i*ts:(i+m)*ts], tile[:m*ts], ts)
	}
	tiles.Put(tile)
}
