package codec

import "encoding/binary"

// Filter types, section 9.2 of the PNG specification.
const (
	pngNone = iota
	pngSub
	pngUp
	pngAverage
	pngPaeth
)

// unfilter undoes the filters of all rows and puts the samples in their places
// in dst. The rows are changed.
func (m *pngImage) unfilter(dst, rows []byte) error {
	stride := m.stride()
	bpp := (m.channels*m.depth + 7) / 8
	plain := m.channels == 1 && m.depth == 8
	above := make([]byte, stride)
	for y := range m.height {
		row := rows[:stride+1]
		rows = rows[stride+1:]
		kind, cur := row[0], row[1:]
		if plain {
			out := dst[y*stride : (y+1)*stride]
			copy(out, cur)
			cur = out
		}
		switch kind {
		case pngNone:
		case pngSub:
			unfilterSub(cur, bpp)
		case pngUp:
			addBytes(cur, above)
		case pngAverage:
			unfilterAverage(cur, above, bpp)
		case pngPaeth:
			unfilterPaeth(cur, above, bpp)
		default:
			return corruptf("png", "row %d with filter %d", y, kind)
		}
		if !plain {
			m.scatter(dst, cur, y)
		}
		above = cur
	}
	return nil
}

// unfilterSub adds the byte to the left.
func unfilterSub(cur []byte, bpp int) {
	if bpp == 1 {
		left := byte(0)
		for i, x := range cur {
			left += x
			cur[i] = left
		}
		return
	}
	for i := bpp; i < len(cur); i++ {
		cur[i] += cur[i-bpp]
	}
}

// addBytes adds the bytes of b to those of a, eight at a time.
func addBytes(a, b []byte) {
	const low = 0x7f7f7f7f7f7f7f7f
	b = b[:len(a)]
	i := 0
	for ; i+8 <= len(a); i += 8 {
		x, y := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(b[i:])
		binary.LittleEndian.PutUint64(a[i:], (x&low+y&low)^(x^y)&^low)
	}
	for ; i < len(a); i++ {
		a[i] += b[i]
	}
}

// unfilterAverage adds the mean of the bytes to the left and above.
func unfilterAverage(cur, above []byte, bpp int) {
	above = above[:len(cur)]
	for i := range min(bpp, len(cur)) {
		cur[i] += above[i] / 2
	}
	for i := bpp; i < len(cur); i++ {
		cur[i] += byte((int(cur[i-bpp]) + int(above[i])) / 2)
	}
}

// unfilterPaeth adds the one of left, above and above left that is nearest to
// left + above - above left. The bytes of a pixel depend on those of the pixel
// before only, so that each of them is carried in variables.
func unfilterPaeth(cur, above []byte, bpp int) {
	above = above[:len(cur)]
	for first := range min(bpp, len(cur)) {
		left, aboveLeft := 0, 0
		for i := first; i < len(cur); i += bpp {
			up := int(above[i])
			left = int(cur[i]+paeth(left, up, aboveLeft)) & 0xff
			cur[i] = byte(left)
			aboveLeft = up
		}
	}
}

// paeth is the predictor of section 9.4.
func paeth(left, up, aboveLeft int) byte {
	pa, pb := up-aboveLeft, left-aboveLeft
	pc := magnitude(pa + pb)
	pa, pb = magnitude(pa), magnitude(pb)
	best, at := left, pa
	if pb < at {
		best, at = up, pb
	}
	if pc < at {
		best = aboveLeft
	}
	return byte(best)
}

// magnitude is the absolute value without a branch.
func magnitude(x int) int {
	sign := x >> 63
	return (x ^ sign) - sign
}

// scatter puts the samples of row y in their places in dst: channel after
// channel, little-endian.
func (m *pngImage) scatter(dst, row []byte, y int) {
	pixels, at := m.width*m.height, y*m.width
	switch {
	case m.depth < 8:
		unpackSamples(dst[at:at+m.width], row, m.depth)
	case m.depth == 8:
		for c := range m.channels {
			out := dst[c*pixels+at:][:m.width]
			for i, j := 0, c; i < len(out) && j < len(row); i, j = i+1, j+m.channels {
				out[i] = row[j]
			}
		}
	default:
		for c := range m.channels {
			out := dst[2*(c*pixels+at):][:2*m.width]
			for j := 2 * c; len(out) >= 2 && j+2 <= len(row); j += 2 * m.channels {
				binary.LittleEndian.PutUint16(out, binary.BigEndian.Uint16(row[j:]))
				out = out[2:]
			}
		}
	}
}

// unpackSamples gives every sample of 1, 2 or 4 bits a byte; the first is in the
// high bits.
func unpackSamples(dst, row []byte, depth int) {
	mask := byte(1)<<depth - 1
	for i := range dst {
		bit := i * depth
		dst[i] = row[bit/8] >> (8 - depth - bit%8) & mask
	}
}
