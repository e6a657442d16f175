package codec

// Portable bit shuffles of one byte plane.

// bitRowsSWAR writes bit k of src[i] to bit i%8 of dst[k*stride+i/8], for i a
// multiple of 8 up to len(src), also a multiple of 8.
func bitRowsSWAR(dst, src []byte, stride, i int) {
	var w [8]uint64
	for ; i+64 <= len(src); i += 64 {
		for k := range w {
			w[k] = transposeBits(le.Uint64(src[i+8*k:]))
		}
		transpose8(&w)
		for k, v := range w {
			le.PutUint64(dst[k*stride+i/8:], v)
		}
	}
	for ; i < len(src); i += 8 {
		v := transposeBits(le.Uint64(src[i:]))
		for k := range 8 {
			dst[k*stride+i/8] = byte(v >> (8 * k))
		}
	}
}

// bitUnrowsSWAR reverses bitRowsSWAR: src has the rows, dst gets bytes i to
// len(dst).
func bitUnrowsSWAR(dst, src []byte, stride, i int) {
	var w [8]uint64
	for ; i+64 <= len(dst); i += 64 {
		for k := range w {
			w[k] = le.Uint64(src[k*stride+i/8:])
		}
		transpose8(&w)
		for k, v := range w {
			le.PutUint64(dst[i+8*k:], transposeBits(v))
		}
	}
	for ; i < len(dst); i += 8 {
		var v uint64
		for k := range 8 {
			v |= uint64(src[k*stride+i/8]) << (8 * k)
		}
		le.PutUint64(dst[i:], transposeBits(v))
	}
}

// transposeBits transposes 8 x 8 bits: bit c of byte r becomes bit r of byte
// c. (Warren, Hacker's Delight, 7-3.)
func transposeBits(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}
