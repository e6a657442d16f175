package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// JPEG is the JPEG image format (ITU-T T.81) for chunks of 8-bit pixels with one
// channel (gray) or three (RGB), read bit for bit as libjpeg-turbo does with its
// defaults: the accurate integer IDCT, "fancy" upsampling of chroma, and the
// integer conversion of JFIF's YCbCr. Baseline, extended and progressive images
// with Huffman codes and 8 bits are read. In a decoded chunk the samples of one
// channel lie together, channel after channel.
//
// Any image with as many pixels is read, whatever its width: writers differ in
// what they make of the dimensions of a chunk. What libjpeg only warns of (an
// end that is missing, codes that are none) is ErrCorrupt, as in TensorStore.
//
// JPEG is lossy: nothing is encoded.
type JPEG struct {
	pixels, channels int
}

var _ Codec = (*JPEG)(nil)

// NewJPEG returns the codec for chunks of the given shape (x, y, z, channels).
func NewJPEG(shape [4]int64) (*JPEG, error) {
	if shape[3] != 1 && shape[3] != 3 {
		return nil, fmt.Errorf("jpeg: %d channels: an image has 1 or 3", shape[3])
	}
	w, h, err := imageSides(shape, maxJPEGSide)
	if err != nil {
		return nil, fmt.Errorf("jpeg: %w", err)
	}
	return &JPEG{w * h, int(shape[3])}, nil
}

// maxJPEGSide is libjpeg's JPEG_MAX_DIMENSION.
const maxJPEGSide = 65500

// Encode always fails.
func (j *JPEG) Encode([]byte, []byte) ([]byte, error) {
	return nil, fmt.Errorf("jpeg: lossy: %w", errors.ErrUnsupported)
}

// Decode returns the pixels of the image, channel after channel. An image with
// another number of pixels or channels is ErrCorrupt.
func (j *JPEG) Decode(dst, src []byte, max int) ([]byte, error) {
	n := j.pixels * j.channels
	if n > max {
		return nil, corruptf("jpeg", "more than %d bytes", max)
	}
	d := jpegDecoders.Get().(*jpegDecoder)
	defer jpegDecoders.Put(d)
	dst = reserve(dst, n)[:n]
	d.reset(j, src, dst)
	err := d.decode()
	d.release()
	if err != nil {
		return nil, err
	}
	return dst, nil
}

// Markers, table B.1 of T.81.
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerSOF15 = 0xcf
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP14 = 0xee
	markerTEM   = 0x01
)

// decode reads the segments of the image (section B.2).
func (d *jpegDecoder) decode() error {
	if len(d.in) < 2 || d.in[0] != 0xff || d.in[1] != markerSOI {
		return corruptf("jpeg", "no JPEG image")
	}
	d.at = 2
	for {
		marker, err := d.marker()
		if err != nil {
			return err
		}
		if marker == markerEOI {
			break
		}
		body, err := d.segment(marker)
		if err != nil {
			return err
		}
		if err := d.read(marker, body); err != nil {
			return err
		}
	}
	if d.at < len(d.in) {
		return corruptf("jpeg", "%d bytes after the end", len(d.in)-d.at)
	}
	return d.finish()
}

// marker returns the next marker, before which there may be any number of 0xff.
func (d *jpegDecoder) marker() (byte, error) {
	if d.at+1 >= len(d.in) {
		return 0, corruptf("jpeg", "image is cut")
	}
	if d.in[d.at] != 0xff {
		return 0, corruptf("jpeg", "byte %#x where a marker should be", d.in[d.at])
	}
	for d.at < len(d.in) && d.in[d.at] == 0xff {
		d.at++
	}
	if d.at == len(d.in) {
		return 0, corruptf("jpeg", "image is cut")
	}
	d.at++
	return d.in[d.at-1], nil
}

// segment returns the parameters that follow a marker.
func (d *jpegDecoder) segment(marker byte) ([]byte, error) {
	if marker == markerSOI || marker == markerTEM || marker == 0 || marker >= markerRST0 && marker <= markerRST7 {
		return nil, corruptf("jpeg", "marker %#x in the wrong place", marker)
	}
	if len(d.in)-d.at < 2 {
		return nil, corruptf("jpeg", "image is cut")
	}
	n := int(binary.BigEndian.Uint16(d.in[d.at:]))
	if n < 2 || n > len(d.in)-d.at {
		return nil, corruptf("jpeg", "segment %#x of %d bytes is cut", marker, n)
	}
	body := d.in[d.at+2 : d.at+n]
	d.at += n
	return body, nil
}

// read reads a segment; that of a scan includes its data.
func (d *jpegDecoder) read(marker byte, body []byte) error {
	switch {
	case marker == markerDHT:
		return d.readHuffman(body)
	case marker == markerDQT:
		return d.readQuantisation(body)
	case marker == markerDRI:
		if len(body) != 2 {
			return corruptf("jpeg", "restart interval of %d bytes", len(body))
		}
		d.interval = int(binary.BigEndian.Uint16(body))
	case marker == markerSOS:
		return d.readScan(body)
	case marker <= markerSOF2 && marker >= markerSOF0:
		d.progressive = marker == markerSOF2
		return d.readFrame(body)
	case marker <= markerSOF15 && marker >= markerSOF0 && marker != markerJPG:
		return corruptf("jpeg", "unsupported process %#x (lossless, hierarchical or arithmetic coding)", marker)
	case marker == markerAPP0 && len(body) >= 5 && string(body[:5]) == "JFIF\x00":
		d.jfif = true
	case marker == markerAPP14 && len(body) >= 12 && string(body[:5]) == "Adobe":
		d.adobe, d.adobeTransform = true, body[11]
	}
	return nil
}

// readQuantisation reads DQT (section B.2.4.1).
func (d *jpegDecoder) readQuantisation(b []byte) error {
	for len(b) > 0 {
		id, wide := b[0]&15, b[0]>>4
		size := 64
		if wide == 1 {
			size = 128
		}
		if id > 3 || wide > 1 || len(b) < 1+size {
			return corruptf("jpeg", "bad table of quantisation")
		}
		t := &d.quant[id]
		for k := range 64 {
			v := uint16(b[1+k*size/64])
			if wide == 1 {
				v = v<<8 | uint16(b[2+2*k])
			}
			t[jpegNatural[k]] = int32(v)
		}
		d.quantSeen[id] = true
		b = b[1+size:]
	}
	return nil
}

// jpegNatural is the place in a block, row by row, of coefficient k in zigzag
// order (figure A.6).
var jpegNatural = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}
