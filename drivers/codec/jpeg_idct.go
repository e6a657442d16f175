package codec

// Constants of the inverse DCT, 13 bits behind the point (libjpeg, jidctint.c:
// the algorithm of Loeffler, Ligtenberg and Moschytz with 12 multiplications).
const (
	fix0298631336 = 2446
	fix0390180644 = 3196
	fix0541196100 = 4433
	fix0765366865 = 6270
	fix0899976223 = 7373
	fix1175875602 = 9633
	fix1501321110 = 12299
	fix1847759065 = 15137
	fix1961570560 = 16069
	fix2053119869 = 16819
	fix2562915447 = 20995
	fix3072711026 = 25172

	idctBits = 13
	passBits = 2 // more precision between the passes
)

// idct writes the 8x8 samples of a block of dequantised coefficients, which it
// destroys, to rows of dst that are stride bytes apart. last is the greatest
// index in zigzag order of a coefficient that is not 0, or more. The results are
// those of libjpeg's "islow" to the bit.
func idct(dst []byte, stride int, block *[64]int32, last int) {
	if last == 0 {
		flat(dst, stride, block[0])
		return
	}
	if idctFast(dst, stride, block) {
		return
	}
	for x := range 8 {
		idctColumn(block, x)
	}
	for y := range 8 {
		idctRow((*[8]byte)(dst[y*stride:]), (*[8]int32)(block[8*y:]))
	}
}

// flat fills a block that has no coefficient but the first.
func flat(dst []byte, stride int, dc int32) {
	v := uint64(clamp8((dc<<passBits+1<<(passBits+2))>>(passBits+3) + 128))
	v *= 0x0101010101010101
	for y := range 8 {
		putUint64(dst[y*stride:], v)
	}
}

func putUint64(b []byte, v uint64) {
	_ = b[7]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	b[4], b[5], b[6], b[7] = byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
}

// clamp8 returns the byte nearest to x.
func clamp8(x int32) byte {
	if uint32(x) > 255 {
		return byte(^x >> 31)
	}
	return byte(x)
}

// idctColumn transforms column x in place, with passBits more bits.
func idctColumn(b *[64]int32, x int) {
	s1, s2, s3, s4, s5, s6, s7 := b[8+x], b[16+x], b[24+x], b[32+x], b[40+x], b[48+x], b[56+x]
	if s1|s2|s3|s4|s5|s6|s7 == 0 {
		dc := b[x] << passBits
		b[x], b[8+x], b[16+x], b[24+x], b[32+x], b[40+x], b[48+x], b[56+x] = dc, dc, dc, dc, dc, dc, dc, dc
		return
	}
	t10, t11, t12, t13 := idctEven(b[x], s2, s4, s6)
	t0, t1, t2, t3 := idctOdd(s1, s3, s5, s7)
	const round, shift = 1 << (idctBits - passBits - 1), idctBits - passBits
	b[x] = (t10 + t3 + round) >> shift
	b[56+x] = (t10 - t3 + round) >> shift
	b[8+x] = (t11 + t2 + round) >> shift
	b[48+x] = (t11 - t2 + round) >> shift
	b[16+x] = (t12 + t1 + round) >> shift
	b[40+x] = (t12 - t1 + round) >> shift
	b[24+x] = (t13 + t0 + round) >> shift
	b[32+x] = (t13 - t0 + round) >> shift
}

// idctRow transforms a row into samples.
func idctRow(dst *[8]byte, r *[8]int32) {
	const round, shift = 1<<(idctBits+passBits+2) + 128<<(idctBits+passBits+3), idctBits + passBits + 3
	if r[1]|r[2]|r[3]|r[4]|r[5]|r[6]|r[7] == 0 {
		v := clamp8((r[0]<<idctBits + round) >> shift)
		for i := range dst {
			dst[i] = v
		}
		return
	}
	t10, t11, t12, t13 := idctEven(r[0], r[2], r[4], r[6])
	t0, t1, t2, t3 := idctOdd(r[1], r[3], r[5], r[7])
	t10, t11, t12, t13 = t10+round, t11+round, t12+round, t13+round
	dst[0] = clamp8((t10 + t3) >> shift)
	dst[7] = clamp8((t10 - t3) >> shift)
	dst[1] = clamp8((t11 + t2) >> shift)
	dst[6] = clamp8((t11 - t2) >> shift)
	dst[2] = clamp8((t12 + t1) >> shift)
	dst[5] = clamp8((t12 - t1) >> shift)
	dst[3] = clamp8((t13 + t0) >> shift)
	dst[4] = clamp8((t13 - t0) >> shift)
}

// idctEven is the even part of both passes.
func idctEven(s0, s2, s4, s6 int32) (t10, t11, t12, t13 int32) {
	z1 := (s2 + s6) * fix0541196100
	t2 := z1 - s6*fix1847759065
	t3 := z1 + s2*fix0765366865
	t0, t1 := (s0+s4)<<idctBits, (s0-s4)<<idctBits
	return t0 + t3, t1 + t2, t1 - t2, t0 - t3
}

// idctOdd is the odd part of both passes.
func idctOdd(s1, s3, s5, s7 int32) (t0, t1, t2, t3 int32) {
	z1, z2, z3, z4 := s7+s1, s5+s3, s7+s3, s5+s1
	z5 := (z3 + z4) * fix1175875602
	z1 *= -fix0899976223
	z2 *= -fix2562915447
	z3 = z5 - z3*fix1961570560
	z4 = z5 - z4*fix0390180644
	t0 = s7*fix0298631336 + z1 + z3
	t1 = s5*fix2053119869 + z2 + z4
	t2 = s3*fix3072711026 + z2 + z3
	t3 = s1*fix1501321110 + z1 + z4
	return t0, t1, t2, t3
}
