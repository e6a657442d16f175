package codec

import (
	"encoding/binary"
	"unsafe"
)

// label is a label of a segmentation.
type label interface{ uint32 | uint64 }

// labelAt and putLabel are one load or store: the size is a constant of each
// instance.
func labelAt[T label](b []byte) T {
	if unsafe.Sizeof(T(0)) == 8 {
		return T(binary.LittleEndian.Uint64(b))
	}
	return T(binary.LittleEndian.Uint32(b))
}

func putLabel[T label](b []byte, v T) {
	if unsafe.Sizeof(v) == 8 {
		binary.LittleEndian.PutUint64(b, uint64(v))
	} else {
		binary.LittleEndian.PutUint32(b, uint32(v))
	}
}

// csegDecode decodes one channel, which src begins with, into dst.
func csegDecode[T label](c *CSeg, dst, src []byte) error {
	if len(src)/csegHeader < c.grid[0]*c.grid[1]*c.grid[2] {
		return corruptf("compressed_segmentation", "headers of the blocks are cut")
	}
	d := csegDecoder[T]{c: c, dst: dst, src: src}
	header := src
	for gz := range c.grid[2] {
		for gy := range c.grid[1] {
			for gx := range c.grid[0] {
				if err := d.block(c.blockAt(gx, gy, gz), header[:csegHeader]); err != nil {
					return err
				}
				header = header[csegHeader:]
			}
		}
	}
	return nil
}

// csegDecoder decodes the blocks of a channel.
type csegDecoder[T label] struct {
	c        *CSeg
	dst, src []byte
	labels   [256]T // of a block with up to 8 bits per voxel
}

// block decodes one block.
func (d *csegDecoder[T]) block(b csegBlock, header []byte) error {
	word := binary.LittleEndian.Uint32(header)
	at, bits := 4*int(word&(csegMaxTable-1)), uint(word>>24)
	values := 4 * int(binary.LittleEndian.Uint32(header[4:]))
	switch bits {
	case 0, 1, 2, 4, 8, 16, 32:
	default:
		return corruptf("compressed_segmentation", "block with %d bits per voxel", bits)
	}
	size := int(unsafe.Sizeof(T(0)))
	if at > len(d.src)-size {
		return corruptf("compressed_segmentation", "table of labels after the end")
	}
	table := d.src[at:]
	if bits == 0 {
		d.fill(b, labelAt[T](table))
		return nil
	}
	words := d.c.last(b)*int(bits)/32 + 1
	if values > len(d.src) || words > (len(d.src)-values)/4 {
		return corruptf("compressed_segmentation", "voxels of a block after the end")
	}
	packed := d.src[values : values+4*words]
	if bits <= 8 && len(table)/size >= 1<<bits {
		for i := range 1 << bits {
			d.labels[i] = labelAt[T](table[i*size:])
		}
		d.small(b, packed, bits)
		return nil
	}
	return d.large(b, packed, bits, table)
}

// row returns the labels of a row of a block in the decoded channel.
func (d *csegDecoder[T]) row(b csegBlock, y, z int) []byte {
	size := int(unsafe.Sizeof(T(0)))
	at := size * (b.at + d.c.shape[0]*(y+d.c.shape[1]*z))
	return d.dst[at : at+size*b.x]
}

// fill gives all voxels of a block one label.
func (d *csegDecoder[T]) fill(b csegBlock, v T) {
	size := int(unsafe.Sizeof(v))
	for z := range b.z {
		for y := range b.y {
			row := d.row(b, y, z)
			for ; len(row) >= 4*size; row = row[4*size:] {
				putLabel(row, v)
				putLabel(row[size:], v)
				putLabel(row[2*size:], v)
				putLabel(row[3*size:], v)
			}
			for ; len(row) >= size; row = row[size:] {
				putLabel(row, v)
			}
		}
	}
}

// small decodes a block of up to 8 bits per voxel of which all labels are known,
// so that no index is out of range.
func (d *csegDecoder[T]) small(b csegBlock, packed []byte, bits uint) {
	if b.x == 8 && d.c.block[0] == 8 {
		d.eights(b, packed, bits)
		return
	}
	size := int(unsafe.Sizeof(T(0)))
	mask := uint32(1)<<bits - 1
	for z := range b.z {
		for y := range b.y {
			at := uint(d.c.block[0]*(y+d.c.block[1]*z)) * bits
			for row := d.row(b, y, z); len(row) >= size; row = row[size:] {
				word := binary.LittleEndian.Uint32(packed[at/32*4:])
				putLabel(row, d.labels[uint8(word>>(at&31)&mask)])
				at += bits
			}
		}
	}
}

// eights decodes a block whose rows have 8 voxels: each is as many bytes as a
// voxel has bits.
func (d *csegDecoder[T]) eights(b csegBlock, packed []byte, bits uint) {
	size := int(unsafe.Sizeof(T(0)))
	mask := uint64(1)<<bits - 1
	for z := range b.z {
		for y := range b.y {
			v := loadBytes(packed, (y+d.c.block[1]*z)*int(bits), bits)
			row := d.row(b, y, z)[: 8*size : 8*size]
			for x := 0; x < 8*size; x += size {
				putLabel(row[x:x+size], d.labels[uint8(v&mask)])
				v >>= bits & 63
			}
		}
	}
}

// loadBytes returns n bytes, 1, 2, 4 or 8, little-endian.
func loadBytes(b []byte, at int, n uint) uint64 {
	switch n {
	case 1:
		return uint64(b[at])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b[at:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b[at:]))
	}
	return binary.LittleEndian.Uint64(b[at:])
}

// large decodes a block and checks every index against the end of the table's
// room, which is that of the file.
func (d *csegDecoder[T]) large(b csegBlock, packed []byte, bits uint, table []byte) error {
	size := int(unsafe.Sizeof(T(0)))
	entries := uint64(len(table) / size)
	mask := uint64(1)<<bits - 1
	for z := range b.z {
		for y := range b.y {
			at := uint(d.c.block[0]*(y+d.c.block[1]*z)) * bits
			for row := d.row(b, y, z); len(row) >= size; row = row[size:] {
				i := uint64(binary.LittleEndian.Uint32(packed[at/32*4:])>>(at&31)) & mask
				if i >= entries {
					return corruptf("compressed_segmentation", "label %d of a table that ends after %d", i, entries)
				}
				putLabel(row, labelAt[T](table[int(i)*size:]))
				at += bits
			}
		}
	}
	return nil
}
