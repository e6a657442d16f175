package codec

import "fmt"

// Blosc is the container of c-blosc 1 (README_CHUNK_FORMAT.rst, blosc.c): the
// data in blocks, each filtered, perhaps split by byte plane, and compressed.
//
// Decode goes by the header of the data alone and uses no field; the zero
// Blosc decodes everything. NewBlosc checks the fields for Encode.
type Blosc struct {
	Cname     string // blosclz, lz4, lz4hc, snappy, zlib or zstd
	Clevel    int    // 0 (stored) to 9
	Shuffle   int    // -1 automatic, 0 none, 1 bytes, 2 bits
	TypeSize  int    // bytes per element, at least 1; above 255 it counts as 1
	BlockSize int    // bytes per block before enlarging for splits, 0 automatic
}

var _ Codec = Blosc{}

// Values of Blosc.Shuffle. BloscAutoShuffle shuffles bits of one-byte
// elements, bytes of others; it is the -1 of numcodecs and of zarr v2 metadata.
const (
	BloscAutoShuffle = -1
	BloscNoShuffle   = 0
	BloscByteShuffle = 1
	BloscBitShuffle  = 2
)

// Bits of the flags byte of the header. The top three bits are the format of
// the compressed splits.
const (
	bloscBytes     = 1 << 0
	bloscStored    = 1 << 1
	bloscBits      = 1 << 2
	bloscReserved  = 1 << 3
	bloscUnsplit   = 1 << 4
	bloscFormatBit = 5
)

// Formats of compressed splits.
const (
	bloscFormatBlosclz = iota
	bloscFormatLZ4     // lz4 and lz4hc
	bloscFormatSnappy
	bloscFormatZlib
	bloscFormatZstd
)

const (
	bloscVersion    = 2 // since c-blosc 1.0; no version of another kind is read by it
	bloscLZVersion  = 1 // of every split format
	bloscHeader     = 16
	bloscMaxBytes   = 1<<31 - 1 - bloscHeader
	bloscMaxBlock   = (1<<31 - 1 - 255*4) / 3
	bloscMinBuffer  = 128 // bytes, below which nothing is compressed or split
	bloscMaxSplits  = 16
	bloscMaxTypeLen = 255
)

// NewBlosc returns a Blosc codec, or an error that tells which parameter no
// c-blosc accepts.
func NewBlosc(cname string, clevel, shuffle, typesize, blocksize int) (Codec, error) {
	b := Blosc{cname, clevel, shuffle, typesize, blocksize}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, nil
}

// check reports what Encode cannot work with.
func (b Blosc) check() error {
	if _, err := bloscFormat(b.Cname); err != nil {
		return err
	}
	switch {
	case b.Clevel < 0 || b.Clevel > 9:
		return fmt.Errorf("blosc: clevel %d is not within 0..9", b.Clevel)
	case b.Shuffle < BloscAutoShuffle || b.Shuffle > BloscBitShuffle:
		return fmt.Errorf("blosc: shuffle %d is not within -1..2", b.Shuffle)
	case b.TypeSize < 1:
		return fmt.Errorf("blosc: typesize %d is less than 1", b.TypeSize)
	case b.BlockSize < 0:
		return fmt.Errorf("blosc: blocksize %d is negative", b.BlockSize)
	}
	return nil
}

// bloscFormat returns the split format of a compressor.
func bloscFormat(cname string) (int, error) {
	switch cname {
	case "blosclz":
		return bloscFormatBlosclz, nil
	case "lz4", "lz4hc":
		return bloscFormatLZ4, nil
	case "snappy":
		return bloscFormatSnappy, nil
	case "zlib":
		return bloscFormatZlib, nil
	case "zstd":
		return bloscFormatZstd, nil
	}
	return 0, fmt.Errorf("blosc: unknown compressor %q", cname)
}

// bloscFilter is what is done to a whole block.
type bloscFilter byte

const (
	filterNone bloscFilter = iota
	filterBytes
	filterBits
)

// bloscFilterOf returns the filter of a block of size bytes.
func bloscFilterOf(flags byte, typesize, size int) bloscFilter {
	switch {
	case flags&bloscBytes != 0 && typesize > 1:
		return filterBytes
	case flags&bloscBits != 0 && size >= typesize:
		return filterBits
	}
	return filterNone
}
