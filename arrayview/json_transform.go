package arrayview

import (
	"slices"

	"tsmount/internal/strictjson"
)

// ParseTransform reads TensorStore's IndexTransform JSON: the members of a
// domain with the prefix input_, and output, without which it is the identity.
// Errors name the JSON path. Index arrays that do not vary and maps of stride 0
// become constants only where TensorStore's do.
// https://google.github.io/tensorstore/index_space.html#json-IndexTransform
func ParseTransform(v strictjson.Value) (*Transform, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	d, err := parseDomain(o, "input_")
	if err != nil {
		return nil, err
	}
	t := Identity(d)
	if err := o.Optional("output", t.parseOutput); err != nil {
		return nil, err
	}
	return t, o.Close()
}

func (t *Transform) parseOutput(v strictjson.Value) error {
	list, err := v.Array()
	if err != nil {
		return err
	}
	if len(list) > MaxRank {
		return v.Errorf("output rank %d is outside valid range [0, %d]", len(list), MaxRank)
	}
	t.Output = make([]OutputMap, len(list))
	for i, e := range list {
		o, err := e.Object()
		if err != nil {
			return err
		}
		if err := t.parseMap(&t.Output[i], o, i); err != nil {
			return err
		}
		if err := o.Close(); err != nil {
			return err
		}
	}
	return nil
}

// parseMap reads the map of output dimension dim.
func (t *Transform) parseMap(m *OutputMap, o *strictjson.Object, dim int) error {
	const least = -strictjson.MaxInt - 1
	setInt := func(p *int64) func(strictjson.Value) error {
		return func(v strictjson.Value) (err error) {
			*p, err = v.Int(least, strictjson.MaxInt)
			return err
		}
	}
	if err := o.Optional("offset", setInt(&m.Offset)); err != nil {
		return err
	}
	m.Stride = 1
	if err := o.Optional("stride", setInt(&m.Stride)); err != nil {
		return err
	}
	if err := t.parseSource(m, o, dim); err != nil {
		return err
	}
	if m.Kind == MapConstant || m.Stride == 0 {
		*m = OutputMap{Offset: m.Offset}
	}
	return nil
}

// parseSource reads what the output depends on.
func (t *Transform) parseSource(m *OutputMap, o *strictjson.Object, dim int) error {
	input, byInput := o.Get("input_dimension")
	array, byArray := o.Get("index_array")
	bounds, bounded := o.Get("index_array_bounds")
	stride, strided := o.Get("stride")
	switch {
	case byInput && byArray:
		return input.Errorf("at most one of input_dimension and index_array is allowed")
	case bounded && !byArray:
		return bounds.Errorf("index_array_bounds is only valid with index_array")
	case byInput:
		d, err := input.Int(-strictjson.MaxInt-1, strictjson.MaxInt)
		if err != nil {
			return err
		}
		if d < 0 || d >= int64(t.Input.Rank()) {
			return input.Errorf("input dimension %d specified for output dimension %d is outside valid range [0, %d)", d, dim, t.Input.Rank())
		}
		m.Kind, m.Dim = MapInput, int(d)
	case byArray:
		return t.parseIndexArray(m, array, bounds, bounded)
	case strided:
		return stride.Errorf("either input_dimension or index_array must be specified in conjunction with stride")
	}
	return nil
}

// JSON returns the one canonical form of the transform, ready for
// encoding/json. Maps that are the identity, offsets of 0, strides of 1 and
// bounds of index arrays that hold all values are left out.
func (t *Transform) JSON() map[string]any {
	m := make(map[string]any)
	t.Input.addJSON(m, "input_")
	if t.isIdentity() {
		return m
	}
	out := make([]any, len(t.Output))
	for i := range t.Output {
		out[i] = t.Output[i].json()
	}
	m["output"] = out
	return m
}

func (t *Transform) isIdentity() bool {
	for i, m := range t.Output {
		if m.Kind != MapInput || m.Dim != i || m.Offset != 0 || m.Stride != 1 {
			return false
		}
	}
	return t.OutputRank() == t.Input.Rank()
}

func (m *OutputMap) json() map[string]any {
	o := make(map[string]any)
	if m.Offset != 0 {
		o["offset"] = m.Offset
	}
	if m.Kind != MapConstant && m.Stride != 1 {
		o["stride"] = m.Stride
	}
	switch m.Kind {
	case MapInput:
		o["input_dimension"] = m.Dim
	case MapArray:
		a := m.Array
		values := a.Values
		o["index_array"] = nested(&values, a.Shape)
		if len(a.Values) > 0 && (slices.Min(a.Values) < a.Min || slices.Max(a.Values) > a.Max) {
			o["index_array_bounds"] = []any{infText(a.Min), infText(a.Max)}
		}
	}
	return o
}

func infText(x int64) any {
	switch {
	case x <= -Inf:
		return "-inf"
	case x >= Inf:
		return "+inf"
	}
	return x
}

// nested takes the values of an array of the given shape from the front.
func nested(values *[]int64, shape []int64) any {
	if len(shape) == 0 {
		x := (*values)[0]
		*values = (*values)[1:]
		return x
	}
	out := make([]any, shape[0])
	for i := range out {
		out[i] = nested(values, shape[1:])
	}
	return out
}
