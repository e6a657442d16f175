package codec

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"
)

// PNG is the PNG image format (W3C, PNG specification, third edition) for chunks
// of pixels with 1 to 4 samples of 8 or 16 bits: gray, gray and alpha, RGB, RGB
// and alpha. In a decoded chunk the samples of one channel lie together, channel
// after channel, little-endian; in the image they lie pixel by pixel, big-endian.
//
// Any image with as many pixels is read, whatever its width: writers differ in
// what they make of the dimensions of a chunk. As TensorStore does, the indices
// of a palette and samples of less than 8 bits are read as they are, tRNS, gamma
// and the like are ignored, and interlaced images are refused.
type PNG struct {
	width, height int // written
	channels      int
	sample        int // bytes
	level         int
}

var _ Codec = (*PNG)(nil)

// maxPNGSide is the largest width or height that libpng reads by default.
const maxPNGSide = 1000000

// NewPNG returns the codec for chunks of the given shape (x, y, z, channels) and
// samples of size bytes. level is zlib's: 0 to 9, or -1 for the default.
func NewPNG(shape [4]int64, size, level int) (*PNG, error) {
	if shape[3] < 1 || shape[3] > 4 {
		return nil, fmt.Errorf("png: %d channels: an image has 1 to 4", shape[3])
	}
	if size != 1 && size != 2 {
		return nil, fmt.Errorf("png: samples of %d bytes: only uint8 and uint16 can be encoded", size)
	}
	if level < -1 || level > 9 {
		return nil, fmt.Errorf("png: no level %d: must be -1 to 9", level)
	}
	w, h, err := imageSides(shape, maxPNGSide)
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	return &PNG{w, h, int(shape[3]), size, level}, nil
}

// imageSides returns the size of the image that a chunk is written as: width x
// and height y*z, or when a side is too long x*y and z.
func imageSides(shape [4]int64, longest int64) (w, h int, err error) {
	pixels := int64(1)
	for _, n := range shape[:3] {
		if n < 1 || n > 1<<40/pixels {
			return 0, 0, fmt.Errorf("no chunks of shape %v", shape)
		}
		pixels *= n
	}
	if rows := pixels / shape[0]; rows > longest && shape[0]*shape[1] <= longest {
		return int(shape[0] * shape[1]), int(shape[2]), nil
	}
	return int(shape[0]), int(pixels / shape[0]), nil
}

// pngImage is what the header of an image says.
type pngImage struct {
	width, height int
	depth         int // bits per sample
	channels      int
	data          []byte // of all IDAT chunks, one zlib stream
}

// stride returns the bytes of a row without its filter byte.
func (m *pngImage) stride() int { return (m.width*m.channels*m.depth + 7) / 8 }

// pngChannels maps the colour types (table 12) to samples per pixel; a palette's
// indices are one.
var pngChannels = map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

// Decode returns the pixels of the image, channel after channel. An image with
// another number of pixels or channels, other samples, a wrong checksum, a cut
// end or bytes after it is ErrCorrupt.
func (p *PNG) Decode(dst, src []byte, max int) ([]byte, error) {
	n := p.width * p.height * p.channels * p.sample
	if n > max {
		return nil, corruptf("png", "more than %d bytes", max)
	}
	m, err := parsePNG(src, p.check)
	if err != nil {
		return nil, err
	}
	rows := m.height * (m.stride() + 1)
	buf := pngBuffer(rows)
	defer pngBuffers.Put(buf)
	filtered, err := Zlib{}.Decode(*buf, m.data, rows)
	if err != nil {
		return nil, fmt.Errorf("png: %w", err)
	}
	if len(filtered) != rows {
		return nil, corruptf("png", "%d bytes of rows instead of %d", len(filtered), rows)
	}
	dst = reserve(dst, n)[:n]
	if err := m.unfilter(dst, filtered); err != nil {
		return nil, err
	}
	return dst, nil
}

