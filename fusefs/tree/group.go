package tree

import (
	"context"
	"errors"
	"iter"
	"time"

	"tsmount/drivers"
)

// node returns the directory at path: an array or a group.
func (t *Tree) node(ctx context.Context, path string, bound time.Time) (Dir, error) {
	found, err := t.cfg.Source.Look(ctx, path, bound)
	if absent(err) || found.Group != nil {
		t.lookAgain(ctx, path, bound)
	}
	if err != nil {
		return nil, err
	}
	if found.Group != nil {
		return &groupDir{t, path}, nil
	}
	m, _, err := t.arrayOnce(ctx, path, bound)
	if err != nil {
		if errors.Is(err, drivers.ErrNoArray) && path != "" {
			return nil, notExist(path)
		}
		return nil, err
	}
	t.arrays.put(m)
	return &arrayDir{place{t: t, array: path, path: path, canonical: path}}, nil
}

// groupDir is a directory of arrays and groups.
type groupDir struct {
	t    *Tree
	path string
}

var _ Dir = (*groupDir)(nil)

// ID tells a group apart from an array that has its path before or after it.
func (d *groupDir) ID() ID       { return ID{Ino: dirIno(d.path), Gen: 1} }
func (d *groupDir) Path() string { return d.path }

func (d *groupDir) Xattrs(context.Context) ([]Xattr, error) { return nil, nil }

func (d *groupDir) group(ctx context.Context, at moment) (*Group, error) {
	found, err := d.t.cfg.Source.Look(ctx, d.path, d.t.metadataBound(ctx, at))
	if err != nil {
		return nil, err
	}
	if found.Group == nil {
		return nil, notExist(d.path)
	}
	return found.Group, nil
}

func (d *groupDir) Stat(ctx context.Context) (Stat, error) {
	g, err := d.group(ctx, inside)
	if err != nil {
		return Stat{}, err
	}
	return Stat{Dir: true, Perm: 0o555, Modified: d.t.modifiedAt(d.path, g.Modified)}, nil
}

// Lookup finds members first: generated names never shadow real ones.
func (d *groupDir) Lookup(ctx context.Context, name string) (Node, error) {
	n, err := d.t.node(ctx, join(d.path, name), d.t.metadataBound(ctx, begins))
	if err == nil {
		return n, nil
	}
	if name == attributesName && absent(err) {
		return &groupAttributes{d}, nil
	}
	return nil, err
}

func (d *groupDir) List(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		g, err := d.group(ctx, begins)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		if from <= 0 && !yield(fileEntry(d.path, attributesName), nil) {
			return
		}
		n := int64(0)
		for name, err := range g.Members(ctx) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if name == attributesName {
				continue // reached by name; two entries cannot share one
			}
			if n++; n >= from && !yield(dirEntry(d.path, name), nil) {
				return
			}
		}
	}
}

// attributesName is the one generated name in groups.
const attributesName = "attributes.json"

// groupAttributes is the attributes.json of a group.
type groupAttributes struct{ dir *groupDir }

var _ File = (*groupAttributes)(nil)

func (f *groupAttributes) ID() ID       { return ID{Ino: fileIno(f.Path())} }
func (f *groupAttributes) Path() string { return join(f.dir.path, attributesName) }

func (f *groupAttributes) Xattrs(context.Context) ([]Xattr, error) { return nil, nil }

func (f *groupAttributes) snapshot(ctx context.Context, at moment) (*snapshot, error) {
	g, err := f.dir.group(ctx, at)
	if err != nil {
		return nil, err
	}
	return newSnapshot(attributesText(g.Attributes), f.dir.t.modifiedAt(f.dir.path, g.Modified), 0o444), nil
}

func (f *groupAttributes) Stat(ctx context.Context) (Stat, error) {
	s, err := f.snapshot(ctx, inside)
	if err != nil {
		return Stat{}, err
	}
	return s.stat, nil
}

func (f *groupAttributes) Open(ctx context.Context, opt OpenOptions) (Handle, error) {
	if opt.Write {
		return nil, notWritable(f)
	}
	s, err := f.snapshot(ctx, opt.moment())
	if err != nil {
		return nil, err
	}
	return s, nil
}
