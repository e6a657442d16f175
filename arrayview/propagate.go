package arrayview

import (
	"fmt"
	"slices"
)

// explicitlyEmpty reports whether some dimension is empty by explicit bounds.
func (d *Domain) explicitlyEmpty() bool {
	for i := range d.Min {
		if d.Min[i] == d.Max[i] && !d.ImplicitMin[i] && !d.ImplicitMax[i] {
			return true
		}
	}
	return false
}

// Resolve returns t with its input bounds inferred from base, the domain of its
// output: implicit bounds take the values that base allows (and stay implicit
// where base's are), explicit ones must lie inside it. Implicit bounds of base
// do not constrain; pass base.Fixed() to hold t to the current bounds. Constants
// and index arrays are held to base likewise, index arrays with several elements
// on access. Errors are ErrOutOfRange.
func (t *Transform) Resolve(base Domain) (*Transform, error) {
	if t.OutputRank() != base.Rank() {
		return nil, fmt.Errorf("rank %d -> %d transform cannot be composed with a domain of rank %d", t.Input.Rank(), t.OutputRank(), base.Rank())
	}
	r := &Transform{Input: t.Input.Clone(), Output: slices.Clone(t.Output)}
	for i, m := range r.Output {
		if m.Stride == 0 {
			r.Output[i] = OutputMap{Offset: m.Offset}
		}
	}
	if err := r.propagate(base); err != nil {
		return nil, err
	}
	empty := r.Input.explicitlyEmpty()
	for i := range r.Output {
		if err := r.Output[i].confine(base.span(i), empty); err != nil {
			return nil, fmt.Errorf("output dimension %d: %w", i, err)
		}
	}
	return r, nil
}

// Fixed returns d with all bounds explicit.
func (d Domain) Fixed() Domain {
	f := d.Clone()
	clear(f.ImplicitMin)
	clear(f.ImplicitMax)
	return f
}

// propagate infers the bounds of every input dimension that an output moves
// with.
func (t *Transform) propagate(base Domain) error {
	rank := t.Input.Rank()
	soft, hard, known := make([]span, rank), make([]span, rank), make([]bool, rank)
	for i, m := range t.Output {
		if m.Kind != MapInput {
			continue
		}
		s, err := base.span(i).preimage(m.Offset, m.Stride)
		if err != nil {
			return fmt.Errorf("output dimension %d: %w", i, err)
		}
		h := s.hard()
		if known[m.Dim] {
			s, h = s.and(soft[m.Dim]), h.and(hard[m.Dim])
		}
		soft[m.Dim], hard[m.Dim], known[m.Dim] = s, h, true
	}
	for d := range rank {
		if known[d] {
			if err := t.Input.adopt(d, soft[d], hard[d]); err != nil {
				return err
			}
		}
	}
	return nil
}

// adopt gives the implicit bounds of dimension i the values of soft and holds
// the explicit ones to hard.
func (d *Domain) adopt(i int, soft, hard span) error {
	have := d.span(i)
	fits := true
	if have.softMin {
		d.Min[i], d.ImplicitMin[i] = soft.min, soft.softMin
	} else {
		fits = have.min >= hard.min
	}
	if have.softMax {
		d.Max[i], d.ImplicitMax[i] = soft.max, soft.softMax
	} else {
		fits = fits && have.max <= hard.max
	}
	if !fits && have.min == have.max && !have.softMin && !have.softMax {
		fits = true // nothing is ever read
	}
	if !fits || d.Max[i] < d.Min[i] {
		return fmt.Errorf("%w: propagated bounds %v for dimension %d are incompatible with existing bounds %v", ErrOutOfRange, soft, i, have)
	}
	return nil
}

// confine holds a constant or an index array to the span of its output. An
// index array of one element is checked at once and becomes a constant.
func (m *OutputMap) confine(s span, empty bool) error {
	s = s.hard()
	if m.Kind == MapArray {
		if err := m.confineArray(s); err != nil {
			return err
		}
	}
	if m.Kind == MapConstant && !empty && !s.contains(m.Offset) {
		return fmt.Errorf("%w: index %d is outside valid range %v", ErrOutOfRange, m.Offset, s)
	}
	return nil
}

func (m *OutputMap) confineArray(s span) error {
	values, err := s.preimage(m.Offset, m.Stride)
	if err != nil {
		return err
	}
	a := *m.Array
	a.Min, a.Max = max(a.Min, values.min), min(a.Max, values.max-1)
	m.Array = &a
	if len(a.Values) != 1 {
		return nil
	}
	v, err := a.check(0)
	if err != nil {
		return err
	}
	x, ok := mulAdd(v, m.Stride, m.Offset)
	if !ok {
		return errAffine
	}
	*m = OutputMap{Offset: x}
	return nil
}
