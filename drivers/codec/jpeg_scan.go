package codec

// jpegScan is a scan: some components, and of progressive images some
// coefficients or bits of them.
type jpegScan struct {
	parts          []scanPart
	first, last    int // coefficients in zigzag order
	high, low      uint
	endOfBands     int // blocks still without coefficients
	untilRestart   int
	restartCounter byte
}

// scanPart is a component of a scan.
type scanPart struct {
	*jpegPart
	dc, ac *huffman
	before int32 // the DC coefficient of the block before
}

// maxScans bounds the work that few bytes can cause.
const maxScans = 500

// readScan reads SOS (section B.2.3) and the data behind it.
func (d *jpegDecoder) readScan(b []byte) error {
	if len(d.parts) == 0 {
		return corruptf("jpeg", "scan before the frame")
	}
	if len(b) < 1 || b[0] < 1 || int(b[0]) > len(d.parts) || len(b) != 4+2*int(b[0]) {
		return corruptf("jpeg", "scan header of %d bytes", len(b))
	}
	s := &d.scan
	s.parts = s.parts[:0]
	n := int(b[0])
	tail := b[1+2*n:]
	s.first, s.last, s.high, s.low = int(tail[0]), int(tail[1]), uint(tail[2]>>4), uint(tail[2]&15)
	for i := range n {
		if err := d.addScanPart(b[1+2*i], b[2+2*i]); err != nil {
			return err
		}
	}
	if err := d.checkScan(n); err != nil {
		return err
	}
	d.bits = bitReader{in: d.in, at: d.at}
	s.endOfBands, s.untilRestart, s.restartCounter = 0, d.interval, 0
	if err := d.mcuRows(); err != nil {
		return err
	}
	d.at = d.bits.at
	return nil
}

// addScanPart adds the component with the given id and tables.
func (d *jpegDecoder) addScanPart(id, tables byte) error {
	if tables>>4 > 3 || tables&15 > 3 {
		return corruptf("jpeg", "bad tables of a scan")
	}
	for i := range d.parts {
		p := &d.parts[i]
		if p.id != id {
			continue
		}
		for _, other := range d.scan.parts {
			if other.jpegPart == p {
				return corruptf("jpeg", "component %d twice in a scan", id)
			}
		}
		d.scan.parts = append(d.scan.parts, scanPart{jpegPart: p, dc: &d.dc[tables>>4], ac: &d.ac[tables&15]})
		return d.takeQuant(p)
	}
	return corruptf("jpeg", "scan of an unknown component %d", id)
}

// checkScan checks what the scan's header demands.
func (d *jpegDecoder) checkScan(n int) error {
	s := &d.scan
	fresh := true
	for i := range d.parts {
		fresh = fresh && !d.parts[i].seen
	}
	d.scans++
	if d.scans > maxScans {
		return corruptf("jpeg", "more than %d scans", maxScans)
	}
	if fresh {
		d.whole = !d.progressive && n == len(d.parts)
		d.allocate()
	}
	for i := range s.parts {
		p := &s.parts[i]
		if !d.progressive && p.seen {
			return corruptf("jpeg", "two scans of a component")
		}
		p.seen = true
		needDC, needAC := s.first == 0 && s.high == 0, s.last > 0 || !d.progressive
		if needDC && !p.dc.defined || needAC && !p.ac.defined {
			return corruptf("jpeg", "table of Huffman codes is missing")
		}
	}
	if !d.progressive {
		if s.first != 0 || s.last != 63 || s.high != 0 || s.low != 0 {
			return corruptf("jpeg", "bad parameters of a scan")
		}
		return nil
	}
	bands := s.first == 0 && s.last == 0 || s.first > 0 && s.first <= s.last && s.last < 64 && n == 1
	if !bands || s.low > 13 || s.high != 0 && s.high != s.low+1 {
		return corruptf("jpeg", "bad parameters of a scan")
	}
	return nil
}

// mcuRows decodes the blocks of the scan: several components block by block in
// turns (section A.2.3), one alone in rows without those beyond the edge.
func (d *jpegDecoder) mcuRows() error {
	s := &d.scan
	across, down := d.mcus[0], d.mcus[1]
	alone := len(s.parts) == 1
	if alone {
		across, down = s.parts[0].blocks[0], s.parts[0].blocks[1]
	}
	decode := d.blockDecoder()
	for y := range down {
		for x := range across {
			if err := d.restart(); err != nil {
				return err
			}
			var err error
			if alone {
				err = decode(&s.parts[0], x, y)
			} else {
				err = d.interleaved(decode, x, y)
			}
			if err != nil {
				return err
			}
		}
	}
	return d.bits.end()
}

// interleaved decodes the blocks of all components of one MCU.
func (d *jpegDecoder) interleaved(decode func(p *scanPart, x, y int) error, x, y int) error {
	for i := range d.scan.parts {
		p := &d.scan.parts[i]
		for v := range p.v {
			for h := range p.h {
				if err := decode(p, x*p.h+h, y*p.v+v); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// blockDecoder returns what decodes the block at a place.
func (d *jpegDecoder) blockDecoder() func(p *scanPart, x, y int) error {
	s := &d.scan
	switch {
	case d.whole:
		return d.samplesOf
	case !d.progressive:
		return d.keepBlock
	case s.first == 0 && s.high == 0:
		return d.firstDC
	case s.first == 0:
		return d.refineDC
	case s.high == 0:
		return d.firstAC
	}
	return d.refineAC
}

// restart reads a restart marker where one is due (section E.2.4).
func (d *jpegDecoder) restart() error {
	s := &d.scan
	if d.interval == 0 {
		return nil
	}
	if s.untilRestart > 0 {
		s.untilRestart--
		return nil
	}
	if err := d.bits.end(); err != nil {
		return err
	}
	d.at = d.bits.at
	marker, err := d.marker()
	if err != nil {
		return err
	}
	if marker != markerRST0+s.restartCounter&7 {
		return corruptf("jpeg", "marker %#x instead of a restart", marker)
	}
	s.restartCounter++
	s.untilRestart, s.endOfBands = d.interval-1, 0
	for i := range s.parts {
		s.parts[i].before = 0
	}
	d.bits = bitReader{in: d.in, at: d.at}
	return nil
}
