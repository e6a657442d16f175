//go:build !amd64

package codec

func shufflePlanes(p *planes, src []byte, ts, n int) { shufflePlanesSWAR(p, src, ts, 0, n) }

func unshufflePlanes(dst []byte, p *planes, ts, n int) { unshufflePlanesSWAR(dst, p, ts, 0, n) }

func bitRows(dst, src []byte, stride int) { bitRowsSWAR(dst, src, stride, 0) }

func bitUnrows(dst, src []byte, stride int) { bitUnrowsSWAR(dst, src, stride, 0) }
