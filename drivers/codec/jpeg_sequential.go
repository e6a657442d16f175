package codec

// samplesOf decodes a block of a sequential image to samples.
func (d *jpegDecoder) samplesOf(p *scanPart, x, y int) error {
	var block [64]int32
	last, err := d.sequential(p, &block, &p.quant)
	if err == nil {
		idct(p.samples[8*(y*8*p.stride+x):], 8*p.stride, &block, last)
	}
	return err
}

// keepBlock decodes a block of a sequential image to coefficients.
func (d *jpegDecoder) keepBlock(p *scanPart, x, y int) error {
	var block [64]int32
	_, err := d.sequential(p, &block, &onesQuant)
	for i, c := range block {
		p.block(x, y)[i] = int16(c)
	}
	return err
}

// onesQuant leaves coefficients as they are.
var onesQuant = func() (q [64]int32) {
	for i := range q {
		q[i] = 1
	}
	return q
}()

// block returns the coefficients of a block.
func (p *jpegPart) block(x, y int) []int16 {
	at := 64 * (y*p.stride + x)
	return p.coefficients[at : at+64 : at+64]
}

// sequential decodes a block (section F.2.2) and multiplies by quant. It returns
// the greatest index of a coefficient.
func (d *jpegDecoder) sequential(p *scanPart, block *[64]int32, quant *[64]int32) (last int, err error) {
	r := &d.bits
	r.need()
	size := r.symbol(p.dc)
	if size < 0 || size > 15 {
		return 0, errJPEGCode
	}
	p.before += r.extend(size)
	block[0] = p.before * quant[0]
	for k := 1; ; {
		if k, last = r.coefficients(&p.ac.fast, block, quant, k, last); k >= 64 {
			break
		}
		symbol := r.symbol(p.ac)
		run, size := symbol>>4, symbol&15
		if symbol < 0 {
			return 0, errJPEGCode
		}
		if size == 0 && run < 15 {
			break
		}
		if k += run; size != 0 {
			if k > 63 {
				return 0, errJPEGCode
			}
			i := jpegNatural[k&63] & 63
			block[i] = r.extend(size) * quant[i]
			last = k
		}
		k++
	}
	if r.n < 0 {
		return 0, errJPEGCut
	}
	return last, nil
}

// coefficients takes the coefficients of a block from k on as long as fast has
// them. It returns where it stopped: 64 or more at the end of the block.
func (r *bitReader) coefficients(fast *[1 << lookBits]int32, block, quant *[64]int32, k, last int) (next, greatest int) {
	acc, n := r.acc, r.n
	for k < 64 {
		if n < 32 {
			r.acc, r.n = acc, n
			r.fill()
			acc, n = r.acc, r.n
		}
		f := fast[acc>>(64-lookBits)]
		bits := f & 15
		if bits == 0 || int(f>>8&63)+k > 63 && f>>16 != 0 {
			break // the caller finds what is wrong
		}
		acc <<= uint(bits)
		n -= int(bits)
		if k += int(f >> 8 & 63); k > 63 {
			break
		}
		i := jpegNatural[k&63] & 63
		block[i] = f >> 16 * quant[i]
		last = k
		k++
	}
	r.acc, r.n = acc, n
	return k, last
}