// check refuses images that do not make the chunk.
func (p *PNG) check(m *pngImage) error {
	if pixels := p.width * p.height; m.width > pixels || m.height > pixels || m.width*m.height != pixels {
		return corruptf("png", "image of %dx%d pixels for a chunk of %d", m.width, m.height, pixels)
	}
	if m.channels != p.channels {
		return corruptf("png", "image with %d channels instead of %d", m.channels, p.channels)
	}
	if (m.depth+7)/8 != p.sample {
		return corruptf("png", "image with %d bits per sample instead of %d", m.depth, 8*p.sample)
	}
	return nil
}

var pngBuffers sync.Pool

// pngBuffer returns n bytes, to be given back to pngBuffers.
func pngBuffer(n int) *[]byte {
	buf, _ := pngBuffers.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	*buf = (*buf)[:n]
	return buf
}

const pngSignature = "\x89PNG\r\n\x1a\n"

// parsePNG reads the chunks of an image (section 5). check is asked about the
// header before anything of the image is looked at.
func parsePNG(src []byte, check func(*pngImage) error) (*pngImage, error) {
	if len(src) < len(pngSignature) || string(src[:len(pngSignature)]) != pngSignature {
		return nil, corruptf("png", "no PNG image")
	}
	rest := src[len(pngSignature):]
	m := &pngImage{}
	for last := ""; ; {
		kind, body, after, err := pngChunk(rest)
		if err != nil {
			return nil, err
		}
		rest = after
		switch {
		case (last == "") != (kind == "IHDR"):
			return nil, corruptf("png", "chunk %q in the wrong place", kind)
		case kind == "IHDR":
			if err := m.readHeader(body); err != nil {
				return nil, err
			}
			if err := check(m); err != nil {
				return nil, err
			}
		case kind == "IDAT":
			if last != "IDAT" && m.data != nil {
				return nil, corruptf("png", "chunks IDAT are not together")
			}
			m.addData(body)
		case kind == "IEND":
			if len(rest) > 0 {
				return nil, corruptf("png", "%d bytes after the end", len(rest))
			}
			return m, nil
		case kind[0]&0x20 == 0 && kind != "PLTE":
			return nil, corruptf("png", "unknown critical chunk %q", kind)
		}
		last = kind
	}
}

// pngChunk cuts off the first chunk of src: length, type, data and CRC.
func pngChunk(src []byte) (kind string, body, rest []byte, err error) {
	if len(src) < 12 {
		return "", nil, nil, corruptf("png", "image is cut")
	}
	n := uint64(binary.BigEndian.Uint32(src))
	if n > uint64(len(src)-12) {
		return "", nil, nil, corruptf("png", "chunk of %d bytes is cut", n)
	}
	end := 8 + int(n)
	if crc32.ChecksumIEEE(src[4:end]) != binary.BigEndian.Uint32(src[end:]) {
		return "", nil, nil, corruptf("png", "wrong checksum of chunk %q", src[4:8])
	}
	return string(src[4:8]), src[8:end], src[end+4:], nil
}

// readHeader reads the chunk IHDR (section 11.2.1).
func (m *pngImage) readHeader(b []byte) error {
	if len(b) != 13 {
		return corruptf("png", "header of %d bytes", len(b))
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
		return corruptf("png", "image of %dx%d pixels", w, h)
	}
	m.width, m.height, m.depth, m.channels = int(w), int(h), int(b[8]), pngChannels[b[9]]
	allowed := m.depth == 8 || m.depth == 16 && b[9] != 3
	if b[9] == 0 || b[9] == 3 {
		allowed = allowed || m.depth == 1 || m.depth == 2 || m.depth == 4
	}
	if m.channels == 0 || !allowed || b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return corruptf("png", "bad header % x", b[8:])
	}
	if b[12] == 1 {
		return corruptf("png", "interlaced images are not supported")
	}
	return nil
}

// addData joins the parts of the stream, without a copy when there is one.
func (m *pngImage) addData(body []byte) {
	if m.data == nil {
		m.data = body[:len(body):len(body)]
		return
	}
	m.data = append(m.data, body...)
}
