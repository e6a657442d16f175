package file

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
)

// List implements kvstore.Store. It reads one directory at a time, whole and
// closed again before the first entry of it is yielded; sizes are not looked up.
//
// With Delimiter a directory is an Entry even if it is empty, and so is a link
// to one. Without it links to directories are not followed: they may lead in
// circles.
func (s *Store) List(ctx context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		dir, _ := split(opt.Prefix)
		if strings.HasPrefix(opt.Prefix, "/") {
			dir = "/"
		}
		if dir != "" {
			if err := checkKey(dir); err != nil {
				yield(kvstore.Entry{}, err)
				return
			}
		}
		w := &walk{s: s, ctx: ctx, opt: opt, yield: yield}
		if err := w.dir(dir); err != nil && err != errStopped {
			yield(kvstore.Entry{}, s.fail("list", opt.Prefix, err))
		}
	}
}

// walk is one listing.
type walk struct {
	s     *Store
	ctx   context.Context
	opt   kvstore.ListOptions
	yield func(kvstore.Entry, error) bool
}

// dir lists the directory of key dir, in order: a directory's name sorts as if
// it ended in "/", which is how the keys in it go on.
func (w *walk) dir(dir string) error {
	names, err := w.s.readDir(w.ctx, dir, func(n dirent) bool { return w.wants(join(dir, n.sortKey())) })
	if err != nil {
		return err
	}
	slices.SortFunc(names, func(a, b dirent) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	for _, n := range names {
		if err := w.entry(join(dir, n.name), n); err != nil {
			return err
		}
	}
	return nil
}

// wants reports whether key, or a key that begins with it if it ends in "/", may
// be selected.
func (w *walk) wants(key string) bool {
	if !strings.HasPrefix(key, w.opt.Prefix) {
		return false
	}
	return key > w.opt.After || strings.HasSuffix(key, "/") && strings.HasPrefix(w.opt.After, key)
}

func (w *walk) entry(key string, n dirent) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	switch {
	case !n.dir:
		return w.emit(kvstore.Entry{Key: key, Size: -1})
	case !w.opt.Delimiter && n.link:
		return nil
	case !w.opt.Delimiter:
		return w.dir(key)
	case strings.HasPrefix(w.opt.After, key+"/") && !w.hasMore(key):
		return nil
	}
	return w.emit(kvstore.Entry{Key: key, Dir: true, Size: -1})
}

// hasMore reports whether keys behind After are in the directory of key dir.
func (w *walk) hasMore(dir string) bool {
	for range w.s.List(w.ctx, kvstore.ListOptions{Prefix: dir + "/", After: w.opt.After}) {
		return true
	}
	return false
}

// errStopped: the consumer wants no more entries.
var errStopped = errors.New("stopped")

func (w *walk) emit(e kvstore.Entry) error {
	if !w.yield(e, nil) {
		return errStopped
	}
	return nil
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// dirent is one name in a directory.
type dirent struct {
	name      string
	dir, link bool
}

func (d dirent) sortKey() string {
	if d.dir {
		return d.name + "/"
	}
	return d.name
}

// readDir returns the names in the directory of key dir that keep wants. A
// directory that is not there has none.
func (s *Store) readDir(ctx context.Context, dir string, keep func(dirent) bool) ([]dirent, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.end()
	fd, err := s.open(dir, dirFlags)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []dirent
	buf := make([]byte, 32<<10)
	for {
		n := 0
		err := again(func() (err error) {
			n, err = unix.Getdents(fd, buf)
			return err
		})
		if err == unix.ENOENT || err == nil && n == 0 {
			return names, nil // ENOENT: the directory has been removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		if names, err = s.appendNames(names, buf[:n], fd, dir, keep); err != nil {
			return nil, err
		}
	}
}

// appendNames decodes what getdents64 returned: records of inode (8 bytes),
// offset (8), record length (2), type (1) and the name, which ends with NUL.
func (s *Store) appendNames(names []dirent, buf []byte, fd int, dir string, keep func(dirent) bool) ([]dirent, error) {
	const header = 19
	for len(buf) > header {
		size := int(binary.NativeEndian.Uint16(buf[16:]))
		name, _, _ := strings.Cut(string(buf[header:size]), "\x00")
		kind := buf[18]
		buf = buf[size:]
		if name == "." || name == ".." || strings.HasSuffix(name, lockSuffix) {
			continue
		}
		d := dirent{name: name, dir: kind == unix.DT_DIR}
		if kind == unix.DT_UNKNOWN || kind == unix.DT_LNK {
			exists, err := s.resolve(&d, fd, dir)
			if err != nil {
				return nil, err
			}
			if !exists {
				continue
			}
		}
		if keep(d) {
			names = append(names, d)
		}
	}
	return names, nil
}

// resolve finds out what a name is that the directory does not tell, or that is
// a link. One that cannot be followed counts as a file: to read it is an error,
// and to leave it out would hide that.
func (s *Store) resolve(d *dirent, fd int, dir string) (exists bool, err error) {
	in, err := lstatAt(fd, d.name)
	if err == unix.ENOENT {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if d.link = in.isKind(unix.S_IFLNK); d.link {
		if in, err = s.stat(join(dir, d.name)); err != nil {
			return !missing(err), nil
		}
	}
	d.dir = in.isKind(unix.S_IFDIR)
	return true, nil
}
