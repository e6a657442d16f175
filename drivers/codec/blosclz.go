package codec

// BloscLZ, the own compressor of c-blosc: a descendant of FastLZ, byte
// aligned, only ever found inside a blosc container (blosc/blosclz.c). A
// stream is a sequence of
//
//	000LLLLL                      L+1 literal bytes follow
//	LLLHHHHH DDDDDDDD             match of L+2 bytes, H:D+1 back
//	111HHHHH (11111111)* X D      the same, L grown by these bytes and X
//
// where H:D = 31:255 is followed by a big-endian 16-bit distance to be added
// to 8192. The top three bits of the first byte of all are ignored. A stream
// ends after literals.

const (
	blosclzMaxCopy = 32   // longest run of literals
	blosclzNear    = 8191 // distances below this one take 13 bits
	blosclzLong    = 9    // matches from this length on take more bytes
	blosclzFar     = 65535 + blosclzNear - 1
)

// decodeBlosclz decompresses src into the whole of dst. Anything but exactly
// len(dst) bytes is ErrCorrupt.
func decodeBlosclz(dst, src []byte) error {
	if len(src) == 0 {
		return corruptf("blosclz", "empty stream")
	}
	ctrl, ip, op := int(src[0]&31), 1, 0
	for {
		if ctrl < blosclzMaxCopy {
			ctrl++
			if ctrl > len(dst)-op || ctrl > len(src)-ip {
				return corruptf("blosclz", "%d literals do not fit", ctrl)
			}
			copyLiterals(dst, src, op, ip, ctrl)
			op, ip = op+ctrl, ip+ctrl
			if ip == len(src) {
				break
			}
			ctrl = int(src[ip])
			ip++
			continue
		}
		n, dist := ctrl>>5+2, ctrl&31<<8
		if ip < len(src) && n < blosclzLong && dist+int(src[ip]) < blosclzNear {
			dist += int(src[ip]) + 1
			ip++
		} else {
			n, dist, ip = blosclzMatch(src, ip, ctrl)
		}
		if ip >= len(src) || n > len(dst)-op || dist > op {
			return corruptf("blosclz", "match of %d bytes %d back at byte %d of %d", n, dist, op, len(dst))
		}
		ctrl = int(src[ip])
		ip++
		repeatMatch(dst, op, dist, n)
		op += n
	}
	if op != len(dst) {
		return corruptf("blosclz", "%d bytes instead of %d", op, len(dst))
	}
	return nil
}

// blosclzMatch reads the rest, at src[ip:], of the match that ctrl begins: its
// length, how far back it is, and what follows it, which is beyond src when
// the match is not all there.
func blosclzMatch(src []byte, ip, ctrl int) (n, dist, next int) {
	n, dist = ctrl>>5+2, ctrl&31<<8
	for more := 255; n >= blosclzLong && more == 255; ip++ {
		if ip == len(src) || n > bloscMaxBlock {
			return 0, 0, len(src)
		}
		more = int(src[ip])
		n += more
	}
	if ip == len(src) {
		return 0, 0, ip
	}
	dist, ip = dist+int(src[ip]), ip+1
	if dist < blosclzNear {
		return n, dist + 1, ip
	}
	if len(src)-ip < 2 {
		return 0, 0, len(src)
	}
	return n, blosclzNear + int(src[ip])<<8 + int(src[ip+1]) + 1, ip + 2
}

// copyLiterals copies n <= 32 bytes that are known to be within both slices.
func copyLiterals(dst, src []byte, op, ip, n int) {
	if len(dst)-op < blosclzMaxCopy || len(src)-ip < blosclzMaxCopy {
		copy(dst[op:op+n], src[ip:])
		return
	}
	*(*[blosclzMaxCopy]byte)(dst[op:]) = *(*[blosclzMaxCopy]byte)(src[ip:])
}

// tile8 repeats, by multiplication, so many bytes over 8; of these step are
// whole repetitions.
var tile8 = [8]struct {
	times uint64
	step  int
}{
	1: {0x0101010101010101, 8}, 2: {0x0001000100010001, 8}, 3: {0x0001000001000001, 6},
	4: {0x0000000100000001, 8}, 5: {0x0000010000000001, 5}, 6: {0x0001000000000001, 6}, 7: {0x0100000000000001, 7},
}

// repeatMatch copies n bytes from dist before op to op, byte by byte in
// effect: a match that overlaps its copy repeats itself. All of it is known to
// be within dst; up to 8 bytes after it may be overwritten.
func repeatMatch(dst []byte, op, dist, n int) {
	from, end := op-dist, op+n
	switch {
	case n > 64 || len(dst)-end < 8:
		for op < end {
			op += copy(dst[op:end], dst[from:op])
		}
	case dist >= 8:
		for ; op < end; op, from = op+8, from+8 {
			le.PutUint64(dst[op:], le.Uint64(dst[from:]))
		}
	default:
		t := &tile8[dist&7]
		v := le.Uint64(dst[from:]) & (1<<(8*dist&63) - 1) * t.times
		for ; op < end; op += t.step {
			le.PutUint64(dst[op:], v)
		}
	}
}
