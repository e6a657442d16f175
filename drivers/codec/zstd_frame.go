package codec

import (
	"encoding/binary"
)

const (
	zstdMagic    = 0xfd2fb528
	zstdSkip     = 0x184d2a50 // and the 15 values above it
	zstdMaxBlock = 128 << 10  // bytes that one block decodes to at most
)

// zstdFrame is what the headers of a frame and of its blocks say.
type zstdFrame struct {
	size   int    // bytes of the frame, its checksum included
	header int    // bytes before the first block
	window int    // largest distance; 0: the frame needs a dictionary or has a checksum
	bound  uint64 // bytes of content, at most
	sized  bool   // bound is the content size, stated by the frame
	skip   bool   // a skippable frame, which has no content
}

// scanZstdFrame reads the headers of the frame that src begins with, without
// decoding anything. Format: RFC 8878 section 3.1.
func scanZstdFrame(src []byte) (zstdFrame, error) {
	if len(src) < 8 {
		return zstdFrame{}, corruptf("zstd", "frame header is cut")
	}
	magic := binary.LittleEndian.Uint32(src)
	if magic&^0xf == zstdSkip {
		size := 8 + uint64(binary.LittleEndian.Uint32(src[4:]))
		if size > uint64(len(src)) {
			return zstdFrame{}, corruptf("zstd", "skippable frame is cut")
		}
		return zstdFrame{size: int(size), skip: true}, nil
	}
	if magic != zstdMagic {
		return zstdFrame{}, corruptf("zstd", "no frame begins with %#08x", magic)
	}
	f, checksum, err := zstdHeader(src)
	if err != nil {
		return zstdFrame{}, err
	}
	f.header = f.size
	f, blocks, err := f.scanBlocks(src)
	if err != nil {
		return zstdFrame{}, err
	}
	if checksum {
		f.size += 4
	}
	if f.size > len(src) {
		return zstdFrame{}, corruptf("zstd", "frame checksum is cut")
	}
	if f.sized && f.bound > blocks {
		return zstdFrame{}, corruptf("zstd", "frame declares %d bytes, its blocks hold at most %d", f.bound, blocks)
	}
	if !f.sized {
		f.bound = blocks
	}
	return f, nil
}

// zstdHeader reads the frame header that src, of at least 8 bytes, begins
// with: section 3.1.1.1. The size of the result is the header's.
func zstdHeader(src []byte) (f zstdFrame, checksum bool, err error) {
	flags := src[4]
	single := flags&0x20 != 0
	n := 5
	if !single {
		n++ // window
	}
	n += [4]int{0, 1, 2, 4}[flags&3] // dictionary
	width := [4]int{0, 2, 4, 8}[flags>>6]
	if width == 0 && single {
		width = 1
	}
	if len(src) < n+width {
		return f, false, corruptf("zstd", "frame header is cut")
	}
	var field [8]byte
	copy(field[:], src[n:n+width])
	f = zstdFrame{size: n + width, bound: binary.LittleEndian.Uint64(field[:]), sized: width > 0}
	if width == 2 {
		f.bound += 256
	}
	if flags&0xf == 0 && f.bound < 1<<30 {
		f.window = int(max(f.bound, 1<<10))
		if !single {
			f.window = (8 + int(src[5]&7)) << (src[5]>>3 + 7)
		}
		if f.window > 1<<30 { // the library has a limit of its own
			f.window = 0
		}
	}
	return f, flags&4 != 0, nil
}

// scanBlocks adds the blocks after the header to the size of the frame and
// returns the bytes that they decode to at most: section 3.1.1.2.
func (f zstdFrame) scanBlocks(src []byte) (_ zstdFrame, bound uint64, err error) {
	for {
		if len(src)-f.size < 3 {
			return f, 0, corruptf("zstd", "block header is cut")
		}
		head := uint32(src[f.size]) | uint32(src[f.size+1])<<8 | uint32(src[f.size+2])<<16
		size := int(head >> 3)
		content := min(size, zstdMaxBlock)
		switch head >> 1 & 3 {
		case 1: // one byte, repeated
			size = 1
		case 2: // compressed
			content = zstdMaxBlock
		case 3:
			return f, 0, corruptf("zstd", "block of reserved type")
		}
		f.size += 3
		if size > len(src)-f.size {
			return f, 0, corruptf("zstd", "block is cut")
		}
		f.size += size
		bound += uint64(content)
		if head&1 != 0 {
			return f, bound, nil
		}
	}
}
