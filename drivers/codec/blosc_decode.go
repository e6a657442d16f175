package codec

import "sync"

// bloscReader is one container being decoded. Its header has been checked.
type bloscReader struct {
	src       []byte
	flags     byte
	typesize  int
	nbytes    int
	blocksize int
	nblocks   int
	// left is how many more compressed bytes the splits may have together.
	// Splits that overlap would let a short container ask for endless work.
	left int
	// temp holds a block whose filter is still to be undone.
	temp []byte
}

// bloscTemps keeps buffers for bloscReader.temp and for encoding.
var bloscTemps = sync.Pool{New: func() any { return new([]byte) }}

// bloscKeep is the size above which a buffer is not kept.
const bloscKeep = 16 << 20

func getBloscTemp(n int) *[]byte {
	p := bloscTemps.Get().(*[]byte)
	if cap(*p) < n {
		*p = make([]byte, n)
	}
	*p = (*p)[:n]
	return p
}

func putBloscTemp(p *[]byte) {
	if cap(*p) <= bloscKeep {
		bloscTemps.Put(p)
	}
}

// Decode returns the data of the container src. A header whose size is not
// that of src, that claims more than max bytes or contradicts itself, and a
// block that does not decode to its size, are ErrCorrupt. Like c-blosc it
// notices no other damage, as the format has no checksum.
func (Blosc) Decode(dst, src []byte, max int) ([]byte, error) {
	var r bloscReader
	if err := r.header(src, max); err != nil {
		return nil, err
	}
	dst = dst[:0]
	if cap(dst) < r.nbytes {
		dst = make([]byte, 0, r.nbytes)
	}
	dst = dst[:r.nbytes]
	if r.flags&bloscStored != 0 {
		copy(dst, src[bloscHeader:])
		return dst, nil
	}
	if r.nbytes == 0 {
		return dst, nil
	}
	if bloscFilterOf(r.flags, r.typesize, r.blocksize) != filterNone {
		temp := getBloscTemp(r.blocksize)
		defer putBloscTemp(temp)
		r.temp = *temp
	}
	for i := range r.nblocks {
		start := i * r.blocksize
		block := dst[start:min(start+r.blocksize, r.nbytes)]
		if err := r.block(block, int(le.Uint32(src[bloscHeader+4*i:]))); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// header reads and checks the header of src.
func (r *bloscReader) header(src []byte, max int) error {
	if len(src) < bloscHeader {
		return corruptf("blosc", "%d bytes are no header", len(src))
	}
	r.src, r.flags, r.typesize = src, src[2], int(src[3])
	nbytes, blocksize, cbytes := le.Uint32(src[4:]), le.Uint32(src[8:]), le.Uint32(src[12:])
	switch {
	case src[0] != bloscVersion:
		return corruptf("blosc", "format version %d", src[0])
	case uint64(cbytes) != uint64(len(src)):
		return corruptf("blosc", "header tells of %d bytes, there are %d", cbytes, len(src))
	case nbytes > bloscMaxBytes || int(nbytes) > max:
		return corruptf("blosc", "header tells of %d bytes of data, at most %d are expected", nbytes, max)
	case r.flags&bloscReserved != 0:
		return corruptf("blosc", "unknown flags %#02x", r.flags)
	}
	r.nbytes, r.blocksize = int(nbytes), int(blocksize)
	if r.flags&bloscStored != 0 && r.nbytes != len(src)-bloscHeader {
		return corruptf("blosc", "%d stored bytes instead of %d", len(src)-bloscHeader, r.nbytes)
	}
	if r.nbytes == 0 {
		return nil
	}
	return r.blocks(blocksize)
}

// blocks checks what the header tells of the blocks.
func (r *bloscReader) blocks(blocksize uint32) error {
	if blocksize == 0 || blocksize > bloscMaxBlock || r.blocksize > r.nbytes || r.typesize == 0 {
		return corruptf("blosc", "blocks of %d bytes, elements of %d, in %d", blocksize, r.typesize, r.nbytes)
	}
	if r.flags&bloscStored != 0 {
		return nil
	}
	if r.src[1] != bloscLZVersion || r.flags>>bloscFormatBit > bloscFormatZstd {
		return corruptf("blosc", "unknown compressor %d, version %d", r.flags>>bloscFormatBit, r.src[1])
	}
	r.nblocks = (r.nbytes + r.blocksize - 1) / r.blocksize
	r.left = len(r.src) - bloscHeader
	if r.nblocks > r.left/4 {
		return corruptf("blosc", "no room for the offsets of %d blocks", r.nblocks)
	}
	r.left -= 4 * r.nblocks
	return nil
}

// block decodes the block at offset at of the container into dst.
func (r *bloscReader) block(dst []byte, at int) error {
	splits := 1
	if r.flags&bloscUnsplit == 0 && len(dst) == r.blocksize && bloscSplittable(r.typesize, r.blocksize) {
		splits = r.typesize
	}
	filter := bloscFilterOf(r.flags, r.typesize, len(dst))
	if filter == filterBytes && splits > 1 && planar(splits) {
		return r.planarBlock(dst, at)
	}
	out := dst
	if filter != filterNone {
		out = r.temp[:len(dst)]
	}
	size := len(dst) / splits
	for j := range splits {
		src, err := r.split(at)
		if err != nil {
			return err
		}
		at += 4 + len(src)
		if err := r.inflate(out[j*size:j*size+size:j*size+size], src); err != nil {
			return err
		}
	}
	r.unfilter(dst, out, filter)
	return nil
}

// unfilter undoes the filter of a block.
func (r *bloscReader) unfilter(dst, src []byte, filter bloscFilter) {
	switch filter {
	case filterBytes:
		unshuffle(dst, src, r.typesize)
	case filterBits:
		bitunshuffle(dst, src, r.typesize)
	}
}

// planarBlock decodes a byte-shuffled block of one split per byte of an
// element. Planes that are stored as they are are not copied first.
func (r *bloscReader) planarBlock(dst []byte, at int) error {
	n := len(dst) / r.typesize
	p := planesAt(r.temp, r.typesize, n)
	for j := range r.typesize {
		src, err := r.split(at)
		if err != nil {
			return err
		}
		at += 4 + len(src)
		if len(src) == n {
			p[j] = src
		} else if err := r.inflate(p[j], src); err != nil {
			return err
		}
	}
	unshufflePlanes(dst, &p, r.typesize, n)
	copy(dst[n*r.typesize:], r.temp[n*r.typesize:])
	return nil
}

// bloscSplittable reports whether blocks are split unless the header says
// otherwise; before c-blosc 1.14 it could not.
func bloscSplittable(typesize, blocksize int) bool {
	return typesize <= bloscMaxSplits && blocksize/typesize >= bloscMinBuffer
}

// split returns the compressed bytes of the split whose length is at offset at.
func (r *bloscReader) split(at int) ([]byte, error) {
	if at < bloscHeader+4*r.nblocks || at > len(r.src)-4 {
		return nil, corruptf("blosc", "split at %d of %d bytes", at, len(r.src))
	}
	length := le.Uint32(r.src[at:])
	at += 4
	if uint64(length) > uint64(len(r.src)-at) || int(length) > r.left-4 {
		return nil, corruptf("blosc", "split of %d bytes at %d of %d", length, at, len(r.src))
	}
	n := int(length)
	r.left -= n + 4
	return r.src[at : at+n : at+n], nil
}
