package tree

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"tsmount/drivers"
)

// ErrStale marks a file whose array was replaced by an incompatible one or is
// gone: a new Lookup finds what is there now.
var ErrStale = errors.New("the array behind this file has changed")

// ErrPastEnd: a file cannot grow.
var ErrPastEnd = errors.New("the file cannot grow: its size is that of the array")

// Node is a directory or a file. Implementations are safe for concurrent use.
type Node interface {
	// ID is the identity of the node: equal for two spellings of one file.
	ID() ID
	// Path is the node's path below the mount point, for messages.
	Path() string
	// Stat describes the node; sizes are exact.
	Stat(ctx context.Context) (Stat, error)
	// Xattrs returns the extended attributes, in the order of their names.
	Xattrs(ctx context.Context) ([]Xattr, error)
}

// Dir is a directory.
type Dir interface {
	Node
	// Lookup returns the node with the given name. The error of a name that
	// does not exist wraps fs.ErrNotExist.
	Lookup(ctx context.Context, name string) (Node, error)
	// List yields the entries from number from on. The sequence ends after the
	// first error. The order is the same in every listing of the same state.
	List(ctx context.Context, from int64) iter.Seq2[Entry, error]
}

// File is a regular file.
type File interface {
	Node
	// Open returns a handle that must be closed.
	Open(ctx context.Context, opt OpenOptions) (Handle, error)
}

// Handle is an open file.
type Handle interface {
	// Stat describes the file as this handle shows it.
	Stat(ctx context.Context) (Stat, error)
	// ReadAt fills p from offset off, or as much as there is before the end
	// and then returns io.EOF. Any other error comes with 0 bytes.
	ReadAt(ctx context.Context, p []byte, off int64) (int, error)
	// Pages says, once per handle and before anything is read, whether bytes
	// may be kept by whoever reads them.
	Pages(ctx context.Context) Pages
	// Version is Stat.Version of the newest state that a read has seen; 0 if
	// the handle shows one state only.
	Version() uint64
	// Close ends the use of the handle.
	Close() error
}

// Writer is a Handle that was opened with OpenOptions.Write.
type Writer interface {
	// WriteAt takes all of p or, with an error, nothing that it can help. A
	// write across the end of the file is ErrPastEnd, bytes that the file cannot
	// have are fs.ErrInvalid.
	WriteAt(ctx context.Context, p []byte, off int64) error
	// Flush stores what was written to the array, through this handle or
	// others, and judges what was written in place of the file's header.
	Flush(ctx context.Context) error
}

// OpenOptions say how a file is opened.
type OpenOptions struct {
	// Write asks for a handle that can be written: a Writer.
	Write bool
	// Truncate makes all elements that the file shows the fill value. It goes
	// with Write.
	Truncate bool
	// Revalidate makes every read look at the store, whatever the mount's
	// bounds are (O_DIRECT).
	Revalidate bool
}

// Pages tells what a cache above the tree may do with the bytes of a handle.
type Pages uint8

const (
	// PagesNever: every read must come here.
	PagesNever Pages = iota
	// PagesDrop: what was kept so far may be wrong; bytes read from now on may
	// be kept until the next open.
	PagesDrop
	// PagesKeep: bytes stay right for as long as Stat.Version stays the same.
	PagesKeep
)

// ID identifies a node. Two nodes with equal numbers and different generations
// are different nodes, of which the older one is stale.
type ID struct {
	Ino uint64 // 63 bits, never 0 or 1
	Gen uint64
}

// Stat describes a node.
type Stat struct {
	Dir      bool
	Size     int64
	Perm     uint32 // permission bits
	Modified time.Time
	// Version changes whenever the meaning of the file's offsets may have.
	Version uint64
	// Volatile says that the stat must not be kept: no bound governs it.
	Volatile bool
	// Snapshot says that the stat is that of one text, which the next open
	// makes anew.
	Snapshot bool
}

// Entry is one name in a listing.
type Entry struct {
	Name string
	Dir  bool
	Ino  uint64
}

// Xattr is one extended attribute.
type Xattr struct {
	Name, Value string
}

// Config says what a tree shows. Source is required.
type Config struct {
	Source Source
	// Formats are extensions; listings of slices and chunks show the first one
	// that fits, raw when none does. Default: npy.
	Formats []string
	// Writable says that files are shown with write permission where the array
	// can be written.
	Writable                     bool
	RecheckData, RecheckMetadata drivers.Recheck
	// Spec is what config.json shows: JSON without secrets.
	Spec []byte
	// Mounted is the time of mounting; default: now.
	Mounted time.Time
	// Stats returns what stats.json and metrics show: a struct or map that
	// encodes as a JSON object. nil: an empty object.
	Stats func() any
	// Log receives what has no caller to go to; nil discards.
	Log *slog.Logger
}

// Tree is everything below one mount point.
type Tree struct {
	cfg    Config
	log    *slog.Logger
	arrays *arrays
	times  times
	root   Dir
}

// New returns the tree of what cfg.Source shows at its top.
func New(ctx context.Context, cfg Config) (*Tree, error) {
	if cfg.Mounted.IsZero() {
		cfg.Mounted = time.Now()
	}
	if len(cfg.Formats) == 0 {
		cfg.Formats = []string{"npy"}
	}
	t := &Tree{cfg: cfg, log: cfg.Log}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.arrays = newArrays(cfg.Source)
	if err := t.makeRoot(ctx); err != nil {
		t.arrays.close()
		return nil, err
	}
	return t, nil
}

func (t *Tree) makeRoot(ctx context.Context) error {
	bound := t.cfg.RecheckMetadata.Bound(t.cfg.Mounted, t.cfg.Mounted)
	top, err := t.node(ctx, "", bound)
	if err == nil {
		t.root = &rootDir{top, t}
	}
	return err
}

// Root returns the directory of the mount point.
func (t *Tree) Root() Dir { return t.root }

// Refresh drops what is cached at path and below it, and returns the paths of
// which that is: those of the arrays that path lies in, or path itself.
func (t *Tree) Refresh(path string) []string {
	t.cfg.Source.Refresh()
	return t.arrays.refresh(path)
}

// Drain stores what was written below the mount point, until ctx ends. It
// returns what could not be stored, one line each.
func (t *Tree) Drain(ctx context.Context) []string {
	var left []string
	for _, m := range t.arrays.touching("") {
		if m.err == nil {
			left = append(left, m.opened.Array.Drain(ctx)...)
		}
		t.arrays.put(m)
	}
	return left
}

// Close gives back the arrays. Handles that are still open keep theirs.
func (t *Tree) Close() { t.arrays.close() }
