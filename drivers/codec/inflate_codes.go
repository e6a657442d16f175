package codec

// preOrder is the order of the code lengths of the code of code lengths:
// RFC 1951 section 3.2.7.
var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// useFixed puts the fixed code in lit and dist: section 3.2.6.
func (d *inflater) useFixed() {
	if d.fixed {
		return
	}
	lens := d.lens[:maxLitSyms]
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	buildTable(d.lit[:], litEntries[:], lens, litRoot, &d.sorted)
	lens = d.lens[:maxDistSyms]
	for i := range lens {
		lens[i] = 5
	}
	buildTable(d.dist[:], distEntries[:], lens, distRoot, &d.sorted)
	d.fixed = true
}

// readCodes reads the code of a block into lit and dist: section 3.2.7.
func (d *inflater) readCodes() error {
	head, err := d.take(14)
	if err != nil {
		return err
	}
	nlit, ndist, npre := head&31+257, head>>5&31+1, head>>10+4
	if nlit > 286 || ndist > 30 {
		return corruptf(d.codec, "%d lengths and %d distances", nlit, ndist)
	}
	var pre [19]uint8
	for _, i := range preOrder[:npre] {
		n, err := d.take(3)
		if err != nil {
			return err
		}
		pre[i] = uint8(n)
	}
	if !buildTable(d.pre[:], preEntries[:], pre[:], preRoot, &d.sorted) {
		return corruptf(d.codec, "no code of code lengths")
	}
	lens := d.lens[:nlit+ndist]
	if err := d.readLengths(lens); err != nil {
		return err
	}
	d.fixed = false
	if lens[256] == 0 ||
		!buildTable(d.lit[:], litEntries[:], lens[:nlit], litRoot, &d.sorted) ||
		!buildTable(d.dist[:], distEntries[:], lens[nlit:], distRoot, &d.sorted) {
		return corruptf(d.codec, "no prefix code")
	}
	return nil
}

// readLengths reads code lengths with the code in pre.
func (d *inflater) readLengths(lens []uint8) error {
	for i := 0; i < len(lens); {
		d.fill()
		e := d.pre[d.bits&(1<<preRoot-1)]
		if e == undefined {
			return corruptf(d.codec, "undefined code length")
		}
		n := uint(e & 0xff)
		if n > d.nbits {
			return d.cut()
		}
		d.bits >>= n
		d.nbits -= n
		if e>>16 < 16 {
			lens[i] = uint8(e >> 16)
			i++
			continue
		}
		n, err := d.repeat(lens[:i], len(lens)-i, uint(e>>16))
		if err != nil {
			return err
		}
		value := uint8(0)
		if e>>16 == 16 {
			value = lens[i-1]
		}
		for end := i + int(n); i < end; i++ {
			lens[i] = value
		}
	}
	return nil
}

// repeat returns how many of the left lengths one of the symbols 16 to 18
// stands for, after the lengths before.
func (d *inflater) repeat(before []uint8, left int, symbol uint) (uint, error) {
	if symbol == 16 && len(before) == 0 {
		return 0, corruptf(d.codec, "nothing to repeat")
	}
	width := [3]uint{2, 3, 7}[symbol-16]
	base := [3]uint{3, 3, 11}[symbol-16]
	n, err := d.take(width)
	if err != nil {
		return 0, err
	}
	if n += base; int(n) > left {
		return 0, corruptf(d.codec, "too many code lengths")
	}
	return n, nil
}
