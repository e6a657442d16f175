package tree

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"tsmount/kvstore"
)

// generated is a text of an array directory: a function of the view.
// open(2) takes a snapshot.
type generated struct {
	place
	name   string // below the place's directory
	render func(*view, *place) ([]byte, error)
}

var _ File = (*generated)(nil)

func (pl *place) generated(name string, render func(*view, *place) ([]byte, error)) *generated {
	return &generated{*pl, name, render}
}

func (d *generated) ID() ID       { return ID{Ino: fileIno(d.Path())} }
func (d *generated) Path() string { return join(d.canonical, d.name) }

func (d *generated) Xattrs(ctx context.Context) ([]Xattr, error) { return d.xattrs(ctx, nil) }

func (d *generated) snapshot(ctx context.Context, at moment) (*snapshot, error) {
	v, err := d.view(ctx, at)
	if err != nil {
		return nil, err
	}
	defer v.release()
	text, err := d.render(v, &d.place)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Path(), err)
	}
	return newSnapshot(text, d.t.modified(v), 0o444), nil
}

func (d *generated) Stat(ctx context.Context) (Stat, error) {
	s, err := d.snapshot(ctx, inside)
	if err != nil {
		return Stat{}, err
	}
	return s.stat, nil
}

func (d *generated) Open(ctx context.Context, opt OpenOptions) (Handle, error) {
	if opt.Write {
		return nil, notWritable(d)
	}
	s, err := d.snapshot(ctx, opt.moment())
	if err != nil {
		return nil, err
	}
	return s, nil
}

// notWritable is the error of opening a file for writing that never can be.
func notWritable(n Node) error {
	return fmt.Errorf("open %s for writing: %w", n.Path(), kvstore.ErrReadOnly)
}

// snapshot is an open file whose content is in memory.
type snapshot struct {
	stat Stat
	r    *bytes.Reader
}

var _ Handle = (*snapshot)(nil)

func newSnapshot(text []byte, modified time.Time, perm uint32) *snapshot {
	return &snapshot{Stat{Size: int64(len(text)), Perm: perm, Modified: modified}, bytes.NewReader(text)}
}

func (s *snapshot) Stat(context.Context) (Stat, error) { return s.stat, nil }

func (s *snapshot) ReadAt(_ context.Context, p []byte, off int64) (int, error) {
	n, err := s.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		return 0, err
	}
	return n, err
}

func (s *snapshot) Pages(context.Context) Pages { return PagesNever }
func (s *snapshot) Version() uint64             { return 0 }
func (s *snapshot) Close() error                { return nil }
