package document

import (
	"fmt"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// Faults makes errors about one document: Key names it, Prefix stands before
// the paths of its members.
type Faults struct{ Key, Prefix string }

// At returns an error about the member at path.
func (f Faults) At(path, format string, args ...any) error {
	return &strictjson.Error{Source: f.Key, Path: f.Prefix + path, Msg: fmt.Sprintf(format, args...)}
}

// Contradiction returns At's error, marked as one about the spec.
func (f Faults) Contradiction(path, format string, args ...any) error {
	return fmt.Errorf("%w: %w", f.At(path, format, args...), drivers.ErrConstraint)
}

// Mismatch returns the error for a member that is not what the spec demands.
func (f Faults) Mismatch(path string, have, want any) error {
	return f.Contradiction(path, "is %s, the spec demands %s", Compact(have), Compact(want))
}

// CreateErrorf returns an error about a spec that does not suffice to create.
func CreateErrorf(path, format string, args ...any) error {
	return &strictjson.Error{Path: path, Msg: fmt.Sprintf(format, args...) + " to create an array"}
}
