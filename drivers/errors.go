package drivers

import (
	"errors"
	"fmt"

	"tsmount/drivers/codec"
)

var (
	// ErrCorrupt marks stored bytes that are not what the metadata promises:
	// a bad chunk, shard index or document. It is the codecs' sentinel.
	ErrCorrupt = codec.ErrCorrupt
	// ErrNoArray marks a path that holds no array of the format.
	ErrNoArray = errors.New("no array found")
	// ErrExists marks a create of something that is there already.
	ErrExists = errors.New("already exists")
	// ErrConstraint marks stored metadata that contradicts the spec.
	ErrConstraint = errors.New("does not match the spec")
)

// Corruptf returns an error that wraps ErrCorrupt.
func Corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}
