package cache

import (
	"errors"
	"log/slog"
	"time"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/resources"
)

var (
	// ErrIncompatible: the stored metadata now describes another array than the
	// one that was opened (data type, chunks or codec changed, or it is gone).
	ErrIncompatible = errors.New("the array was replaced by an incompatible one")
	// ErrClosed: the engine or the array has been closed.
	ErrClosed = errors.New("array is closed")
)

// Config holds the budgets of an Engine. Zero values mean the defaults.
type Config struct {
	// InUseLimit bounds the decoded bytes that open files keep in use.
	// Default: a quarter of the memory that the process may use.
	InUseLimit int64
	// TransientLimit bounds the encoded and decoded bytes of chunks that are
	// being loaded. Default: a quarter of the memory that the process may use.
	TransientLimit int64
	// Log receives one line for each kind of trouble; nil discards.
	Log *slog.Logger
}

// OpenRequest says which array to open and how.
type OpenRequest struct {
	Format drivers.Format
	Want   drivers.Constraints
	// Store is rooted at the directory of the spec; Path is the array's path in
	// it, "" or ending in "/".
	Store kvstore.Store
	Path  string
	// Pool is the cache_pool and DataCopy the data_copy_concurrency.
	Pool     *Pool
	DataCopy *resources.Limiter
	// Transform is the spec's transform, not yet resolved; nil: none.
	Transform *arrayview.Transform
	Mode      OpenMode
	// FailMissing makes a missing chunk an error (fill_missing_data_reads false).
	FailMissing bool
	// KeepFill stores chunks that equal the fill value
	// (store_data_equal_to_fill_value).
	KeepFill bool
	// Bound is the oldest metadata that is good enough.
	Bound time.Time
}

// OpenMode holds the open flags of a spec.
type OpenMode struct {
	Open, Create, DeleteExisting bool
	// AssumeMetadata takes the metadata that the spec describes as the stored
	// one, for good; AssumeCached only until something newer is asked for.
	AssumeMetadata, AssumeCached bool
}

// State is an immutable snapshot of what an array is.
type State struct {
	Schema *drivers.Schema
	// Transform maps the visible domain to the stored one; its bounds are
	// finite. Transform.Input is the domain that the array directory shows.
	Transform *arrayview.Transform
	// Version differs between two states that differ in anything.
	Version uint64
	// Modified is the newest modification known of the metadata; zero: unknown.
	Modified time.Time

	layout *layout // where its chunks are cached
}

// View is what one file shows of an array.
type View struct {
	// Transform maps the view to the stored domain, as a rule the composition
	// of State.Transform with a selection. Its bounds are finite.
	Transform *arrayview.Transform
	// Order lists the view's dimensions from slowest to fastest in the file.
	Order []int
	// BigEndian asks for elements with their bytes reversed.
	BigEndian bool
}
