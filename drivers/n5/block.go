package n5

import (
	"encoding/binary"

	"tsmount/drivers"
)

// Kinds of blocks: README.md, "Filesystem specification", paragraph 8. Objects
// (2) have no dimensions; they are not elements of a type that we know.
const (
	modeDefault   = 0
	modeVarlength = 1
)

// appendHeader appends the header of a block: kind, rank, shape, big-endian.
func appendHeader(dst []byte, shape []int64) []byte {
	dst = binary.BigEndian.AppendUint16(dst, modeDefault)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(shape)))
	for _, n := range shape {
		dst = binary.BigEndian.AppendUint32(dst, uint32(n))
	}
	return dst
}

// parseHeader reads the header of a block of at most blockSize. It appends its
// shape to shape and returns what follows the header. The product of the shape
// is not above that of blockSize.
func parseHeader(shape []int64, enc []byte, blockSize []int64) (_ []int64, body []byte, err error) {
	if len(enc) < 4 {
		return nil, nil, drivers.Corruptf("header of %d bytes is cut", len(enc))
	}
	mode, rank := binary.BigEndian.Uint16(enc), int(binary.BigEndian.Uint16(enc[2:]))
	switch {
	case mode != modeDefault && mode != modeVarlength:
		return nil, nil, drivers.Corruptf("blocks of kind %d hold no numbers", mode)
	case rank != len(blockSize):
		return nil, nil, drivers.Corruptf("block has %d dimensions, the array %d", rank, len(blockSize))
	}
	size := 4 + 4*rank
	if mode == modeVarlength {
		size += 4
	}
	if len(enc) < size {
		return nil, nil, drivers.Corruptf("header of %d bytes is cut: should have %d", len(enc), size)
	}
	elements := int64(1)
	for d, limit := range blockSize {
		n := int64(binary.BigEndian.Uint32(enc[4+4*d:]))
		if n > limit {
			return nil, nil, drivers.Corruptf("block is larger than %v: %d along dimension %d", blockSize, n, d)
		}
		shape = append(shape, n)
		elements *= n
	}
	// Blocks with another number of elements than their shape has (label
	// multisets, strings) are no arrays of numbers.
	if n := int64(binary.BigEndian.Uint32(enc[size-4:])); mode == modeVarlength && n != elements {
		return nil, nil, drivers.Corruptf("block for %d elements has %d", elements, n)
	}
	return shape, enc[size:], nil
}

// spread moves the elements of a block of the given shape from the front of dst
// to where they are in a block of size full, and makes all others 0. From the
// last row to the first no row overwrites one that is still to be moved.
func spread(dst []byte, shape, full []int64, elemSize int64) {
	row, d := elemSize, 0
	for ; d < len(shape) && shape[d] == full[d]; d++ {
		row *= full[d]
	}
	if d == len(shape) {
		return
	}
	pitch := row * full[d]
	row *= shape[d]
	rows := int64(1)
	for _, n := range shape[d+1:] {
		rows *= n
	}
	if row == 0 {
		rows = 0
	}
	end := int64(len(dst))
	for r := rows - 1; r >= 0; r-- {
		at := rowOffset(r, pitch, shape[d+1:], full[d+1:])
		copy(dst[at:at+row], dst[r*row:(r+1)*row])
		clear(dst[at+row : end])
		end = at
	}
	clear(dst[:end])
}

// rowOffset returns where row r of a block of the given shape begins in one of
// size full, in which rows are pitch bytes apart.
func rowOffset(r, pitch int64, shape, full []int64) (at int64) {
	for d, n := range shape {
		at += r % n * pitch
		r /= n
		pitch *= full[d]
	}
	return at
}
