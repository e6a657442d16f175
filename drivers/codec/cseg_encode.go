package codec

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unsafe"
)

// csegLinear is how many labels of a block are looked through one by one before
// a map takes over.
const csegLinear = 24

// csegEncode appends one channel of labels to out.
func csegEncode[T label](c *CSeg, out, src []byte) ([]byte, error) {
	begin := len(out)
	blocks := c.grid[0] * c.grid[1] * c.grid[2]
	out = append(out, make([]byte, blocks*csegHeader)...)
	e := csegEncoder[T]{c: c, src: src, begin: begin, tables: map[string]uint32{}, voxels: make([]uint32, c.block[0]*c.block[1]*c.block[2])}
	at := begin
	for gz := range c.grid[2] {
		for gy := range c.grid[1] {
			for gx := range c.grid[0] {
				var err error
				if out, err = e.block(out, at, c.blockAt(gx, gy, gz)); err != nil {
					return nil, err
				}
				at += csegHeader
			}
		}
	}
	return out, nil
}

// csegEncoder encodes the blocks of a channel.
type csegEncoder[T label] struct {
	c      *CSeg
	src    []byte
	begin  int               // of the channel in the output
	tables map[string]uint32 // offsets in words by their bytes

	labels []T          // of the block, in the order of their first voxels
	index  map[T]uint32 // into labels when there are many
	voxels []uint32     // indices into labels; outside the chunk the first of the table
	rank   []uint32     // of each label in the sorted table
	table  []byte
}

// block appends a block, whose header is at out[header:].
func (e *csegEncoder[T]) block(out []byte, header int, b csegBlock) ([]byte, error) {
	e.collect(b)
	bits := e.sort()
	if bits > 16 {
		return nil, fmt.Errorf("compressed_segmentation: %d labels in one block are more than TensorStore can read", len(e.labels))
	}
	values := (len(out) - e.begin) / 4
	if bits > 0 {
		out = e.pack(out, b, bits)
	}
	at, known := e.tables[string(e.table)]
	if !known {
		at = uint32((len(out) - e.begin) / 4)
		if at >= csegMaxTable {
			return nil, fmt.Errorf("compressed_segmentation: a channel of more than %d words", csegMaxTable)
		}
		e.tables[string(e.table)] = at
		out = append(out, e.table...)
	}
	binary.LittleEndian.PutUint32(out[header:], at|uint32(bits)<<24)
	binary.LittleEndian.PutUint32(out[header+4:], uint32(values))
	return out, nil
}

// collect sets labels, and voxels to indices into them.
func (e *csegEncoder[T]) collect(b csegBlock) {
	size := int(unsafe.Sizeof(T(0)))
	e.labels = e.labels[:0]
	clear(e.index)
	var last T
	at := uint32(0)
	for z := range b.z {
		for y := range b.y {
			from := size * (b.at + e.c.shape[0]*(y+e.c.shape[1]*z))
			row := e.src[from : from+size*b.x]
			voxels := e.voxels[e.c.block[0]*(y+e.c.block[1]*z):][:b.x]
			for x := range voxels {
				if v := labelAt[T](row[x*size:]); v != last || len(e.labels) == 0 {
					last, at = v, e.find(v)
				}
				voxels[x] = at
			}
		}
	}
}

// find returns the index of a label, which it adds if it is new.
func (e *csegEncoder[T]) find(v T) uint32 {
	n := len(e.labels)
	if n <= csegLinear {
		if i := slices.Index(e.labels, v); i >= 0 {
			return uint32(i)
		}
	} else if i, ok := e.index[v]; ok {
		return i
	}
	e.labels = append(e.labels, v)
	if n == csegLinear {
		if e.index == nil {
			e.index = map[T]uint32{}
		}
		for i, l := range e.labels {
			e.index[l] = uint32(i)
		}
	} else if n > csegLinear {
		e.index[v] = uint32(n)
	}
	return uint32(n)
}

// sort makes the table of labels in ascending order and the rank of each, and
// returns the bits that an index takes.
func (e *csegEncoder[T]) sort() (bits uint) {
	sorted := slices.Clone(e.labels)
	slices.Sort(sorted)
	e.table = e.table[:0]
	for _, v := range sorted {
		if unsafe.Sizeof(v) == 8 {
			e.table = binary.LittleEndian.AppendUint64(e.table, uint64(v))
		} else {
			e.table = binary.LittleEndian.AppendUint32(e.table, uint32(v))
		}
	}
	e.rank = e.rank[:0]
	for _, v := range e.labels {
		i, _ := slices.BinarySearch(sorted, v)
		e.rank = append(e.rank, uint32(i))
	}
	if len(sorted) == 1 {
		return 0
	}
	for bits = 1; 1<<bits < len(sorted); bits *= 2 {
	}
	return bits
}

// pack appends the ranks of the voxels, lowest bits first. Voxels outside the
// chunk are 0.
func (e *csegEncoder[T]) pack(out []byte, b csegBlock, bits uint) []byte {
	begin := len(out)
	out = append(out, make([]byte, (len(e.voxels)*int(bits)+31)/32*4)...)
	packed := out[begin:]
	perWord := 32 / int(bits)
	for z := range b.z {
		for y := range b.y {
			at := e.c.block[0] * (y + e.c.block[1]*z)
			for x, n := at, at+b.x; x < n; {
				word, shift := uint32(0), uint(x%perWord)*bits
				place := packed[x/perWord*4:]
				for ; shift < 32 && x < n; shift += bits {
					word |= e.rank[e.voxels[x]] << shift
					x++
				}
				binary.LittleEndian.PutUint32(place, binary.LittleEndian.Uint32(place)|word)
			}
		}
	}
	return out
}
