package codec

import "golang.org/x/sys/cpu"

// hasAVX2 is a variable so that tests reach the portable kernels too.
var hasAVX2 = cpu.X86.HasAVX2

// The kernels below check nothing. Elements are a multiple of 32 (of 16 for
// shuffle16 and unshuffle16, of 64 for bitRows, of 256 for
// bitUnrows) and more than none; every plane and buffer must hold them.

//go:noescape
func shuffle2AVX2(p *planes, src *byte, n int)

//go:noescape
func shuffle4AVX2(p *planes, src *byte, n int)

//go:noescape
func shuffle8AVX2(p *planes, src *byte, n int)

//go:noescape
func shuffle16AVX2(p *planes, src *byte, n int)

//go:noescape
func unshuffle2AVX2(dst *byte, p *planes, n int)

//go:noescape
func unshuffle4AVX2(dst *byte, p *planes, n int)

//go:noescape
func unshuffle8AVX2(dst *byte, p *planes, n int)

//go:noescape
func unshuffle16AVX2(dst *byte, p *planes, n int)

//go:noescape
func bitRowsAVX2(dst, src *byte, n, stride int)

//go:noescape
func bitUnrowsAVX2(dst, src *byte, n, stride int)

// shufflePlanes writes n elements of ts bytes (2, 4, 8 or 16) to the planes.
func shufflePlanes(p *planes, src []byte, ts, n int) {
	m := 0
	if hasAVX2 && n >= 32 {
		m = n &^ 31
		checkPlanes(p, ts, m)
		_ = src[ts*m-1]
		switch ts {
		case 2:
			shuffle2AVX2(p, &src[0], m)
		case 4:
			shuffle4AVX2(p, &src[0], m)
		case 8:
			shuffle8AVX2(p, &src[0], m)
		default:
			shuffle16AVX2(p, &src[0], m)
		}
	}
	shufflePlanesSWAR(p, src, ts, m, n)
}

// unshufflePlanes reverses shufflePlanes.
func unshufflePlanes(dst []byte, p *planes, ts, n int) {
	m := 0
	if hasAVX2 && n >= 32 {
		m = n &^ 31
		checkPlanes(p, ts, m)
		_ = dst[ts*m-1]
		switch ts {
		case 2:
			unshuffle2AVX2(&dst[0], p, m)
		case 4:
			unshuffle4AVX2(&dst[0], p, m)
		case 8:
			unshuffle8AVX2(&dst[0], p, m)
		default:
			unshuffle16AVX2(&dst[0], p, m)
		}
	}
	unshufflePlanesSWAR(dst, p, ts, m, n)
}

// checkPlanes panics unless each of the ts planes has m bytes, which is more
// than none.
func checkPlanes(p *planes, ts, m int) {
	for j := range ts {
		_ = p[j][m-1]
	}
}

// bitRows writes the 8 bit rows, stride bytes apart, of the plane src, whose
// length is a multiple of 8.
func bitRows(dst, src []byte, stride int) {
	m := 0
	if hasAVX2 && len(src) >= 64 {
		m = len(src) &^ 63
		_ = dst[7*stride+m/8-1]
		bitRowsAVX2(&dst[0], &src[0], m, stride)
	}
	bitRowsSWAR(dst, src, stride, m)
}

// bitUnrows reverses bitRows.
func bitUnrows(dst, src []byte, stride int) {
	m := 0
	if hasAVX2 && len(dst) >= 256 {
		m = len(dst) &^ 255
		_ = src[7*stride+m/8-1]
		bitUnrowsAVX2(&dst[0], &src[0], m, stride)
	}
	bitUnrowsSWAR(dst, src, stride, m)
}
