package codec

import (
	"errors"
	"fmt"
)

// ErrCorrupt marks encoded bytes that do not decode to what was declared.
// Errors that wrap it say what was wrong and never carry data.
var ErrCorrupt = errors.New("corrupt data")

// Codec is one bytes-to-bytes step. Implementations are immutable and safe for
// concurrent use.
type Codec interface {
	// Encode appends the encoded form of src to dst[:0] and returns it. dst may
	// be nil; its capacity is used when it is enough. src is not kept.
	Encode(dst, src []byte) ([]byte, error)

	// Decode appends the decoded form of src to dst[:0] and returns it; the
	// capacity of dst is used when it is enough, so that a caller who passes a
	// buffer of max bytes pays no allocation. max is the largest size that the
	// result may have, in bytes: more is ErrCorrupt. The caller who knows the
	// exact size compares the length of the result itself.
	Decode(dst, src []byte, max int) ([]byte, error)
}

// corruptf returns an ErrCorrupt that begins with the codec's name.
func corruptf(codec, format string, args ...any) error {
	return fmt.Errorf("%s: %w: %s", codec, ErrCorrupt, fmt.Sprintf(format, args...))
}
