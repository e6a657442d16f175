package tree

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"time"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/kvstore"
)

// Source says what is at a path below the mount point: "" is the mount point
// itself, "a/b" a member of a member. It must be safe for concurrent use.
type Source interface {
	// Look returns what is at path, as of bound or later. The error wraps
	// fs.ErrNotExist when there is neither an array nor a group.
	Look(ctx context.Context, path string, bound time.Time) (Found, error)
	// Refresh drops what the source keeps itself, but not the arrays.
	Refresh()
}

// Found is an array or a group; exactly one of the members is set.
type Found struct {
	// Open opens the array, with metadata that is not older than bound.
	Open func(ctx context.Context, bound time.Time) (*Opened, error)
	// Group is the group.
	Group *Group
}

// Opened is an open array with what the tree says about it beside its schema.
type Opened struct {
	Array  *cache.Array
	Store  kvstore.Store // rooted at the array's path: what .store shows
	Driver string        // TensorStore's name
	URL    string        // without secrets
	// Axes are names for the stored dimensions of an array that has no labels,
	// which its group gives it; nil: none. They are not listed, but resolve.
	Axes []string
	// AxisUnits measure the stored dimensions of an array that has no units, which
	// its group gives it; nil: none.
	AxisUnits []*drivers.Unit
}

// Group is a directory of arrays and groups.
type Group struct {
	Attributes json.RawMessage // a JSON object; nil: none
	Modified   time.Time       // zero: unknown
	// Members yields the names of arrays and groups, always in the same order
	// for the same state. Each must be a path component that Look resolves.
	Members func(ctx context.Context) iter.Seq2[string, error]
}

// Single returns the source of a mount that shows one array.
func Single(open func(ctx context.Context, bound time.Time) (*Opened, error)) Source {
	return single{open}
}

type single struct {
	open func(context.Context, time.Time) (*Opened, error)
}

var _ Source = single{}

func (s single) Look(_ context.Context, path string, _ time.Time) (Found, error) {
	if path != "" {
		return Found{}, notExist(path)
	}
	return Found{Open: s.open}, nil
}

func (s single) Refresh() {}

// notExist returns the error for a name that leads nowhere.
func notExist(name string) error {
	return &fs.PathError{Op: "lookup", Path: name, Err: fs.ErrNotExist}
}

// absent reports whether err says that there is nothing.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
