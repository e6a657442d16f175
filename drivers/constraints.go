package drivers

import (
	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// Constraints are what a spec demands of an array, or asks of a new one. Zero
// members demand nothing.
type Constraints struct {
	DType   arrayview.DType
	Rank    int // -1: not given
	Schema  SchemaConstraints
	Members Members // the format's own, from Format.Members; nil: none given
}

// SchemaConstraints are the members of a spec's "schema" beside dtype and rank.
// Values keep their JSON paths, so that errors about them can name them.
type SchemaConstraints struct {
	Domain         *arrayview.Domain
	ChunkLayout    *ChunkLayout
	Codec          *strictjson.Value
	FillValue      *strictjson.Value
	DimensionUnits *strictjson.Value
}

// ChunkLayout holds TensorStore's chunk layout constraints. The slices are nil
// when not given; entries of 0 in a shape are free, -1 is the whole extent.
type ChunkLayout struct {
	GridOrigin, GridOriginSoft []int64
	InnerOrder, InnerOrderSoft []int
	Read, Write, Codec         ChunkShape
}

// ChunkShape constrains the shape of read, write or codec chunks.
type ChunkShape struct {
	Shape, ShapeSoft      []int64
	Aspect, AspectSoft    []float64
	Elements, ElementSoft int64 // 0: not given
}
