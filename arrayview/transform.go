package arrayview

import "fmt"

// MapKind tells how an output index follows from input indices.
type MapKind uint8

const (
	// MapConstant: output = Offset.
	MapConstant MapKind = iota
	// MapInput: output = Offset + Stride*input[Dim].
	MapInput
	// MapArray: output = Offset + Stride*Array[input].
	MapArray
)

// OutputMap gives one output index of a Transform.
type OutputMap struct {
	Kind           MapKind
	Offset, Stride int64
	Dim            int         // MapInput: the input dimension
	Array          *IndexArray // MapArray
}

// IndexArray is an array of indices over the input domain. A dimension of
// extent 1 in Shape broadcasts. Values are checked against [Min, Max] on access.
type IndexArray struct {
	Shape    []int64 // one extent per input dimension, 1 or the input's
	Values   []int64 // C order
	Min, Max int64   // closed interval that values must lie in
}

// Transform maps input indices to output indices (TensorStore's IndexTransform).
type Transform struct {
	Input  Domain
	Output []OutputMap
}

// Identity returns the transform that maps d to itself.
func Identity(d Domain) *Transform {
	t := &Transform{Input: d.Clone(), Output: make([]OutputMap, d.Rank())}
	for i := range t.Output {
		t.Output[i] = OutputMap{Kind: MapInput, Stride: 1, Dim: i}
	}
	return t
}

// OutputRank returns the number of output dimensions.
func (t *Transform) OutputRank() int { return len(t.Output) }

// at returns the value of the index array for input index in of a domain that
// begins at origin.
func (a *IndexArray) at(in, origin []int64) (int64, error) {
	pos := int64(0)
	for d, n := range a.Shape {
		pos *= n
		if n != 1 {
			pos += in[d] - origin[d]
		}
	}
	return a.check(pos)
}

// check returns the value at a place of Values if it lies in the bounds.
func (a *IndexArray) check(pos int64) (int64, error) {
	if v := a.Values[pos]; v >= a.Min && v <= a.Max {
		return v, nil
	}
	return 0, fmt.Errorf("%w: index %d is outside valid range %v", ErrOutOfRange, a.Values[pos], span{min: a.Min, max: a.Max + 1})
}

// Apply computes the output index of in, which must lie in the input domain.
// An index array value outside its bounds is an error.
func (t *Transform) Apply(in, out []int64) error {
	for i := range t.Output {
		m := &t.Output[i]
		switch m.Kind {
		case MapConstant:
			out[i] = m.Offset
		case MapInput:
			out[i] = m.Offset + m.Stride*in[m.Dim]
		case MapArray:
			v, err := m.Array.at(in, t.Input.Min)
			if err != nil {
				return err
			}
			out[i] = m.Offset + m.Stride*v
		}
	}
	return nil
}
