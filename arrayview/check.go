package arrayview

import "fmt"

// Check reports ErrOutOfRange unless every index of box, which lies in the input
// domain, maps into the current bounds of the stored domain, implicit or not.
// It looks at the index array elements that the box uses.
func (t *Transform) Check(box Box, stored Domain) error {
	if box.Empty() {
		return nil
	}
	for i := range t.Output {
		m := &t.Output[i]
		lo, hi, err := t.hull(m, box)
		if err != nil {
			return fmt.Errorf("output dimension %d: %w", i, err)
		}
		for _, x := range [2]int64{lo, hi} {
			if x < stored.Min[i] || x >= stored.Max[i] {
				return fmt.Errorf("%w: index %d of output dimension %d is outside valid range %s", ErrOutOfRange, x, i, stored.interval(i))
			}
		}
	}
	return nil
}

// hull returns the least and the largest output of m over a box.
func (t *Transform) hull(m *OutputMap, box Box) (lo, hi int64, err error) {
	switch m.Kind {
	case MapInput:
		lo, hi = box.Min[m.Dim], box.Max(m.Dim)-1
	case MapArray:
		if lo, hi, err = m.Array.extremes(box, t.Input.Min); err != nil {
			return 0, 0, err
		}
	default:
		return m.Offset, m.Offset, nil
	}
	lo, ok := mulAdd(lo, m.Stride, m.Offset)
	hi, ok2 := mulAdd(hi, m.Stride, m.Offset)
	if !ok || !ok2 {
		return 0, 0, fmt.Errorf("%w: %w", ErrOutOfRange, errAffine)
	}
	return min(lo, hi), max(lo, hi), nil
}

// extremes returns the least and the largest value over a box of a domain that
// begins at origin.
func (a *IndexArray) extremes(box Box, origin []int64) (lo, hi int64, err error) {
	lo, hi = 1<<63-1, -1<<63
	var scan func(d int, pos int64) error
	scan = func(d int, pos int64) error {
		if d == len(a.Shape) {
			v, err := a.check(pos)
			lo, hi = min(lo, v), max(hi, v)
			return err
		}
		if a.Shape[d] == 1 {
			return scan(d+1, pos)
		}
		for x := box.Min[d]; x < box.Max(d); x++ {
			if err := scan(d+1, pos*a.Shape[d]+x-origin[d]); err != nil {
				return err
			}
		}
		return nil
	}
	err = scan(0, 0)
	return lo, hi, err
}
