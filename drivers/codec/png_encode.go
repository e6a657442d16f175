package codec

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Encode returns the chunk as an image of width x and height y*z. Each row gets
// the filter whose result has the least sum of magnitudes (section 12.7 of the
// specification).
func (p *PNG) Encode(dst, src []byte) ([]byte, error) {
	stride := p.width * p.channels * p.sample
	if len(src) != stride*p.height {
		return nil, fmt.Errorf("png: %d bytes instead of %d", len(src), stride*p.height)
	}
	buf := pngBuffer(p.height * (stride + 1))
	defer pngBuffers.Put(buf)
	p.filterRows(*buf, src)

	dst = append(dst[:0], pngSignature...)
	dst = appendPNGChunk(dst, "IHDR", p.header())
	begin := len(dst)
	dst = append(dst, "\x00\x00\x00\x00IDAT"...)
	data, err := Zlib{Level: p.level}.Encode(nil, *buf)
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	if len(data) > 1<<31-1 {
		return nil, fmt.Errorf("png: %d bytes are more than a chunk can hold", len(data))
	}
	dst = append(dst, data...)
	binary.BigEndian.PutUint32(dst[begin:], uint32(len(data)))
	dst = binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin+4:]))
	return appendPNGChunk(dst, "IEND", nil), nil
}

// header returns the chunk IHDR.
func (p *PNG) header() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(p.width))
	b = binary.BigEndian.AppendUint32(b, uint32(p.height))
	colour := [...]byte{1: 0, 2: 4, 3: 2, 4: 6}[p.channels]
	return append(b, byte(8*p.sample), colour, 0, 0, 0)
}

func appendPNGChunk(dst []byte, kind string, body []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(body)))
	begin := len(dst)
	dst = append(append(dst, kind...), body...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}

// filterRows writes the filtered rows of a chunk to out.
func (p *PNG) filterRows(out, src []byte) {
	stride, bpp := p.width*p.channels*p.sample, p.channels*p.sample
	f := pngFilterer{bpp: bpp, best: make([]byte, stride), trial: make([]byte, stride)}
	above, cur := make([]byte, stride), make([]byte, stride)
	for y := range p.height {
		p.gather(cur, src, y)
		kind, row := f.choose(cur, above)
		at := y * (stride + 1)
		out[at] = kind
		copy(out[at+1:], row)
		above, cur = cur, above
	}
}

// gather collects the samples of row y: pixel by pixel, big-endian.
func (p *PNG) gather(row, src []byte, y int) {
	pixels, at := p.width*p.height, y*p.width
	for c := range p.channels {
		if p.sample == 1 {
			in := src[c*pixels+at:][:p.width]
			for i, x := range in {
				row[i*p.channels+c] = x
			}
			continue
		}
		in := src[2*(c*pixels+at):][:2*p.width]
		for i := 0; i < p.width; i++ {
			binary.BigEndian.PutUint16(row[2*(i*p.channels+c):], binary.LittleEndian.Uint16(in[2*i:]))
		}
	}
}

// pngFilterer tries the filters on rows of bpp bytes per pixel.
type pngFilterer struct {
	bpp         int
	best, trial []byte
}

// choose returns the filter for the row cur below the row above, and the row
// filtered with it, valid until the next call.
func (f *pngFilterer) choose(cur, above []byte) (kind byte, row []byte) {
	least := sumMagnitudes(cur)
	kind, row = pngNone, cur
	for try := byte(pngSub); try <= pngPaeth && least > 0; try++ {
		f.apply(try, cur, above)
		if sum := sumMagnitudes(f.trial); sum < least {
			kind, least = try, sum
			f.best, f.trial = f.trial, f.best
			row = f.best
		}
	}
	return kind, row
}

// apply writes the row filtered with one filter to trial.
func (f *pngFilterer) apply(kind byte, cur, above []byte) {
	out := f.trial[:len(cur)]
	above = above[:len(cur)]
	for i := range out {
		left, aboveLeft := byte(0), byte(0)
		if i >= f.bpp {
			left, aboveLeft = cur[i-f.bpp], above[i-f.bpp]
		}
		predicted := left
		switch kind {
		case pngUp:
			predicted = above[i]
		case pngAverage:
			predicted = byte((int(left) + int(above[i])) / 2)
		case pngPaeth:
			predicted = paeth(int(left), int(above[i]), int(aboveLeft))
		}
		out[i] = cur[i] - predicted
	}
}

// sumMagnitudes adds up the bytes as signed numbers without their signs.
func sumMagnitudes(b []byte) (sum int) {
	for _, x := range b {
		sum += magnitude(int(int8(x)))
	}
	return sum
}
