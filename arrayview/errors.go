package arrayview

import "errors"

// ErrOutOfRange marks indices that a transform may not reach: constants, index
// array values and explicit bounds outside the array.
var ErrOutOfRange = errors.New("index out of range")
