package codec

import "encoding/binary"

// Control bytes of LZMA2 chunks, which follow one another up to a zero. Other
// values below lzma2Packed are invalid; above, bits 5 and 6 say what is reset,
// and bits 0 to 4 are the highest of the size.
const (
	lzma2End       = 0x00
	lzma2RawReset  = 0x01 // stored bytes that begin a new dictionary
	lzma2Raw       = 0x02
	lzma2Packed    = 0x80
	lzma2State     = 0xa0 // from here on: new state
	lzma2Props     = 0xc0 // and new properties
	lzma2DictReset = 0xe0 // and a new dictionary
)

// lzma2 appends the data of the chunks that src begins with to d.out, and
// returns how many bytes of src they took.
func (d *lzmaDecoder) lzma2(src []byte) (n int, err error) {
	needDict, needProps := true, true
	for {
		if n >= len(src) {
			return 0, corruptf(d.codec, "chunk is cut")
		}
		control := src[n]
		if control == lzma2End {
			return n + 1, nil
		}
		if control >= lzma2DictReset || control == lzma2RawReset {
			needDict, needProps = false, true
			d.begin = d.op
		}
		if needDict || control < lzma2Packed && control > lzma2Raw {
			return 0, corruptf(d.codec, "bad chunk %#02x", control)
		}
		var size int
		if control < lzma2Packed {
			size, err = d.rawChunk(src[n:])
		} else {
			if needProps && control < lzma2Props {
				return 0, corruptf(d.codec, "chunk without properties")
			}
			needProps = false
			size, err = d.packedChunk(src[n:])
		}
		if err != nil {
			return 0, err
		}
		n += size
	}
}

// rawChunk copies the chunk that src begins with and returns its size.
func (d *lzmaDecoder) rawChunk(src []byte) (int, error) {
	const header = 3
	if len(src) < header {
		return 0, corruptf(d.codec, "chunk is cut")
	}
	n := int(binary.BigEndian.Uint16(src[1:])) + 1
	if len(src)-header < n {
		return 0, corruptf(d.codec, "chunk is cut")
	}
	if err := d.reserve(n); err != nil {
		return 0, err
	}
	copy(d.out[d.op:], src[header:header+n])
	d.op += n
	return header + n, nil
}

// packedChunk decodes the chunk that src begins with and returns its size.
func (d *lzmaDecoder) packedChunk(src []byte) (int, error) {
	control, header := src[0], 5
	if control >= lzma2Props {
		header = 6
	}
	if len(src) < header {
		return 0, corruptf(d.codec, "chunk is cut")
	}
	n := int(control&0x1f)<<16 + int(binary.BigEndian.Uint16(src[1:])) + 1
	size := header + int(binary.BigEndian.Uint16(src[3:])) + 1
	if len(src) < size {
		return 0, corruptf(d.codec, "chunk is cut")
	}
	if control >= lzma2Props {
		if err := d.setProps(src[5]); err != nil {
			return 0, err
		}
	}
	if control >= lzma2State {
		d.resetState()
	}
	if err := d.reserve(n); err != nil {
		return 0, err
	}
	if err := d.start(src[header:size]); err != nil {
		return 0, err
	}
	marker, err := d.run(d.op + n)
	if err != nil {
		return 0, err
	}
	if marker || !d.finished() {
		return 0, corruptf(d.codec, "chunk is not what its header says")
	}
	return size, nil
}
