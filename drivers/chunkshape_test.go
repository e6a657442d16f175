package drivers_test

import (
	"slices"
	"testing"

	"tsmount/drivers"
)

// TestChunkShapesAreTensorStores holds shapes that TensorStore 0.1.86 chose.
func TestChunkShapesAreTensorStores(t *testing.T) {
	type shape = []int64
	for _, c := range []struct {
		extents, want shape
		given         drivers.ChunkShape
	}{
		{shape{}, shape{}, drivers.ChunkShape{}},
		{shape{100_000_000}, shape{1 << 20}, drivers.ChunkShape{}},
		{shape{0, 5}, shape{1, 5}, drivers.ChunkShape{}},
		{shape{3000, 4000}, shape{1024, 1024}, drivers.ChunkShape{}},
		{shape{1000, 2000, 3000}, shape{101, 101, 101}, drivers.ChunkShape{}},
		{shape{100, 200, 300}, shape{100, 102, 102}, drivers.ChunkShape{}},
		{shape{50, 3, 1024, 1024}, shape{50, 3, 83, 83}, drivers.ChunkShape{}},
		{shape{100, 100, 100, 100, 100, 100}, shape{10, 10, 10, 10, 10, 10}, drivers.ChunkShape{}},
		{shape{1 << 40, 1 << 40, 1 << 40}, shape{101, 101, 101}, drivers.ChunkShape{}},
		{shape{20, 30}, shape{10, 10}, drivers.ChunkShape{Elements: 100}},
		{shape{20, 30}, shape{14, 14}, drivers.ChunkShape{Elements: 200, ElementSoft: 100}},
		{shape{20, 30}, shape{5, 10}, drivers.ChunkShape{Elements: 50, Aspect: []float64{1, 2}}},
		{shape{20, 30}, shape{20, 7}, drivers.ChunkShape{Shape: shape{-1, 7}}},
		{shape{20, 30}, shape{40, 5}, drivers.ChunkShape{Shape: shape{40, 0}, ShapeSoft: shape{3, 5}}},
		{shape{20, 30}, shape{1, 1}, drivers.ChunkShape{Elements: 1}},
	} {
		if got := drivers.ChooseChunk(c.extents, c.given); !slices.Equal(got, c.want) {
			t.Errorf("extents %v, %+v: got %v, want %v", c.extents, c.given, got, c.want)
		}
	}
}

func TestWholeChunksMergeReadAndWrite(t *testing.T) {
	l := &drivers.ChunkLayout{
		Read:  drivers.ChunkShape{Shape: []int64{5, 0}, ShapeSoft: []int64{0, 7}, ElementSoft: 100},
		Write: drivers.ChunkShape{Shape: []int64{0, 0}, ShapeSoft: []int64{0, 9}, Elements: 200, Aspect: []float64{1, 2}},
	}
	got, err := l.Whole()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Shape, []int64{5, 0}) || !slices.Equal(got.ShapeSoft, []int64{0, 7}) || got.Elements != 200 || !slices.Equal(got.Aspect, []float64{1, 2}) {
		t.Errorf("got %+v", got)
	}
	if got, err := (*drivers.ChunkLayout)(nil).Whole(); err != nil || got.Shape != nil {
		t.Errorf("no layout: got %+v, %v", got, err)
	}
	for _, l := range []*drivers.ChunkLayout{
		{Read: drivers.ChunkShape{Shape: []int64{5, 0}}, Write: drivers.ChunkShape{Shape: []int64{10, 0}}},
		{Read: drivers.ChunkShape{Aspect: []float64{1, 0}}, Write: drivers.ChunkShape{Aspect: []float64{2, 0}}},
		{Read: drivers.ChunkShape{Elements: 100}, Write: drivers.ChunkShape{Elements: 200}},
	} {
		if got, err := l.Whole(); err == nil {
			t.Errorf("contradiction: got %+v", got)
		}
	}
}
