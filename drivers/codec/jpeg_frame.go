package codec

import (
	"encoding/binary"
	"sync"
)

// jpegDecoder decodes one image. Decoders are kept for their memory.
type jpegDecoder struct {
	codec *JPEG
	in    []byte
	at    int
	dst   []byte

	quant     [4][64]int32 // row by row
	quantSeen [4]bool
	dc, ac    [4]huffman
	interval  int // MCUs between restart markers; 0: none

	jfif, adobe    bool
	adobeTransform byte

	progressive   bool
	width, height int
	parts         []jpegPart // components; nil before the frame
	maxH, maxV    int
	mcus          [2]int // of the frame, across and down
	scans         int
	whole         bool // one scan has everything: nothing is kept but samples

	bits bitReader
	scan jpegScan
	rows [3][]byte // of upsampled samples
}

// jpegPart is a component of the image.
type jpegPart struct {
	id            byte
	h, v          int // sampling factors
	table         int // of quantisation
	blocks        [2]int
	stride        int    // blocks in a row with those beyond the edge
	width, height int    // samples
	samples       []byte // 8*stride in a row: of memory, or the chunk itself
	memory        []byte
	coefficients  []int16
	quant         [64]int32
	quantTaken    bool
	seen          bool // in a scan
}

var jpegDecoders = sync.Pool{New: func() any { return new(jpegDecoder) }}

func (d *jpegDecoder) reset(j *JPEG, src, dst []byte) {
	d.codec, d.in, d.at, d.dst = j, src, 0, dst
	d.quantSeen = [4]bool{}
	for i := range d.dc {
		d.dc[i].defined, d.ac[i].defined = false, false
	}
	d.interval, d.jfif, d.adobe, d.whole = 0, false, false, false
	d.width, d.height, d.scans = 0, 0, 0
	d.parts = d.parts[:0]
}

// release forgets what belongs to the caller.
func (d *jpegDecoder) release() {
	d.in, d.dst, d.bits = nil, nil, bitReader{}
	for i := range d.parts {
		d.parts[i].samples = nil
	}
}

// readFrame reads SOFn (section B.2.2) and refuses images that do not make the
// chunk before anything is allocated.
func (d *jpegDecoder) readFrame(b []byte) error {
	if len(d.parts) > 0 {
		return corruptf("jpeg", "two frames")
	}
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return corruptf("jpeg", "frame header of %d bytes", len(b))
	}
	if b[0] != 8 {
		return corruptf("jpeg", "%d bits per sample", b[0])
	}
	d.height, d.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if n := int(b[5]); d.width*d.height != d.codec.pixels || n != d.codec.channels {
		return corruptf("jpeg", "image of %dx%d pixels with %d channels for a chunk of %d pixels with %d", d.width, d.height, n, d.codec.pixels, d.codec.channels)
	}
	if d.width > maxJPEGSide || d.height > maxJPEGSide {
		return corruptf("jpeg", "image of %dx%d pixels", d.width, d.height)
	}
	d.maxH, d.maxV = 1, 1
	for b = b[6:]; len(b) > 0; b = b[3:] {
		p := d.nextPart()
		p.id, p.h, p.v, p.table = b[0], int(b[1]>>4), int(b[1]&15), int(b[2])
		if p.h < 1 || p.h > 4 || p.v < 1 || p.v > 4 || p.table > 3 {
			return corruptf("jpeg", "bad component")
		}
		d.maxH, d.maxV = max(d.maxH, p.h), max(d.maxV, p.v)
	}
	d.layOut()
	for i := range d.parts {
		p := &d.parts[i]
		if d.maxH%p.h != 0 || d.maxV%p.v != 0 {
			return corruptf("jpeg", "components sampled %d:%d and %d:%d", d.maxH, p.h, d.maxV, p.v)
		}
	}
	return nil
}

// nextPart adds a component, in the memory of an earlier one.
func (d *jpegDecoder) nextPart() *jpegPart {
	n := len(d.parts)
	if n < cap(d.parts) {
		d.parts = d.parts[:n+1]
	} else {
		d.parts = append(d.parts, jpegPart{})
	}
	p := &d.parts[n]
	p.quantTaken, p.seen = false, false
	return p
}

// layOut sets the extents of the components (section A.1.1).
func (d *jpegDecoder) layOut() {
	d.mcus = [2]int{ceilDiv(d.width, 8*d.maxH), ceilDiv(d.height, 8*d.maxV)}
	for i := range d.parts {
		p := &d.parts[i]
		p.width, p.height = ceilDiv(d.width*p.h, d.maxH), ceilDiv(d.height*p.v, d.maxV)
		p.blocks = [2]int{ceilDiv(p.width, 8), ceilDiv(p.height, 8)}
		p.stride = d.mcus[0] * p.h
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// allocate gets memory for samples, and for coefficients if they come in
// several scans.
func (d *jpegDecoder) allocate() {
	for i := range d.parts {
		p := &d.parts[i]
		n := p.stride * d.mcus[1] * p.v * 64
		if len(d.parts) == 1 && n == len(d.dst) && p.width == 8*p.stride {
			p.samples = d.dst
		} else {
			if cap(p.memory) < n {
				p.memory = make([]byte, n)
			}
			p.samples = p.memory[:n]
		}
		if d.whole {
			continue
		}
		if cap(p.coefficients) < n {
			p.coefficients = make([]int16, n)
		}
		p.coefficients = p.coefficients[:n]
		clear(p.coefficients)
	}
}

// takeQuant fixes the table of a component when its first scan begins: later
// tables are for other components.
func (d *jpegDecoder) takeQuant(p *jpegPart) error {
	if p.quantTaken {
		return nil
	}
	if !d.quantSeen[p.table] {
		return corruptf("jpeg", "table %d of quantisation is missing", p.table)
	}
	p.quant, p.quantTaken = d.quant[p.table], true
	return nil
}

// finish makes pixels of what the scans held.
func (d *jpegDecoder) finish() error {
	if len(d.parts) == 0 {
		return corruptf("jpeg", "no frame")
	}
	for i := range d.parts {
		p := &d.parts[i]
		if !p.seen {
			return corruptf("jpeg", "component %d has no data", i)
		}
		if !d.whole {
			p.transform()
		}
	}
	d.output()
	return nil
}

// transform makes samples of the coefficients that several scans have set.
func (p *jpegPart) transform() {
	var block [64]int32
	for at := 0; at < len(p.coefficients); at += 64 {
		last := 0
		for i, c := range p.coefficients[at : at+64] {
			block[i] = int32(c) * p.quant[i]
			if c != 0 && i > 0 {
				last = 63
			}
		}
		n := at / 64
		x, y := n%p.stride, n/p.stride
		idct(p.samples[8*(y*8*p.stride+x):], 8*p.stride, &block, last)
	}
}
