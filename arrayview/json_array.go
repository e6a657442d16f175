package arrayview

import "tsmount/internal/strictjson"

// parseIndexArray reads an index array and its bounds; over a domain that is
// empty it means nothing.
func (t *Transform) parseIndexArray(m *OutputMap, v, bounds strictjson.Value, bounded bool) error {
	a := &IndexArray{Min: -Inf, Max: Inf}
	if bounded {
		if err := a.parseBounds(bounds); err != nil {
			return err
		}
	}
	if err := a.parse(v, t.Input.Rank()); err != nil {
		return err
	}
	if err := t.checkIndexArray(a, v); err != nil {
		return err
	}
	m.Kind, m.Array = MapArray, a
	if t.Input.explicitlyEmpty() {
		*m = OutputMap{}
	}
	return nil
}

// parseBounds reads a closed interval.
func (a *IndexArray) parseBounds(v strictjson.Value) error {
	list, err := v.Array()
	if err != nil {
		return err
	}
	if len(list) != 2 {
		return v.Errorf("expected two bounds, got %s", v.Text())
	}
	if a.Min, err = lowerBound(list[0]); err != nil {
		return err
	}
	if a.Max, err = upperBound(list[1]); err != nil {
		return err
	}
	if a.Max == plusInf {
		a.Max = Inf
	}
	if a.Min < -Inf || a.Min >= Inf || a.Max > Inf || a.Max <= -Inf || a.Min > a.Max && a.Max != a.Min-1 {
		return v.Errorf("(%d, %d) do not specify a valid closed index interval", a.Min, a.Max)
	}
	return nil
}

// parse reads nested lists that must have the given depth and be regular.
func (a *IndexArray) parse(v strictjson.Value, rank int) error {
	var shape []int64
	for e := v; e.IsArray(); {
		list, _ := e.Array()
		if shape = append(shape, int64(len(list))); len(list) == 0 {
			break
		}
		e = list[0]
	}
	if len(shape) != rank {
		return v.Errorf("index array has rank %d but must have rank %d", len(shape), rank)
	}
	a.Shape = shape
	return a.collect(v, 0)
}

func (a *IndexArray) collect(v strictjson.Value, depth int) error {
	if depth == len(a.Shape) {
		x, err := infinite(v, "", 0)
		if err != nil {
			return v.Errorf("expected a whole number, got %s", v.Text())
		}
		a.Values = append(a.Values, x)
		return nil
	}
	list, err := v.Array()
	if err != nil {
		return err
	}
	if int64(len(list)) != a.Shape[depth] {
		return v.Errorf("expected an array of length %d, got one of length %d", a.Shape[depth], len(list))
	}
	for _, e := range list {
		if err := a.collect(e, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// checkIndexArray compares the array's shape with the input domain.
func (t *Transform) checkIndexArray(a *IndexArray, v strictjson.Value) error {
	in := &t.Input
	for d, n := range a.Shape {
		if n == 1 {
			continue
		}
		if in.ImplicitMin[d] || in.ImplicitMax[d] {
			return v.Errorf("index array depends on input dimension %d with implicit bounds", d)
		}
		if in.Min[d] <= -Inf || in.Max[d] > Inf || in.Max[d]-in.Min[d] != n {
			return v.Errorf("index array has extent %d, which does not match input dimension %d %s", n, d, in.interval(d))
		}
	}
	return nil
}
