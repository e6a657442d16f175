package tree

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tsmount/arrayview/format"
	"tsmount/cache"
)

// arrayFile is a view of an array in a file format.
type arrayFile struct {
	t      *Tree
	array  string // path of the array below the mount point
	parts  []part // what the file shows of it
	path   string // canonical
	gen    uint64 // of the array in which the file was found
	format format.Format

	remember sync.Once
	// origins remembers what the bytes that are kept of the file came from; nil
	// where they are kept for good or not at all. Set by remember.
	origins *cache.Origins
}

var _ File = (*arrayFile)(nil)

func (f *arrayFile) ID() ID       { return ID{Ino: fileIno(f.path), Gen: f.gen} }
func (f *arrayFile) Path() string { return f.path }

// view returns the array and what the file shows of it now.
func (f *arrayFile) view(ctx context.Context, at moment) (*view, error) {
	m, st, err := f.t.array(ctx, f.array, at)
	if err != nil {
		return nil, err
	}
	v, err := f.viewOf(m, st)
	if err != nil {
		f.t.arrays.put(m)
		return nil, err
	}
	return v, nil
}

func (f *arrayFile) viewOf(m *member, st *cache.State) (*view, error) {
	if m.gen != f.gen {
		return nil, fmt.Errorf("%s: %w", f.path, ErrStale)
	}
	return newView(m, st).narrow(f.parts)
}

func (f *arrayFile) Stat(ctx context.Context) (Stat, error) {
	v, err := f.view(ctx, inside)
	if err != nil {
		return Stat{}, err
	}
	defer v.release()
	l, err := v.layout(f.format)
	if err != nil {
		return Stat{}, f.unfit(err)
	}
	return f.stat(v, &l), nil
}

// unfit is the error of a file that existed and no longer fits its format.
func (f *arrayFile) unfit(err error) error { return fmt.Errorf("%s: %w: %w", f.path, ErrStale, err) }

func (f *arrayFile) stat(v *view, l *format.Layout) Stat {
	return Stat{Size: l.Size, Perm: f.t.perm(v), Modified: f.t.modified(v), Version: v.st.Version}
}

func (f *arrayFile) Xattrs(ctx context.Context) ([]Xattr, error) {
	v, err := f.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	return xattrs(v), nil
}

func (f *arrayFile) Open(ctx context.Context, opt OpenOptions) (Handle, error) {
	opened := began(ctx)
	v, err := f.view(ctx, opt.moment())
	if err != nil {
		return nil, err
	}
	if opt.Write {
		return f.openWriter(ctx, opt, v, opened)
	}
	if remembers(&f.t.cfg, opened) {
		f.remember.Do(func() { f.origins = v.m.opened.Array.NewOrigins() })
	}
	return f.openReader(opt, v, opened)
}

// openReader returns a handle of a view, which becomes the handle's.
func (f *arrayFile) openReader(opt OpenOptions, v *view, opened time.Time) (*arrayHandle, error) {
	h := &arrayHandle{file: f, m: v.m, opened: opened, revalidate: opt.Revalidate}
	var err error
	if h.now, err = newReader(f, v); err != nil {
		v.release()
		return nil, err
	}
	return h, nil
}
