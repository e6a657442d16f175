package kvstore

import (
	"errors"
	"fmt"
	"io/fs"
)

// Errors that callers branch on; beside them stores use fs.ErrInvalid (bad key),
// fs.ErrPermission (401, 403, EACCES), errors.ErrUnsupported and the wrapped
// syscall.Errno of a local failure (ENOSPC, EDQUOT, EMFILE).
var (
	// ErrMismatch: the condition of a write or of IfEqual did not hold.
	ErrMismatch = errors.New("generation does not match")
	// ErrRange: a byte range does not lie inside the value.
	ErrRange = errors.New("byte range outside the value")
	// ErrTooLarge: there are more bytes than ReadOptions.MaxBytes.
	ErrTooLarge = errors.New("value is too large")
	// ErrReadOnly: the store cannot be written.
	ErrReadOnly = errors.New("store is read-only")
	// ErrTemporary: a failure that may go away; Retry tries again.
	ErrTemporary = errors.New("temporary failure")
)

// BadKey returns the error for a key that a store cannot hold.
func BadKey(key, why string) error {
	return fmt.Errorf("key %q: %w: %s", key, fs.ErrInvalid, why)
}
