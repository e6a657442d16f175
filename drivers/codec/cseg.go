package codec

import (
	"encoding/binary"
	"fmt"
)

// CSeg is the compressed_segmentation encoding of neuroglancer for labels of one
// chunk shape (neuroglancer, src/sliceview/compressed_segmentation/README.md).
// All numbers are 32-bit words, little-endian.
//
// The file begins with one word per channel, where the channel begins. A channel
// begins with two words per block of voxels: the offset of the block's table of
// labels (24 bits) and the bits per voxel (8), then the offset of its voxels,
// both counted in words from the channel. A voxel is an index into the table.
// Blocks at the edge keep the row lengths of whole ones.
type CSeg struct {
	shape [4]int // x, y, z, channels
	block [3]int
	grid  [3]int // blocks
	wide  bool   // uint64, else uint32
}

var _ Codec = (*CSeg)(nil)

const (
	csegHeader    = 8       // bytes per block
	csegMaxTable  = 1 << 24 // table offsets are smaller, in words
	csegMaxChunk  = 1 << 40 // labels in a chunk
	csegMaxBlock  = 1 << 31 // voxels in a block: no sum of bits overflows
	csegMaxEncode = 1 << 24 // voxels in a block that is written in full
)

// NewCSeg returns the codec for chunks of the given shape (x, y, z, channels; x
// is the fastest in a decoded chunk), blocks of the given shape, and labels of
// size bytes: 4 or 8.
func NewCSeg(shape [4]int64, block [3]int64, size int) (*CSeg, error) {
	c := &CSeg{wide: size == 8}
	if size != 4 && size != 8 {
		return nil, fmt.Errorf("compressed_segmentation: labels of %d bytes: only uint32 and uint64 can be encoded", size)
	}
	voxels, labels := int64(1), int64(1)
	for d, n := range shape {
		if n < 1 || n > csegMaxChunk/labels {
			return nil, fmt.Errorf("compressed_segmentation: no chunks of shape %v", shape)
		}
		labels *= n
		c.shape[d] = int(n)
	}
	for d, n := range block {
		if n < 1 || n > csegMaxBlock/voxels {
			return nil, fmt.Errorf("compressed_segmentation: no blocks of shape %v", block)
		}
		voxels *= n
		c.block[d] = int(n)
		c.grid[d] = (c.shape[d]-1)/c.block[d] + 1
	}
	return c, nil
}

// labelBytes returns the size of a label.
func (c *CSeg) labelBytes() int {
	if c.wide {
		return 8
	}
	return 4
}

// channelBytes returns the size of one decoded channel.
func (c *CSeg) channelBytes() int {
	return c.shape[0] * c.shape[1] * c.shape[2] * c.labelBytes()
}

// Decode returns the labels of the chunk, x fastest and channel slowest.
// Offsets that lead out of src, undefined numbers of bits and indices beyond the
// end of src are ErrCorrupt.
func (c *CSeg) Decode(dst, src []byte, max int) ([]byte, error) {
	size := c.channelBytes()
	n := size * c.shape[3]
	if n > max {
		return nil, corruptf("compressed_segmentation", "more than %d bytes", max)
	}
	if len(src)%4 != 0 || len(src) < 4*c.shape[3] {
		return nil, corruptf("compressed_segmentation", "%d bytes are not a whole number of words with %d channels", len(src), c.shape[3])
	}
	dst = reserve(dst, n)[:n]
	for channel := range c.shape[3] {
		at := 4 * int(binary.LittleEndian.Uint32(src[4*channel:]))
		if at > len(src) {
			return nil, corruptf("compressed_segmentation", "channel %d begins after the end", channel)
		}
		out := dst[channel*size : (channel+1)*size]
		var err error
		if c.wide {
			err = csegDecode[uint64](c, out, src[at:])
		} else {
			err = csegDecode[uint32](c, out, src[at:])
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// Encode returns src, the labels of the chunk, encoded as TensorStore does it:
// tables in ascending order, shared by the blocks of a channel that have the
// same, and no more bits than the table needs.
func (c *CSeg) Encode(dst, src []byte) ([]byte, error) {
	size := c.channelBytes()
	if len(src) != size*c.shape[3] {
		return nil, fmt.Errorf("compressed_segmentation: %d bytes instead of %d", len(src), size*c.shape[3])
	}
	if n := c.block[0] * c.block[1] * c.block[2]; n > csegMaxEncode {
		return nil, fmt.Errorf("compressed_segmentation: blocks of %d voxels are too large to be written", n)
	}
	dst = dst[:0]
	for range c.shape[3] {
		dst = append(dst, 0, 0, 0, 0)
	}
	for channel := range c.shape[3] {
		if uint64(len(dst)/4) > 1<<32-1 {
			return nil, fmt.Errorf("compressed_segmentation: channel %d begins too far from the begin", channel)
		}
		binary.LittleEndian.PutUint32(dst[4*channel:], uint32(len(dst)/4))
		in := src[channel*size : (channel+1)*size]
		var err error
		if c.wide {
			dst, err = csegEncode[uint64](c, dst, in)
		} else {
			dst, err = csegEncode[uint32](c, dst, in)
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// csegBlock is a block of the grid: where it begins in a decoded channel, in
// labels, and its extents inside the chunk.
type csegBlock struct {
	at      int
	x, y, z int
}

// blockAt returns the block at a position of the grid.
func (c *CSeg) blockAt(gx, gy, gz int) csegBlock {
	x, y, z := gx*c.block[0], gy*c.block[1], gz*c.block[2]
	return csegBlock{
		at: x + c.shape[0]*(y+c.shape[1]*z),
		x:  min(c.block[0], c.shape[0]-x), y: min(c.block[1], c.shape[1]-y), z: min(c.block[2], c.shape[2]-z),
	}
}

// last returns the number of the last voxel of b in its block.
func (c *CSeg) last(b csegBlock) int {
	return b.x - 1 + c.block[0]*(b.y-1+c.block[1]*(b.z-1))
}

// Block returns the shape of the blocks.
func (c *CSeg) Block() [3]int64 {
	return [3]int64{int64(c.block[0]), int64(c.block[1]), int64(c.block[2])}
}
