package codec

// output puts the samples of all components in their places in dst.
func (d *jpegDecoder) output() {
	if len(d.parts) == 1 {
		p := &d.parts[0]
		if &p.samples[0] == &d.dst[0] {
			return
		}
		for y := range d.height {
			copy(d.dst[y*d.width:(y+1)*d.width], p.row(y))
		}
		return
	}
	ycc := d.isYCC()
	n := d.width * d.height
	for y := range d.height {
		at := y * d.width
		var out, in [3][]byte
		for i := range d.parts {
			out[i] = d.dst[i*n+at:][:d.width:d.width]
			in[i] = d.upsample(i, y)[:d.width:d.width]
		}
		if ycc {
			convertYCC(out, in)
			continue
		}
		for i := range in {
			copy(out[i], in[i])
		}
	}
}

// isYCC reports whether the three components are those of JFIF and not RGB
// (libjpeg, jdapimin.c, default_decompress_parms).
func (d *jpegDecoder) isYCC() bool {
	switch {
	case d.jfif:
		return true
	case d.adobe:
		return d.adobeTransform != 0
	}
	return d.parts[0].id != 'R' || d.parts[1].id != 'G' || d.parts[2].id != 'B'
}

// row returns a row of samples, which is clamped to those that there are.
func (p *jpegPart) row(y int) []byte {
	y = min(max(y, 0), p.height-1)
	at := y * 8 * p.stride
	return p.samples[at : at+p.width]
}

// upsample returns row y of component i in full resolution, valid until the next
// call for the component (libjpeg, jdsample.c, with fancy upsampling).
func (d *jpegDecoder) upsample(i, y int) []byte {
	p := &d.parts[i]
	h, v := d.maxH/p.h, d.maxV/p.v
	near := p.row(y / v)
	if h == 1 && v == 1 {
		return near
	}
	if n := h * p.width; cap(d.rows[i]) < n {
		d.rows[i] = make([]byte, n)
	}
	out := d.rows[i][:h*p.width]
	far := p.row(y/v - 1)
	if y%v != 0 {
		far = p.row(y/v + 1)
	}
	switch {
	case h == 2 && v == 1 && p.width > 2:
		upsampleH2(out, near)
	case h == 1 && v == 2:
		upsampleV2(out, near, far, uint(1+y%2))
	case h == 2 && v == 2 && p.width > 2:
		upsampleH2V2(out, near, far)
	default:
		for x, s := range near {
			for k := range h {
				out[x*h+k] = s
			}
		}
	}
	return out
}

// upsampleH2 doubles a row: each sample is 3/4 of the nearest and 1/4 of the
// next one, rounded down and up in turns.
func upsampleH2(out, in []byte) {
	n := len(in)
	out = out[:2*n]
	out[0] = in[0]
	out[1] = byte((uint(in[0])*3 + uint(in[1]) + 2) >> 2)
	before, this := uint(in[0]), uint(in[1])
	for x := 2; x < n; x++ {
		next := uint(in[x])
		o := out[2*x-2 : 2*x]
		o[0] = byte((this*3 + before + 1) >> 2)
		o[1] = byte((this*3 + next + 2) >> 2)
		before, this = this, next
	}
	out[2*n-2] = byte((this*3 + before + 1) >> 2)
	out[2*n-1] = byte(this)
}

// upsampleV2 makes a row between two.
func upsampleV2(out, near, far []byte, bias uint) {
	out, far = out[:len(near)], far[:len(near)]
	for x, s := range near {
		out[x] = byte((uint(s)*3 + uint(far[x]) + bias) >> 2)
	}
}

// upsampleH2V2 doubles a row between two.
func upsampleH2V2(out, near, far []byte) {
	n := len(near)
	far, out = far[:n], out[:2*n]
	this := uint(near[0])*3 + uint(far[0])
	next := uint(near[1])*3 + uint(far[1])
	out[0] = byte((this*4 + 8) >> 4)
	out[1] = byte((this*3 + next + 7) >> 4)
	before := this
	this = next
	for x := 2; x < n; x++ {
		next = uint(near[x])*3 + uint(far[x])
		o := out[2*x-2 : 2*x]
		o[0] = byte((this*3 + before + 8) >> 4)
		o[1] = byte((this*3 + next + 7) >> 4)
		before, this = this, next
	}
	out[2*n-2] = byte((this*3 + before + 8) >> 4)
	out[2*n-1] = byte((this*4 + 7) >> 4)
}

// Tables of the conversion from YCbCr, 16 bits behind the point (libjpeg,
// jdcolor.c): what a chroma sample adds to red and blue, and to green before
// rounding.
var yccRed, yccBlue, yccGreenRed, yccGreenBlue = func() (r, b, gr, gb [256]int32) {
	const half = 1 << 15
	for i := range 256 {
		x := int32(i) - 128
		r[i] = (91881*x + half) >> 16  // 1.40200
		b[i] = (116130*x + half) >> 16 // 1.77200
		gr[i] = -46802 * x             // 0.71414
		gb[i] = -22554*x + half        // 0.34414
	}
	return r, b, gr, gb
}()

// convertYCC converts a row to RGB.
func convertYCC(out, in [3][]byte) {
	luma := in[0]
	cb, cr := in[1][:len(luma)], in[2][:len(luma)]
	red, green, blue := out[0][:len(luma)], out[1][:len(luma)], out[2][:len(luma)]
	for x, s := range luma {
		y, b, r := int32(s), cb[x], cr[x]
		red[x] = clamp8(y + yccRed[r])
		green[x] = clamp8(y + (yccGreenBlue[b]+yccGreenRed[r])>>16)
		blue[x] = clamp8(y + yccBlue[b])
	}
}
