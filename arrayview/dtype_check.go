package arrayview

import "fmt"

// Check returns an error if one of the elements in p, whose bytes are laid out as
// in a file, is no value of the type: a bool other than 0 and 1, or a number of
// less than a byte that does not fit. All other types have no such bytes.
func (t DType) Check(p []byte) error {
	ok := t.valid()
	if ok == nil {
		return nil
	}
	for i, b := range p {
		if !ok(b) {
			return fmt.Errorf("byte %d is %d, which is no %s", i, b, t)
		}
	}
	return nil
}

// valid returns which bytes are elements of the type; nil: all.
func (t DType) valid() func(b byte) bool {
	switch t {
	case Bool:
		return func(b byte) bool { return b <= 1 }
	case Int2:
		return func(b byte) bool { return int8(b) >= -2 && int8(b) < 2 }
	case Int4:
		return func(b byte) bool { return int8(b) >= -8 && int8(b) < 8 }
	case Float4E2M1FN:
		return func(b byte) bool { return b < 16 }
	}
	return nil
}
