package arrayview

import "slices"

// Domain is the index space of an array or a view. All slices have one entry
// per dimension. An unbounded dimension has Min = -Inf or Max = Inf+1.
type Domain struct {
	Min         []int64  // inclusive lower bounds
	Max         []int64  // exclusive upper bounds
	ImplicitMin []bool   // the lower bound follows the store
	ImplicitMax []bool   // the upper bound follows the store
	Labels      []string // "" = unlabelled; others are unique
}

// NewDomain returns a domain of rank unbounded, implicit, unlabelled dimensions.
func NewDomain(rank int) Domain {
	d := Domain{
		Min: make([]int64, rank), Max: make([]int64, rank),
		ImplicitMin: make([]bool, rank), ImplicitMax: make([]bool, rank),
		Labels: make([]string, rank),
	}
	for i := range rank {
		d.Min[i], d.Max[i] = -Inf, Inf+1
		d.ImplicitMin[i], d.ImplicitMax[i] = true, true
	}
	return d
}

// BoxDomain returns the domain with the explicit bounds of b and no labels.
func BoxDomain(b Box) Domain {
	d := NewDomain(b.Rank())
	for i := range b.Min {
		d.Min[i], d.Max[i] = b.Min[i], b.Max(i)
		d.ImplicitMin[i], d.ImplicitMax[i] = false, false
	}
	return d
}

// Rank returns the number of dimensions.
func (d Domain) Rank() int { return len(d.Min) }

// Finite reports whether all bounds are finite.
func (d Domain) Finite() bool {
	for i := range d.Min {
		if d.Min[i] <= -Inf || d.Max[i] > Inf {
			return false
		}
	}
	return true
}

// Box returns the bounds of a finite domain.
func (d Domain) Box() Box {
	b := NewBox(d.Rank())
	copy(b.Min, d.Min)
	for i := range d.Max {
		b.Shape[i] = d.Max[i] - d.Min[i]
	}
	return b
}

// Shape returns the extents of a finite domain.
func (d Domain) Shape() []int64 { return d.Box().Shape }

// Clone returns a copy that shares no memory with d.
func (d Domain) Clone() Domain {
	return Domain{slices.Clone(d.Min), slices.Clone(d.Max), slices.Clone(d.ImplicitMin), slices.Clone(d.ImplicitMax), slices.Clone(d.Labels)}
}

// Dim returns the dimension with the given label, or -1.
func (d Domain) Dim(label string) int {
	if label == "" {
		return -1
	}
	return slices.Index(d.Labels, label)
}
