package tree

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"tsmount/arrayview"
	"tsmount/arrayview/format"
	"tsmount/cache"
)

// arrayHandle is an open arrayFile. It keeps the array open, and through its
// reader's window the chunks that its positions are in.
type arrayHandle struct {
	file       *arrayFile
	m          *member
	opened     time.Time
	revalidate bool

	mu  sync.Mutex // guards now and the users of readers
	now *reader    // of the newest state that a read has seen
}

var _ Handle = (*arrayHandle)(nil)

// reader reads the file as it is in one state of the array.
type reader struct {
	version uint64
	stat    Stat
	layout  format.Layout
	dtype   arrayview.DType
	nonzero bool // the fill value is not zero
	window  *cache.Window
	origins *cache.Origins // nil: nobody keeps bytes that must be checked
	users   int            // reads under way, and one for being arrayHandle.now
}

// newReader returns the reader of a view; it does not keep the view's array.
func newReader(f *arrayFile, v *view) (*reader, error) {
	l, err := v.layout(f.format)
	if err != nil {
		return nil, f.unfit(err)
	}
	w, err := v.m.opened.Array.Window(v.st, cache.View{Transform: v.t, Order: l.Order, BigEndian: l.BigEndian})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	s := v.st.Schema
	return &reader{
		version: v.st.Version, stat: f.stat(v, &l), layout: l, window: w, origins: f.origins, users: 1,
		dtype: s.DType, nonzero: len(bytes.Trim(s.Fill, "\x00")) > 0,
	}, nil
}

// enter returns a reader for the array as it is at bound or later, to be left
// with leave. If the shape grew, the file has grown.
func (h *arrayHandle) enter(ctx context.Context, bound time.Time) (*reader, error) {
	st, err := h.m.state(ctx, bound)
	if err != nil {
		return nil, err
	}
	if r := h.current(st.Version); r != nil {
		return r, nil
	}
	v, err := h.file.viewOf(h.m, st)
	if absent(err) { // the array has shrunk, and this part of it is gone
		return nil, h.file.unfit(err)
	}
	if err != nil {
		return nil, err
	}
	r, err := newReader(h.file, v)
	if err != nil {
		return nil, err
	}
	h.replace(r)
	return r, nil
}

// current returns the handle's reader if it is of the given version.
func (h *arrayHandle) current(version uint64) *reader {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil || h.now.version != version {
		return nil
	}
	h.now.users++
	return h.now
}

// replace makes r the handle's reader and enters it.
func (h *arrayHandle) replace(r *reader) {
	h.mu.Lock()
	old := h.now
	if old != nil {
		r.window.Continue(old.window)
	}
	h.now = r
	r.users++
	h.mu.Unlock()
	h.leave(old)
}

// leave ends one use of r; the last one closes its window.
func (h *arrayHandle) leave(r *reader) {
	if r == nil {
		return
	}
	h.mu.Lock()
	r.users--
	last := r.users == 0
	h.mu.Unlock()
	if last {
		r.window.Close()
	}
}

// bounds returns the oldest metadata and data that a read which begins now may
// use.
func (h *arrayHandle) bounds(ctx context.Context) (metadata, data time.Time) {
	now := began(ctx)
	if h.revalidate {
		return now, now
	}
	cfg := &h.file.t.cfg
	return cfg.RecheckMetadata.Bound(h.opened, now), cfg.RecheckData.Bound(h.opened, now)
}

func (h *arrayHandle) Stat(ctx context.Context) (Stat, error) {
	r, err := h.enter(ctx, h.file.t.metadataBound(ctx, inside))
	if err != nil {
		return Stat{}, err
	}
	defer h.leave(r)
	return r.stat, nil
}

func (h *arrayHandle) ReadAt(ctx context.Context, p []byte, off int64) (int, error) {
	metadata, data := h.bounds(ctx)
	r, err := h.enter(ctx, metadata)
	if err != nil {
		return 0, err
	}
	defer h.leave(r)
	return r.readAt(ctx, data, p, off)
}

// readAt copies what lies in the header and the trailer and reads the elements
// in between.
func (r *reader) readAt(ctx context.Context, bound time.Time, p []byte, off int64) (int, error) {
	l := &r.layout
	if off < 0 {
		return 0, fmt.Errorf("negative offset %d", off)
	}
	var end error
	if off >= l.Size {
		return 0, io.EOF
	}
	if int64(len(p)) > l.Size-off {
		p, end = p[:l.Size-off], io.EOF
	}
	head := int64(len(l.Header))
	copyAt(p, off, l.Header, 0)
	copyAt(p, off, l.Trailer, head+l.Payload)
	lo, hi := max(off, head), min(off+int64(len(p)), head+l.Payload)
	if lo < hi {
		if err := r.payload(ctx, bound, p[lo-off:hi-off], lo-head); err != nil {
			return 0, err
		}
	}
	return len(p), end
}

// copyAt copies into p, which is the file from off on, what it has of text,
// which begins at begin.
func copyAt(p []byte, off int64, text []byte, begin int64) {
	lo, hi := max(off, begin), min(off+int64(len(p)), begin+int64(len(text)))
	if lo < hi {
		copy(p[lo-off:hi-off], text[lo-begin:])
	}
}

// smallRead is the size up to which a read that cuts elements goes through
// scratch memory as a whole.
const smallRead = 32 << 10

var scratch = sync.Pool{New: func() any { return new([smallRead + 64]byte) }}

// payload fills p with the bytes of the payload from off on. The window reads
// whole elements, so that those cut by either end go through scratch memory.
func (r *reader) payload(ctx context.Context, bound time.Time, p []byte, off int64) error {
	e := int64(r.layout.ElemSize)
	skip, tail := off%e, (off+int64(len(p)))%e
	if skip == 0 && tail == 0 {
		return r.elements(ctx, bound, off/e, p)
	}
	if len(p) <= smallRead {
		return r.cut(ctx, bound, p, off)
	}
	if skip != 0 {
		if err := r.cut(ctx, bound, p[:e-skip], off); err != nil {
			return err
		}
		p, off = p[e-skip:], off+e-skip
	}
	if tail != 0 {
		if err := r.cut(ctx, bound, p[int64(len(p))-tail:], off+int64(len(p))-tail); err != nil {
			return err
		}
		p = p[:int64(len(p))-tail]
	}
	return r.elements(ctx, bound, off/e, p)
}

// elements fills p with whole elements, all or an error: what is right before
// an error cannot be told to a page cache, which would take it for the end.
func (r *reader) elements(ctx context.Context, bound time.Time, first int64, p []byte) error {
	_, err := r.window.ReadAt(ctx, bound, first, p, r.origins)
	return err
}

// cut reads a short range that may begin and end inside elements.
func (r *reader) cut(ctx context.Context, bound time.Time, p []byte, off int64) error {
	e := int64(r.layout.ElemSize)
	first := off / e
	n := ((off+int64(len(p))+e-1)/e - first) * e
	buf := scratch.Get().(*[smallRead + 64]byte)
	defer scratch.Put(buf)
	if err := r.elements(ctx, bound, first, buf[:n]); err != nil {
		return err
	}
	copy(p, buf[off-first*e:])
	return nil
}

// Version implements Handle.
func (h *arrayHandle) Version() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		return 0
	}
	return h.now.version
}

func (h *arrayHandle) Close() error {
	h.mu.Lock()
	r := h.now
	h.now = nil
	h.mu.Unlock()
	h.leave(r)
	h.m.table.put(h.m)
	return nil
}
