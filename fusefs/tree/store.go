package tree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"

	"tsmount/kvstore"
)

// storeNode is a name below D/.store: a stored key, or a prefix of keys.
type storeNode struct {
	t     *Tree
	array string // path of the array below the mount point
	key   string // below the array's path; of a directory: "" or ending in "/"
	path  string // below the mount point
}

func (n *storeNode) Path() string { return n.path }

func (n *storeNode) Xattrs(ctx context.Context) ([]Xattr, error) {
	whole := place{t: n.t, array: n.array}
	return whole.xattrs(ctx, nil)
}

// with calls f with the store of the array's keys.
func (n *storeNode) with(ctx context.Context, f func(kvstore.Store) error) error {
	m, err := n.t.arrays.get(ctx, n.array, n.t.metadataBound(ctx, inside))
	if err != nil {
		return err
	}
	defer n.t.arrays.put(m)
	return f(m.opened.Store)
}

// stat asks the store for the size of a key.
func stat(ctx context.Context, s kvstore.Store, key string) (kvstore.ReadResult, error) {
	r, err := s.Read(ctx, key, kvstore.ReadOptions{StatOnly: true})
	if errors.Is(err, fs.ErrInvalid) {
		return kvstore.ReadResult{State: kvstore.Missing}, nil // no key can have this name
	}
	return r, err
}

// storeDir is a prefix of stored keys.
type storeDir struct{ storeNode }

var _ Dir = (*storeDir)(nil)

func (d *storeDir) ID() ID { return ID{Ino: dirIno(d.path)} }

func (d *storeDir) Stat(context.Context) (Stat, error) {
	return Stat{Dir: true, Perm: 0o555, Modified: d.t.cfg.Mounted}, nil
}

func (d *storeDir) child(name string) storeNode {
	return storeNode{d.t, d.array, d.key + name, join(d.path, name)}
}

func (d *storeDir) Lookup(ctx context.Context, name string) (node Node, err error) {
	child := d.child(name)
	err = d.with(ctx, func(s kvstore.Store) error {
		r, err := stat(ctx, s, child.key)
		if err != nil {
			return err
		}
		if r.State == kvstore.Present {
			node = &storeFile{child}
			return nil
		}
		child.key += "/"
		if there, err := hasKeys(ctx, s, child.key); err != nil || !there {
			return errors.Join(err, notFoundUnless(there, child.path))
		}
		node = &storeDir{child}
		return nil
	})
	return node, err
}

func notFoundUnless(there bool, path string) error {
	if there {
		return nil
	}
	return notExist(path)
}

// hasKeys reports whether any key begins with prefix. A store that cannot list
// may hold any: names below resolve.
func hasKeys(ctx context.Context, s kvstore.Store, prefix string) (bool, error) {
	for _, err := range s.List(ctx, kvstore.ListOptions{Prefix: prefix, Delimiter: true}) {
		if errors.Is(err, errors.ErrUnsupported) {
			return true, nil
		}
		if errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}

func (d *storeDir) List(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := d.with(ctx, func(s kvstore.Store) error {
			l := storeList{dir: d, skip: from, yield: yield}
			return l.run(ctx, s)
		})
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// storeList turns the keys of one level into entries.
type storeList struct {
	dir   *storeDir
	skip  int64
	yield func(Entry, error) bool
	files []string // listed keys that the current one begins with
}

func (l *storeList) run(ctx context.Context, s kvstore.Store) error {
	for e, err := range s.List(ctx, kvstore.ListOptions{Prefix: l.dir.key, Delimiter: true}) {
		if errors.Is(err, errors.ErrUnsupported) {
			return nil
		}
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(e.Key, l.dir.key)
		if !isName(name) || l.shadowed(e) {
			continue
		}
		if l.skip--; l.skip >= 0 {
			continue
		}
		if !l.yield(l.entry(name, e.Dir), nil) {
			return nil
		}
	}
	return nil
}

func (l *storeList) entry(name string, dir bool) Entry {
	if dir {
		return dirEntry(l.dir.path, name)
	}
	return fileEntry(l.dir.path, name)
}

// shadowed reports whether a directory has the name of a key, which only some
// stores allow: the key keeps the name. Keys come in ascending order, so that
// those that e begins with form a stack.
func (l *storeList) shadowed(e kvstore.Entry) bool {
	for len(l.files) > 0 && !strings.HasPrefix(e.Key, l.files[len(l.files)-1]) {
		l.files = l.files[:len(l.files)-1]
	}
	if !e.Dir {
		l.files = append(l.files, e.Key)
		return false
	}
	for _, f := range l.files {
		if f == e.Key {
			return true
		}
	}
	return false
}

// isName reports whether a key's part can be a name in a directory.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= 255 && !strings.ContainsAny(name, "/\x00")
}

// storeFile is a stored key, as it is.
type storeFile struct{ storeNode }

var _ File = (*storeFile)(nil)

func (f *storeFile) ID() ID { return ID{Ino: fileIno(f.path)} }

func (f *storeFile) Stat(ctx context.Context) (Stat, error) {
	h, err := f.open(ctx)
	if err != nil {
		return Stat{}, err
	}
	return h.stat, nil
}

func (f *storeFile) Open(ctx context.Context, opt OpenOptions) (Handle, error) {
	if opt.Write {
		return nil, notWritable(f)
	}
	h, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (f *storeFile) open(ctx context.Context) (h *storeHandle, err error) {
	err = f.with(ctx, func(s kvstore.Store) error {
		r, err := stat(ctx, s, f.key)
		if err == nil && r.State != kvstore.Present {
			err = notExist(f.path)
		}
		h = &storeHandle{file: f, store: s, generation: r.Stamp.Generation}
		h.stat = Stat{Size: r.Size, Perm: 0o444, Modified: modifiedOr(r.Modified, f.t.cfg.Mounted), Volatile: true}
		return err
	})
	return h, err
}

func modifiedOr(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// storeHandle reads the value that was stored when it was opened. When another
// one has taken its place, reads fail with ErrStale rather than mix the two.
type storeHandle struct {
	file       *storeFile
	store      kvstore.Store
	generation kvstore.Generation
	stat       Stat
}

var _ Handle = (*storeHandle)(nil)

func (h *storeHandle) Stat(context.Context) (Stat, error) { return h.stat, nil }

func (h *storeHandle) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	var end error
	if off >= h.stat.Size {
		return 0, io.EOF
	}
	if int64(len(p)) > h.stat.Size-off {
		p, end = p[:h.stat.Size-off], io.EOF
	}
	if len(p) == 0 {
		return 0, end
	}
	r, err := h.store.Read(ctx, h.file.key, kvstore.ReadOptions{
		Range: kvstore.Span(off, off+int64(len(p))), IfEqual: h.generation, Buffer: p})
	switch {
	case errors.Is(err, kvstore.ErrMismatch) || errors.Is(err, kvstore.ErrRange) || err == nil && r.State != kvstore.Present:
		return 0, fmt.Errorf("%s: %w", h.file.path, ErrStale)
	case err != nil:
		return 0, err
	case len(r.Value) != len(p):
		return 0, fmt.Errorf("%s: %w", h.file.path, io.ErrUnexpectedEOF)
	}
	copy(p, r.Value)
	return len(p), end
}

func (h *storeHandle) Pages(context.Context) Pages { return PagesNever }
func (h *storeHandle) Version() uint64             { return 0 }
func (h *storeHandle) Close() error                { return nil }
