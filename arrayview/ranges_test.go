package arrayview

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestLinearBoxesEqualElements(t *testing.T) {
	var reused []Box
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.IntRange(0, 5).Draw(t, "rank")
		view := NewBox(rank)
		for d := range rank {
			view.Min[d] = rapid.Int64Range(-5, 5).Draw(t, "min")
			view.Shape[d] = rapid.Int64Range(0, 5).Draw(t, "extent")
		}
		order := rapid.Permutation(identityOrder(rank)).Draw(t, "order")
		total, _ := view.Elements()
		lo := rapid.Int64Range(0, total).Draw(t, "lo")
		hi := rapid.Int64Range(lo, total).Draw(t, "hi")
		reused = LinearBoxes(reused, view, order, lo, hi)
		if len(reused) > max(1, 2*rank-1) {
			t.Fatalf("%d boxes for rank %d", len(reused), rank)
		}
		next, p, q := lo, make([]int64, rank), make([]int64, rank)
		for _, b := range reused {
			n, _ := b.Elements()
			for i := range n {
				LinearPoint(b, order, i, p)
				LinearPoint(view, order, next, q)
				if !slices.Equal(p, q) || LinearIndex(view, order, p) != next {
					t.Fatalf("element %d is %v, want %v", next, p, q)
				}
				next++
			}
		}
		if next != hi {
			t.Fatalf("boxes end at %d, want %d", next, hi)
		}
	})
}

func TestLinearBoxesReuseMemory(t *testing.T) {
	view := Box{make([]int64, 3), []int64{100, 100, 100}}
	boxes := make([]Box, 0, 5)
	order := []int{0, 1, 2}
	boxes = LinearBoxes(boxes, view, order, 12345, 678901)
	if len(boxes) != 5 {
		t.Fatalf("got %d boxes, want 5", len(boxes))
	}
	if n := testing.AllocsPerRun(10, func() { boxes = LinearBoxes(boxes, view, order, 12346, 678902) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func BenchmarkLinearBoxes(b *testing.B) {
	view := Box{make([]int64, 3), []int64{1000, 1000, 1000}}
	boxes := make([]Box, 0, 5)
	for b.Loop() {
		boxes = LinearBoxes(boxes, view, []int{0, 1, 2}, 123456789, 123456789+524288)
	}
}
