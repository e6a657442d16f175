package document

import (
	"fmt"

	"tsmount/arrayview"
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

// CheckType compares type and rank with what the spec demands.
func CheckType(s *drivers.Schema, want drivers.Constraints, fault Faults) error {
	if want.DType != 0 && want.DType != s.DType {
		return fault.Mismatch("dtype", s.DType.String(), want.DType.String())
	}
	if want.Rank >= 0 && want.Rank != s.Rank() {
		return fault.Mismatch("rank", s.Rank(), want.Rank)
	}
	return nil
}

// CheckDomain compares bounds and labels: an implicit infinite bound demands
// nothing, nor does an empty label on either side.
func CheckDomain(have, want arrayview.Domain, fault Faults) error {
	if have.Rank() != want.Rank() {
		return fault.Mismatch("rank", have.Rank(), want.Rank())
	}
	for i := range have.Min {
		if free := want.Min[i] <= -arrayview.Inf && want.ImplicitMin[i]; !free && want.Min[i] != have.Min[i] {
			return fault.Mismatch("domain.inclusive_min", have.Min, want.Min)
		}
		if free := want.Max[i] > arrayview.Inf && want.ImplicitMax[i]; !free && want.Max[i] != have.Max[i] {
			return fault.Mismatch("shape", have.Max, want.Max)
		}
		if a, b := have.Labels[i], want.Labels[i]; a != "" && b != "" && a != b {
			return fault.Mismatch("domain.labels", have.Labels, want.Labels)
		}
	}
	return nil
}
