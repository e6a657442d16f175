package tree

import (
	"context"
	"iter"
	"strings"

	"tsmount/arrayview/format"
)

// arrayDir is the directory D of an array or a cutout of one.
type arrayDir struct{ place }

var _ Dir = (*arrayDir)(nil)

func (d *arrayDir) ID() ID       { return ID{Ino: dirIno(d.path)} }
func (d *arrayDir) Path() string { return d.path }

func (d *arrayDir) Stat(ctx context.Context) (Stat, error) { return d.statDir(ctx) }

func (d *arrayDir) Xattrs(ctx context.Context) ([]Xattr, error) { return d.xattrs(ctx, nil) }

// statDir describes a directory of the array.
func (pl *place) statDir(ctx context.Context) (Stat, error) {
	v, err := pl.view(ctx, inside)
	if err != nil {
		return Stat{}, err
	}
	defer v.release()
	return Stat{Dir: true, Perm: 0o555, Modified: pl.t.modified(v)}, nil
}

func (d *arrayDir) Lookup(ctx context.Context, name string) (Node, error) {
	switch name {
	case "slices":
		return &slicesDir{d.place}, nil
	case "at":
		return &atDir{d.place}, nil
	case "chunks":
		return d.lookupChunks(ctx)
	case "info.json":
		return d.generated(name, renderInfo), nil
	case "attributes.json":
		return d.generated(name, renderAttributes), nil
	case ".store":
		return d.lookupStore(ctx)
	}
	if ext, ok := strings.CutPrefix(name, "array."); ok {
		if f := formatOf(ext); f != nil {
			return d.lookupFile(ctx, nil, name, f)
		}
	}
	return nil, notExist(name)
}

// lookupFile returns the file of a part of the place (nil: all of it) that
// stands under the canonical name.
func (pl *place) lookupFile(ctx context.Context, p part, canonical string, f format.Format) (Node, error) {
	v, err := pl.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	return pl.file(v, p, canonical, f)
}

// file is lookupFile in a view of the place.
func (pl *place) file(v *view, p part, canonical string, f format.Format) (Node, error) {
	parts := pl.parts
	if p != nil {
		parts = append(parts[:len(parts):len(parts)], p)
		var err error
		if v, err = v.narrow([]part{p}); err != nil {
			return nil, err
		}
	}
	if !fits(v, f) {
		return nil, notExist(canonical)
	}
	return &arrayFile{t: pl.t, array: pl.array, parts: parts, path: join(pl.canonical, canonical), gen: v.m.gen, format: f}, nil
}

func (d *arrayDir) lookupChunks(ctx context.Context) (Node, error) {
	v, err := d.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	if len(d.parts) > 0 || newGrid(v) == nil {
		return nil, notExist("chunks")
	}
	return &chunksDir{d.place}, nil
}

func (d *arrayDir) lookupStore(ctx context.Context) (Node, error) {
	if len(d.parts) > 0 {
		return nil, notExist(".store")
	}
	v, err := d.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	return &storeDir{storeNode{t: d.t, array: d.array, path: join(d.path, ".store")}}, nil
}

func (d *arrayDir) List(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		v, err := d.view(ctx, begins)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		entries := d.entries(v)
		v.release()
		listFixed(entries, from)(yield)
	}
}

// entries returns the names in the directory. Their number is that of the
// formats and a few.
func (d *arrayDir) entries(v *view) []Entry {
	var list []Entry
	for _, f := range format.Formats() {
		if fits(v, f) {
			list = append(list, fileEntry(d.canonical, "array."+f.Ext()))
		}
	}
	list = append(list, dirEntry(d.path, "slices"))
	if len(d.parts) == 0 && newGrid(v) != nil {
		list = append(list, dirEntry(d.path, "chunks"))
	}
	return append(list, dirEntry(d.path, "at"),
		fileEntry(d.canonical, "info.json"), fileEntry(d.canonical, "attributes.json"))
}

func dirEntry(path, name string) Entry {
	return Entry{Name: name, Dir: true, Ino: dirIno(join(path, name))}
}

func fileEntry(canonical, name string) Entry {
	return Entry{Name: name, Ino: fileIno(join(canonical, name))}
}

// listFixed yields a list that exists.
func listFixed(list []Entry, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i := max(0, from); i < int64(len(list)); i++ {
			if !yield(list[i], nil) {
				return
			}
		}
	}
}
