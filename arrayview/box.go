package arrayview

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// MaxRank is the largest number of dimensions (TensorStore's limit).
const MaxRank = 32

// Inf stands for an unbounded index: -Inf below, +Inf above (as an inclusive
// bound). Finite indices lie strictly between. It is TensorStore's kInfIndex.
const Inf = 1<<62 - 1

// ErrOverflow marks a size that does not fit int64.
var ErrOverflow = errors.New("size overflows")

// Box is a rectangular set of indices: Min[d] <= index[d] < Min[d]+Shape[d].
type Box struct {
	Min, Shape []int64
}

// NewBox returns a zeroed box of rank dimensions; its two slices share one
// allocation.
func NewBox(rank int) Box {
	s := make([]int64, 2*rank)
	return Box{s[:rank:rank], s[rank:]}
}

// Rank returns the number of dimensions.
func (b Box) Rank() int { return len(b.Min) }

// Max returns the exclusive upper bound of dimension d.
func (b Box) Max(d int) int64 { return b.Min[d] + b.Shape[d] }

// Empty reports whether the box holds no index.
func (b Box) Empty() bool {
	for _, n := range b.Shape {
		if n <= 0 {
			return true
		}
	}
	return false
}

// Contains reports whether p lies in the box.
func (b Box) Contains(p []int64) bool {
	for d, x := range p {
		if x < b.Min[d] || x >= b.Max(d) {
			return false
		}
	}
	return true
}

// ContainsBox reports whether every index of o lies in b.
func (b Box) ContainsBox(o Box) bool {
	for d := range o.Min {
		if o.Min[d] < b.Min[d] || o.Max(d) > b.Max(d) {
			return o.Empty()
		}
	}
	return true
}

// Intersect returns the indices that lie in both boxes; Shape entries are never
// negative.
func (b Box) Intersect(o Box) Box {
	r := NewBox(b.Rank())
	for d := range b.Min {
		r.Min[d] = max(b.Min[d], o.Min[d])
		r.Shape[d] = max(0, min(b.Max(d), o.Max(d))-r.Min[d])
	}
	return r
}

// Clone returns a copy that shares no memory with b.
func (b Box) Clone() Box {
	c := NewBox(b.Rank())
	copy(c.Min, b.Min)
	copy(c.Shape, b.Shape)
	return c
}

// Elements returns the number of indices in the box, or ErrOverflow.
func (b Box) Elements() (int64, error) { return Product(b.Shape) }

func (b Box) String() string {
	parts := make([]string, b.Rank())
	for d := range b.Min {
		parts[d] = fmt.Sprintf("%d:%d", b.Min[d], b.Max(d))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// Product multiplies sizes, which must not be negative. A zero makes it zero
// whatever the others are; otherwise a product beyond int64 is ErrOverflow.
func Product(sizes []int64) (int64, error) {
	p := uint64(1)
	overflow := false
	for _, n := range sizes {
		if n < 0 {
			return 0, fmt.Errorf("%w: negative extent %d", ErrOverflow, n)
		}
		if n == 0 {
			return 0, nil
		}
		hi, lo := bits.Mul64(p, uint64(n))
		if p = lo; hi != 0 || lo > 1<<63-1 {
			overflow, p = true, 1
		}
	}
	if overflow {
		return 0, ErrOverflow
	}
	return int64(p), nil
}
