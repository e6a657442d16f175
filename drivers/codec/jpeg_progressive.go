package codec

// firstDC decodes the high bits of a DC coefficient (section G.1.2.1).
func (d *jpegDecoder) firstDC(p *scanPart, x, y int) error {
	r := &d.bits
	r.need()
	size := r.symbol(p.dc)
	if size < 0 || size > 15 {
		return errJPEGCode
	}
	p.before += r.extend(size)
	p.block(x, y)[0] = int16(p.before << d.scan.low)
	return d.overrun()
}

// overrun reports whether more bits were taken than there are.
func (d *jpegDecoder) overrun() error {
	if d.bits.n < 0 {
		return errJPEGCut
	}
	return nil
}

// refineDC decodes one more bit of a DC coefficient.
func (d *jpegDecoder) refineDC(p *scanPart, x, y int) error {
	d.bits.need()
	if d.bits.take(1) != 0 {
		p.block(x, y)[0] |= 1 << d.scan.low
	}
	return d.overrun()
}

// firstAC decodes the high bits of a band of AC coefficients (section G.1.2.2).
func (d *jpegDecoder) firstAC(p *scanPart, x, y int) error {
	s, r := &d.scan, &d.bits
	if s.endOfBands > 0 {
		s.endOfBands--
		return nil
	}
	block := p.block(x, y)
	for k := s.first; k <= s.last; k++ {
		r.need()
		symbol := r.symbol(p.ac)
		run, size := symbol>>4, symbol&15
		switch {
		case symbol < 0:
			return errJPEGCode
		case size == 0 && run < 15:
			s.endOfBands = 1<<run - 1
			if run > 0 {
				s.endOfBands += int(r.take(run))
			}
			return d.overrun()
		}
		k += run
		if size == 0 {
			continue
		}
		if k > s.last {
			return errJPEGCode
		}
		block[jpegNatural[k]] = int16(r.extend(size) << s.low)
	}
	return d.overrun()
}

// refineAC decodes one more bit of a band of AC coefficients (section G.1.2.3).
func (d *jpegDecoder) refineAC(p *scanPart, x, y int) error {
	s, r := &d.scan, &d.bits
	block := p.block(x, y)
	k := s.first
	for s.endOfBands == 0 && k <= s.last {
		r.need()
		symbol := r.symbol(p.ac)
		run, size := symbol>>4, symbol&15
		value := int16(0)
		switch {
		case symbol < 0 || size > 1:
			return errJPEGCode
		case size == 1:
			value = int16(1) << s.low
			if r.take(1) == 0 {
				value = -value
			}
		case run < 15:
			s.endOfBands = 1 << run
			if run > 0 {
				s.endOfBands += int(r.take(run))
			}
			continue
		}
		if k = d.refineRun(block, k, run); k > s.last && value != 0 {
			return errJPEGCode
		}
		if value != 0 {
			block[jpegNatural[k]] = value
		}
		k++
	}
	if s.endOfBands > 0 {
		d.refineRun(block, k, 64)
		s.endOfBands--
	}
	return d.overrun()
}

// refineRun decodes a bit for each coefficient from k on that is not 0, up to
// the end of the band or until more than zeros coefficients are 0. It returns
// the index of the last of these.
func (d *jpegDecoder) refineRun(block []int16, k, zeros int) int {
	r, bit := &d.bits, int16(1)<<d.scan.low
	for ; k <= d.scan.last; k++ {
		c := &block[jpegNatural[k]]
		if *c == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		r.need()
		if r.take(1) == 0 || *c&bit != 0 {
			continue
		}
		if *c > 0 {
			*c += bit
		} else {
			*c -= bit
		}
	}
	return k
}
