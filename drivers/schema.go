package drivers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"tsmount/arrayview"
)

// MaxChunkBytes is the largest decoded chunk that an array may have. One larger
// chunk could not be held in memory beside anything else.
const MaxChunkBytes = 1 << 32

// Schema is what a format says about an array. All slices have one entry per
// dimension unless stated otherwise; nothing in it may be changed.
type Schema struct {
	DType  arrayview.DType
	Domain arrayview.Domain // bounds that the store may move are implicit
	// Grid: cell c covers GridOrigin + c*Chunk up to one chunk further, clipped
	// to the domain. Chunk is the shape of what is decoded at once (the inner
	// chunk of a shard), WriteChunk that of what is stored under one key.
	GridOrigin, Chunk, WriteChunk []int64
	// InnerOrder lists the dimensions of a decoded chunk from slowest to
	// fastest.
	InnerOrder []int
	// Fill is the value of missing chunks: little-endian elements, C order,
	// over the last len(FillShape) dimensions, the same everywhere in the
	// others. Usually one element and no FillShape.
	Fill      []byte
	FillShape []int64
	// FillJSON is the fill value as the format states it, nil when it states
	// none; a chunk equal to a stated fill value need not be stored.
	FillJSON any
	// FillParts says what a chunk of fill holds where it has several components
	// (see FillChunk); nil: Fill throughout.
	FillParts []FillPart
	// KeepFill says that no fill value is stated: a chunk equal to what missing
	// ones read as is stored all the same.
	KeepFill bool
	Units    []*Unit         // nil entries: unknown
	Codec    json.RawMessage // as TensorStore's schema.codec: {"driver": ..., ...}
	// Component is where the visible elements lie in a decoded chunk.
	Component Component
	// Attributes are the user attributes of the array, a JSON object; nil when
	// their document is broken.
	Attributes json.RawMessage
	// Verbatim says that the stored bytes of a chunk, when they are exactly
	// ChunkBytes long, are the decoded chunk.
	Verbatim bool
	// Clipped says that what is stored of a chunk at the edge ends where the
	// domain ends; else it is whole, and what lies beyond belongs to whoever
	// makes the array larger.
	Clipped bool
	// WriteRefusal, when not nil, says why elements cannot be written although
	// the store could (lossy encoding, filters).
	WriteRefusal error
	// Modified is when the documents say they changed; zero when unknown.
	Modified time.Time
}

// Component selects one field of a structured array: the field's elements of
// the whole chunk lie together at Offset bytes into the decoded chunk.
type Component struct {
	Name   string // of the field; "" for an array without fields
	Offset int64  // bytes
	Total  int64  // bytes of a decoded chunk with all fields; 0: one component
}

// FillPart is a range of a decoded chunk of fill: Fill repeated up to End, the
// offset in bytes where the next part begins.
type FillPart struct {
	End  int64
	Fill []byte
}

// Unit is a physical unit of one dimension: Multiplier times the base unit.
type Unit struct {
	Multiplier float64
	Base       string
}

// Rank returns the number of dimensions.
func (s *Schema) Rank() int { return len(s.Chunk) }

// ComponentBytes returns the size of the visible component of a decoded chunk.
func (s *Schema) ComponentBytes() int64 {
	n := int64(s.DType.Size())
	for _, c := range s.Chunk {
		n *= c
	}
	return n
}

// ChunkBytes returns the size of a decoded chunk in bytes.
func (s *Schema) ChunkBytes() int64 {
	if s.Component.Total > 0 {
		return s.Component.Total
	}
	return s.ComponentBytes()
}

// CheckChunk returns the bytes of a chunk of the given shape and element size,
// or an error if they exceed MaxChunkBytes.
func CheckChunk(chunk []int64, elemSize int64) (int64, error) {
	n, err := arrayview.Product(append([]int64{elemSize}, chunk...))
	if err != nil || n > MaxChunkBytes {
		return 0, fmt.Errorf("a chunk of shape %v with %d bytes per element is larger than %d bytes", chunk, elemSize, int64(MaxChunkBytes))
	}
	return n, nil
}

// CellBox returns the indices that a cell covers, not clipped to the domain.
func (s *Schema) CellBox(cell []int64) arrayview.Box {
	b := arrayview.NewBox(len(cell))
	for d, c := range cell {
		b.Min[d], b.Shape[d] = s.GridOrigin[d]+c*s.Chunk[d], s.Chunk[d]
	}
	return b
}

// GridBox returns the cells that the domain touches.
func (s *Schema) GridBox() arrayview.Box {
	g := arrayview.NewBox(s.Rank())
	for d, chunk := range s.Chunk {
		lo := floorDiv(s.Domain.Min[d]-s.GridOrigin[d], chunk)
		hi := floorDiv(s.Domain.Max[d]-1-s.GridOrigin[d], chunk) + 1
		g.Min[d], g.Shape[d] = lo, max(0, hi-lo)
	}
	return g
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// ChunkStrides returns the distance in bytes between neighbours along each
// dimension inside the visible component of a decoded chunk.
func (s *Schema) ChunkStrides() []int64 {
	strides := make([]int64, s.Rank())
	step := int64(s.DType.Size())
	for i := s.Rank() - 1; i >= 0; i-- {
		d := s.InnerOrder[i]
		strides[d] = step
		step *= s.Chunk[d]
	}
	return strides
}

// FillStrides returns the distance in bytes between neighbours inside Fill: 0
// for the dimensions over which it repeats.
func (s *Schema) FillStrides() []int64 {
	strides := make([]int64, s.Rank())
	step := int64(s.DType.Size())
	for i := len(s.FillShape) - 1; i >= 0; i-- {
		if s.FillShape[i] != 1 {
			strides[s.Rank()-len(s.FillShape)+i] = step
		}
		step *= s.FillShape[i]
	}
	return strides
}

// FillChunk makes dst, which has ChunkBytes bytes, the chunk that a missing one
// reads as.
func (s *Schema) FillChunk(dst []byte) {
	for part, fill := range s.fillParts(dst) {
		if len(bytes.Trim(fill, "\x00")) == 0 {
			clear(part)
			continue
		}
		for n := copy(part, fill); n < len(part); n *= 2 {
			copy(part[n:], part[:n])
		}
	}
}

// IsFill reports whether a decoded chunk equals FillChunk's, bit by bit.
func (s *Schema) IsFill(chunk []byte) bool {
	for part, fill := range s.fillParts(chunk) {
		n := min(len(fill), len(part))
		if !bytes.Equal(part[:n], fill[:n]) || !bytes.Equal(part[n:], part[:len(part)-n]) {
			return false
		}
	}
	return true
}

// fillParts yields the parts of a chunk, each with what it repeats. A fill value
// with a shape covers the fastest dimensions as a whole.
func (s *Schema) fillParts(chunk []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		if s.FillParts == nil {
			yield(chunk, s.Fill)
			return
		}
		at := int64(0)
		for _, p := range s.FillParts {
			if !yield(chunk[at:p.End], p.Fill) {
				return
			}
			at = p.End
		}
	}
}
