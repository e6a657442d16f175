package arrayview

import (
	"fmt"
	"slices"
)

// maxComposed is the number of elements that an index array may have that
// Compose makes out of two, which can be more than both have.
const maxComposed = 1 << 24

// Compose returns the transform that applies outer (user to middle) and then
// inner (middle to stored). outer is resolved against inner's input domain
// first; its labels are those of the result. Errors are ErrOutOfRange, mismatched
// ranks and overflow.
func Compose(inner, outer *Transform) (*Transform, error) {
	if outer.OutputRank() != inner.Input.Rank() {
		return nil, fmt.Errorf("rank %d -> %d transform cannot be composed with rank %d -> %d transform",
			outer.Input.Rank(), outer.OutputRank(), inner.Input.Rank(), inner.OutputRank())
	}
	o, err := outer.Resolve(inner.Input)
	if err != nil {
		return nil, err
	}
	r := &Transform{Input: o.Input, Output: make([]OutputMap, inner.OutputRank())}
	for i, m := range inner.Output {
		switch {
		case m.Kind == MapConstant || m.Stride == 0:
			r.Output[i] = OutputMap{Offset: m.Offset}
		case m.Kind == MapInput:
			r.Output[i], err = chain(o.Output[m.Dim], m.Offset, m.Stride)
		default:
			r.Output[i], err = o.index(m, inner.Input.Min)
		}
		if err != nil {
			return nil, fmt.Errorf("output dimension %d: %w", i, err)
		}
	}
	return r, nil
}

// chain returns the map offset + stride*m.
func chain(m OutputMap, offset, stride int64) (OutputMap, error) {
	var ok, ok2 bool
	m.Offset, ok = mulAdd(m.Offset, stride, offset)
	m.Stride, ok2 = mulOK(m.Stride, stride)
	if m.Kind == MapConstant || m.Stride == 0 {
		m = OutputMap{Offset: m.Offset}
	}
	if !ok || !ok2 {
		return m, errAffine
	}
	return m, nil
}

// index returns m, an index array over the output of t, as a map over the input
// of t. The domain that m's array covers begins at origin.
func (t *Transform) index(m OutputMap, origin []int64) (OutputMap, error) {
	if t.Input.explicitlyEmpty() {
		return OutputMap{}, nil
	}
	box, err := t.support(m.Array)
	if err != nil {
		return m, err
	}
	n, err := Product(box.Shape)
	if err != nil || n > maxComposed {
		return m, fmt.Errorf("the composed index array would have more than %d elements", maxComposed)
	}
	a := &IndexArray{Shape: box.Shape, Values: make([]int64, 0, n), Min: m.Array.Min, Max: m.Array.Max}
	in, mid := slices.Clone(box.Min), make([]int64, t.OutputRank())
	for more := n > 0; more; more = step(in, box) {
		if err := t.applyTo(m.Array, in, mid); err != nil {
			return m, err
		}
		v, err := m.Array.at(mid, origin)
		if err != nil {
			return m, err
		}
		a.Values = append(a.Values, v)
	}
	m.Array = a
	if n == 1 {
		return chain(OutputMap{Offset: a.Values[0]}, m.Offset, m.Stride)
	}
	return m, nil
}

// applyTo computes those outputs of t that a varies along.
func (t *Transform) applyTo(a *IndexArray, in, out []int64) error {
	for d, n := range a.Shape {
		if n == 1 {
			continue
		}
		one := Transform{Input: t.Input, Output: t.Output[d : d+1]}
		if err := one.Apply(in, out[d:d+1]); err != nil {
			return err
		}
	}
	return nil
}

// support returns the box of input indices that decide the value of a, an index
// array over the output of t: extent 1 where the input does not matter.
func (t *Transform) support(a *IndexArray) (Box, error) {
	in := &t.Input
	box := NewBox(in.Rank())
	copy(box.Min, in.Min)
	for d := range box.Shape {
		box.Shape[d] = 1
	}
	for d, n := range a.Shape {
		if n == 1 {
			continue
		}
		for _, i := range t.Output[d].inputs() {
			if in.Min[i] <= -Inf || in.Max[i] > Inf {
				return box, fmt.Errorf("index array depends on input dimension %d, which is unbounded: %s", i, in.interval(i))
			}
			box.Shape[i] = in.Max[i] - in.Min[i]
		}
	}
	return box, nil
}

// inputs returns the input dimensions that an output varies with.
func (m *OutputMap) inputs() []int {
	switch m.Kind {
	case MapInput:
		return []int{m.Dim}
	case MapArray:
		var dims []int
		for d, n := range m.Array.Shape {
			if n != 1 {
				dims = append(dims, d)
			}
		}
		return dims
	}
	return nil
}

// step moves p to the next index of box in C order; false after the last.
func step(p []int64, box Box) bool {
	for d := len(p) - 1; d >= 0; d-- {
		if p[d]++; p[d] < box.Max(d) {
			return true
		}
		p[d] = box.Min[d]
	}
	return false
}

// InputOrder returns the input dimensions from slowest to fastest as the stored
// order implies: by the slowest output that is one of them, as they are numbered
// where that says nothing. Those that are no output by themselves come last, as
// in TensorStore (chunk_layout.cc, TransformOutputDimensionOrder).
func (t *Transform) InputOrder(order []int) []int {
	key := make([]int, t.Input.Rank())
	for d := range key {
		key[d] = len(order)
	}
	for place, out := range slices.Backward(order) {
		if m := &t.Output[out]; m.Kind == MapInput && m.Stride != 0 {
			key[m.Dim] = place
		}
	}
	dims := make([]int, len(key))
	for d := range dims {
		dims[d] = d
	}
	slices.SortStableFunc(dims, func(a, b int) int { return key[a] - key[b] })
	return dims
}
