package scalar

import (
	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// Nested renders elements of the given shape, in C order, as nested lists.
func Nested(elements []byte, shape []int64, t arrayview.DType) any {
	if len(shape) == 0 {
		return Format(elements, t)
	}
	step := int64(len(elements)) / shape[0]
	list := make([]any, shape[0])
	for i := range list {
		list[i] = Nested(elements[int64(i)*step:int64(i+1)*step], shape[1:], t)
	}
	return list
}

// Broadcast reads a schema's fill value as the elements of a sub-array of the
// given shape, to which it is broadcast as NumPy does. Further dimensions in
// front must be the same everywhere.
func Broadcast(v strictjson.Value, shape []int64, t arrayview.DType) ([]byte, error) {
	n, err := arrayview.Product(append([]int64{int64(t.Size())}, shape...))
	if err != nil {
		return nil, v.Errorf("%v", err)
	}
	dst := make([]byte, n)
	return dst, broadcast(dst, v, shape, t)
}

func broadcast(dst []byte, v strictjson.Value, shape []int64, t arrayview.DType) error {
	depth := fillDepth(v, t)
	if depth == 0 {
		if err := Parse(dst[:t.Size()], v, t, Schema); err != nil {
			return err
		}
		repeat(dst, t.Size())
		return nil
	}
	if depth < len(shape) {
		step := len(dst) / int(shape[0])
		defer repeat(dst, step)
		return broadcast(dst[:step], v, shape[1:], t)
	}
	entries, err := v.Array()
	if err != nil {
		return err
	}
	if depth > len(shape) {
		if len(entries) != 1 {
			return v.Errorf("must be the same everywhere: one value, or one per element of shape %v", shape)
		}
		return broadcast(dst, entries[0], shape, t)
	}
	if len(entries) != 1 && int64(len(entries)) != shape[0] {
		return v.Errorf("%d entries for an extent of %d", len(entries), shape[0])
	}
	step := len(dst) / int(shape[0])
	for i, e := range entries {
		if err := broadcast(dst[i*step:(i+1)*step], e, shape[1:], t); err != nil {
			return err
		}
	}
	repeat(dst, step*len(entries))
	return nil
}

// repeat fills b with copies of its first n bytes.
func repeat(b []byte, n int) {
	for ; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// fillDepth returns how deep lists nest; the pair of a complex number is none.
func fillDepth(v strictjson.Value, t arrayview.DType) int {
	entries, err := v.Array()
	if err != nil || len(entries) == 0 {
		return 0
	}
	if IsComplex(t) && !entries[0].IsArray() {
		return 0
	}
	return 1 + fillDepth(entries[0], t)
}
