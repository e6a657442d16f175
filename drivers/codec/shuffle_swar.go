package codec

import "encoding/binary"

// Portable byte shuffles: eight elements at a time, in 64-bit words. A wide
// element is done in strips of 8, 4 and 1 of its bytes.

var le = binary.LittleEndian

// shuffleSWAR byte-shuffles n elements of ts bytes from src to dst.
func shuffleSWAR(dst, src []byte, ts, n int) {
	j := 0
	for ; j+8 <= ts; j += 8 {
		p := planesAt(dst[j*n:], 8, n)
		shuffleStrip8(&p, 0, src[j:], ts, 0, n)
	}
	if j+4 <= ts {
		p := planesAt(dst[j*n:], 4, n)
		shuffleStrip4(&p, src[j:], ts, 0, n)
		j += 4
	}
	for ; j < ts; j++ {
		plane := dst[j*n : j*n+n]
		for i := range plane {
			plane[i] = src[i*ts+j]
		}
	}
}

// unshuffleSWAR reverses shuffleSWAR.
func unshuffleSWAR(dst, src []byte, ts, n int) {
	j := 0
	for ; j+8 <= ts; j += 8 {
		p := planesAt(src[j*n:], 8, n)
		unshuffleStrip8(dst[j:], &p, 0, ts, 0, n)
	}
	if j+4 <= ts {
		p := planesAt(src[j*n:], 4, n)
		unshuffleStrip4(dst[j:], &p, ts, 0, n)
		j += 4
	}
	for ; j < ts; j++ {
		for i, b := range src[j*n : j*n+n] {
			dst[i*ts+j] = b
		}
	}
}

// shufflePlanesSWAR writes elements i to n-1 of src, of ts bytes (2, 4, 8 or
// 16), to the planes.
func shufflePlanesSWAR(p *planes, src []byte, ts, i, n int) {
	switch ts {
	case 2:
		shufflePairs(p, src, i, n)
	case 4:
		shuffleStrip4(p, src, 4, i, n)
	default:
		for j := 0; j < ts; j += 8 {
			shuffleStrip8(p, j, src[j:], ts, i, n)
		}
	}
}

// unshufflePlanesSWAR reverses shufflePlanesSWAR.
func unshufflePlanesSWAR(dst []byte, p *planes, ts, i, n int) {
	switch ts {
	case 2:
		unshufflePairs(dst, p, i, n)
	case 4:
		unshuffleStrip4(dst, p, 4, i, n)
	default:
		for j := 0; j < ts; j += 8 {
			unshuffleStrip8(dst[j:], p, j, ts, i, n)
		}
	}
}

func shufflePairs(p *planes, src []byte, i, n int) {
	a, b := p[0][:n], p[1][:n]
	for ; i+4 <= n; i += 4 {
		v := le.Uint64(src[2*i:])
		le.PutUint32(a[i:], gather2(v))
		le.PutUint32(b[i:], gather2(v>>8))
	}
	for ; i < n; i++ {
		a[i], b[i] = src[2*i], src[2*i+1]
	}
}

func unshufflePairs(dst []byte, p *planes, i, n int) {
	a, b := p[0][:n], p[1][:n]
	for ; i+4 <= n; i += 4 {
		le.PutUint64(dst[2*i:], spread2(le.Uint32(a[i:]))|spread2(le.Uint32(b[i:]))<<8)
	}
	for ; i < n; i++ {
		dst[2*i], dst[2*i+1] = a[i], b[i]
	}
}

// spread2 moves byte k of v to byte 2k of the result; gather2 reverses it.
func spread2(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	return (x | x<<8) & 0x00ff00ff00ff00ff
}

func gather2(x uint64) uint32 {
	x &= 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

// shuffleStrip4 writes 4 bytes of each element to the planes, elements step
// bytes apart.
func shuffleStrip4(p *planes, src []byte, step, i, n int) {
	a, b, c, d := p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	for ; i < n; i++ {
		v := le.Uint32(src[i*step:])
		a[i], b[i], c[i], d[i] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	}
}

// unshuffleStrip4 reverses shuffleStrip4.
func unshuffleStrip4(dst []byte, p *planes, step, i, n int) {
	a, b, c, d := p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	for ; i+4 <= n; i += 4 {
		even := spread2(le.Uint32(a[i:])) | spread2(le.Uint32(b[i:]))<<8
		odd := spread2(le.Uint32(c[i:])) | spread2(le.Uint32(d[i:]))<<8
		le.PutUint32(dst[i*step:], uint32(even&0xffff|odd<<16))
		le.PutUint32(dst[(i+1)*step:], uint32(even>>16&0xffff|odd&0xffff0000))
		le.PutUint32(dst[(i+2)*step:], uint32(even>>32&0xffff|odd>>16&0xffff0000))
		le.PutUint32(dst[(i+3)*step:], uint32(even>>48|odd>>32&0xffff0000))
	}
	for ; i < n; i++ {
		le.PutUint32(dst[i*step:], uint32(a[i])|uint32(b[i])<<8|uint32(c[i])<<16|uint32(d[i])<<24)
	}
}

// shuffleStrip8 writes 8 bytes of each element to the planes from j on,
// elements step bytes apart.
func shuffleStrip8(p *planes, j int, src []byte, step, i, n int) {
	var w [8]uint64
	for ; i+8 <= n; i += 8 {
		for k := range w {
			w[k] = le.Uint64(src[(i+k)*step:])
		}
		transpose8(&w)
		for k, v := range w {
			le.PutUint64(p[j+k][i:], v)
		}
	}
	for ; i < n; i++ {
		for k := range 8 {
			p[j+k][i] = src[i*step+k]
		}
	}
}

// unshuffleStrip8 reverses shuffleStrip8.
func unshuffleStrip8(dst []byte, p *planes, j, step, i, n int) {
	var w [8]uint64
	for ; i+8 <= n; i += 8 {
		for k := range w {
			w[k] = le.Uint64(p[j+k][i:])
		}
		transpose8(&w)
		for k, v := range w {
			le.PutUint64(dst[(i+k)*step:], v)
		}
	}
	for ; i < n; i++ {
		for k := range 8 {
			dst[i*step+k] = p[j+k][i]
		}
	}
}

// transpose8 transposes the 8 x 8 bytes of w: byte c of word r becomes byte r
// of word c. It swaps off-diagonal squares of 4, 2 and 1 bytes.
func transpose8(w *[8]uint64) {
	for k := range 4 {
		t := (w[k]>>32 ^ w[k+4]) & 0x00000000ffffffff
		w[k], w[k+4] = w[k]^t<<32, w[k+4]^t
	}
	for _, k := range [4]int{0, 1, 4, 5} {
		t := (w[k]>>16 ^ w[k+2]) & 0x0000ffff0000ffff
		w[k], w[k+2] = w[k]^t<<16, w[k+2]^t
	}
	for k := 0; k < 8; k += 2 {
		t := (w[k]>>8 ^ w[k+1]) & 0x00ff00ff00ff00ff
		w[k], w[k+1] = w[k]^t<<8, w[k+1]^t
	}
}
