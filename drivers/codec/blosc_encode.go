package codec

import "fmt"

// bloscWriter is one container being encoded. Its choices - block size,
// splits, what is stored - are those of c-blosc 1.21, so that blosclz and lz4
// give the same bytes.
type bloscWriter struct {
	Blosc
	format int
	flags  byte
	block  int    // bytes
	temp   []byte // a filtered block
	out    []byte // as long as the container may become
	pos    int
}

// Encode returns src as a container. It is never longer than src by more than
// 16 bytes. More than 2^31-17 bytes and fields that NewBlosc refuses are
// errors.
func (b Blosc) Encode(dst, src []byte) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if len(src) > bloscMaxBytes {
		return nil, fmt.Errorf("blosc: %d bytes are more than a container can hold", len(src))
	}
	if cap(dst) < len(src)+bloscHeader {
		dst = make([]byte, len(src)+bloscHeader)
	}
	w := bloscWriter{Blosc: b, out: dst[:len(src)+bloscHeader]}
	w.resolve(len(src))
	w.header(len(src))
	if w.flags&bloscStored == 0 {
		fits, err := w.blocks(src)
		if err != nil {
			return nil, err
		}
		if !fits {
			w.flags |= bloscStored
		}
	}
	if w.flags&bloscStored != 0 {
		w.pos = bloscHeader + copy(w.out[bloscHeader:], src)
	}
	w.out[2] = w.flags
	le.PutUint32(w.out[12:], uint32(w.pos))
	return w.out[:w.pos], nil
}

// resolve turns the parameters into those of n bytes of data.
func (w *bloscWriter) resolve(n int) {
	if w.Shuffle == BloscAutoShuffle {
		w.Shuffle = BloscByteShuffle
		if w.TypeSize == 1 {
			w.Shuffle = BloscBitShuffle
		}
	}
	if w.TypeSize > bloscMaxTypeLen {
		w.TypeSize = 1
	}
	w.format, _ = bloscFormat(w.Cname)
	w.block = w.blockSize(n)
	w.flags = byte(w.format << bloscFormatBit)
	switch w.Shuffle {
	case BloscByteShuffle:
		w.flags |= bloscBytes
	case BloscBitShuffle:
		w.flags |= bloscBits
	}
	if !w.splits(w.block) {
		w.flags |= bloscUnsplit
	}
	if w.Clevel == 0 || n < bloscMinBuffer {
		w.flags |= bloscStored
	}
}

// splits reports whether blocks of this size are split. zstd never is: it came
// to c-blosc together with the flag that says so.
func (w *bloscWriter) splits(block int) bool {
	return w.format != bloscFormatZstd && bloscSplittable(w.TypeSize, block)
}

// bloscBlockSize is the size of blocks of data of 32 KiB and more, by level;
// compressors that gain from long blocks have twice that, at level 9 four
// times.
var bloscBlockSize = [10]int{8 << 10, 16 << 10, 32 << 10, 64 << 10, 128 << 10, 128 << 10, 256 << 10, 256 << 10, 256 << 10, 256 << 10}

// blockSize is compute_blocksize of blosc.c.
func (w *bloscWriter) blockSize(n int) int {
	if n < w.TypeSize {
		return 1
	}
	size := n
	if w.BlockSize > 0 {
		size = min(max(w.BlockSize, bloscMinBuffer), bloscMaxBlock)
	} else if n >= 32<<10 {
		size = bloscBlockSize[w.Clevel]
		if w.Cname == "lz4hc" || w.Cname == "zlib" || w.Cname == "zstd" {
			size *= 2
			if w.Clevel == 9 {
				size *= 2
			}
		}
	}
	if w.Clevel > 0 && w.splits(size) {
		size = min(size, 256<<10) * w.TypeSize
		size = min(max(size, 64<<10), 1<<20)
	}
	size = min(size, n)
	if size > w.TypeSize {
		size -= size % w.TypeSize
	}
	return size
}

// header writes all of the header but the flags and the compressed size.
func (w *bloscWriter) header(n int) {
	w.out[0], w.out[1], w.out[3] = bloscVersion, bloscLZVersion, byte(w.TypeSize)
	le.PutUint32(w.out[4:], uint32(n))
	le.PutUint32(w.out[8:], uint32(w.block))
}

// blocks writes the offsets and the blocks, and reports whether they fit.
func (w *bloscWriter) blocks(src []byte) (bool, error) {
	n := (len(src) + w.block - 1) / w.block
	w.pos = bloscHeader + 4*n
	if w.pos > len(w.out) {
		return false, nil
	}
	temp := getBloscTemp(w.block)
	defer putBloscTemp(temp)
	w.temp = *temp
	for i := range n {
		le.PutUint32(w.out[bloscHeader+4*i:], uint32(w.pos))
		fits, err := w.compress(src[i*w.block : min((i+1)*w.block, len(src))])
		if !fits || err != nil {
			return false, err
		}
	}
	return true, nil
}

// compress writes one block, and reports whether it fits.
func (w *bloscWriter) compress(src []byte) (bool, error) {
	splits := 1
	if w.flags&bloscUnsplit == 0 && len(src) == w.block {
		splits = w.TypeSize
	}
	src = w.filter(src)
	size := len(src) / splits
	for j := range splits {
		room := min(size, len(w.out)-w.pos-4)
		if room <= 0 {
			return false, nil
		}
		part := src[j*size : j*size+size]
		n, err := w.deflate(w.out[w.pos+4:w.pos+4+room:w.pos+4+room], part)
		if err != nil {
			return false, err
		}
		if n == 0 || n == size {
			if room < size {
				return false, nil
			}
			n = copy(w.out[w.pos+4:], part)
		}
		le.PutUint32(w.out[w.pos:], uint32(n))
		w.pos += 4 + n
	}
	return true, nil
}

// filter returns the block filtered.
func (w *bloscWriter) filter(src []byte) []byte {
	out := w.temp[:len(src)]
	switch bloscFilterOf(w.flags, w.TypeSize, len(src)) {
	case filterBytes:
		shuffle(out, src, w.TypeSize)
	case filterBits:
		bitshuffle(out, src, w.TypeSize)
	default:
		return src
	}
	return out
}
