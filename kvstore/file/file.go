package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
	"tsmount/resources"
)

// Options are what a store takes from the context. The zero value syncs nothing,
// locks as the mode "os" does and sets no limit.
type Options struct {
	// IO limits how many operations run at a time; nil is no limit.
	IO *resources.Limiter
	// Sync makes every write durable before it returns.
	Sync bool
	// Locking is how other writers are kept out.
	Locking resources.FileLocking
}

// Store is a kvstore.Store over a directory. Use New.
type Store struct {
	dir      string // absolute and ending in "/"; links in it are followed each time
	identity string
	opt      Options
	oneStep  bool        // openat2 works
	linked   atomic.Bool // a link was met, so that opening in one step is not tried
	writers  queue
	home     home
}

var (
	_ kvstore.Store       = (*Store)(nil)
	_ kvstore.Writability = (*Store)(nil)
	_ kvstore.Glancer     = (*Store)(nil)
)

// New returns the store rooted at dir, which need not exist: it is then empty,
// and made by the first write. A relative dir is relative to the working
// directory of now.
func New(dir string, opt Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if opt.Locking.Mode == "" {
		opt.Locking.Mode = resources.LockOS
	}
	identity := fmt.Sprintf("file sync=%t lock=%s %s", opt.Sync, opt.Locking.Mode, kvstore.DirPath(canonical(abs)))
	return &Store{dir: kvstore.DirPath(abs), identity: identity, opt: opt, oneStep: haveOpenat2()}, nil
}

// canonical resolves the links in path as far as it exists.
func canonical(path string) string {
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, rest)
		}
		parent := filepath.Dir(path)
		if parent == path {
			return filepath.Join(path, rest)
		}
		rest = filepath.Join(filepath.Base(path), rest)
		path = parent
	}
}

// Identity implements kvstore.Store. How values are made durable and locked is
// part of it: who asks for a sync must not be served by a store without.
func (s *Store) Identity() string { return s.identity }

// Location implements kvstore.Store.
func (s *Store) Location(key string) string { return s.dir + key }

// Writable implements kvstore.Writability: a root on a file system that is
// mounted read-only cannot be written. Permissions are not looked at: they may
// differ from one directory to the next.
func (s *Store) Writable() error {
	var st unix.Statfs_t
	for dir := s.dir; ; dir = filepath.Dir(strings.TrimSuffix(dir, "/")) {
		err := again(func() error { return unix.Statfs(dir, &st) })
		if err == nil || !missing(err) || dir == "/" {
			break
		}
	}
	if st.Flags&unix.ST_RDONLY != 0 {
		return fmt.Errorf("%s: %w: the file system is mounted read-only", s.dir, kvstore.ErrReadOnly)
	}
	return nil
}

// begin takes the token for one operation.
func (s *Store) begin(ctx context.Context) error {
	if s.opt.IO == nil {
		return ctx.Err()
	}
	return s.opt.IO.Acquire(ctx)
}

// end gives the token back.
func (s *Store) end() { s.opt.IO.Release() }

// fail wraps the error of an operation on key, once.
func (s *Store) fail(op, key string, err error) error {
	var bad error
	switch {
	case errors.Is(err, unix.EXDEV):
		bad = fmt.Errorf("%w: a symbolic link leads out of the store", fs.ErrPermission)
	case errors.Is(err, unix.EROFS):
		bad = fmt.Errorf("%w: %w", kvstore.ErrReadOnly, err)
	case errors.Is(err, unix.ESTALE):
		bad = fmt.Errorf("%w: %w", kvstore.ErrTemporary, err)
	default:
		bad = err
	}
	return fmt.Errorf("%s %s: %w", op, s.Location(key), bad)
}

// missing reports whether err means that there is nothing under that name.
func missing(err error) bool {
	return err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ENAMETOOLONG
}

// again calls f until no signal has interrupted it.
func again(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
