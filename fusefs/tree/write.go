package tree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
)

// writeHandle is an arrayHandle that was opened for writing.
type writeHandle struct {
	*arrayHandle
	unflushed atomic.Bool // something was written since the last flush

	mu      sync.Mutex // guards following
	header  stagedHeader
	written *ranges // since the file was truncated; nil: it was not
}

var (
	_ Handle = (*writeHandle)(nil)
	_ Writer = (*writeHandle)(nil)
)

// truncate makes what the handle shows the fill value.
func (h *writeHandle) truncate(ctx context.Context, r *reader) error {
	h.written = new(ranges)
	h.unflushed.Store(true)
	return r.window.Erase(ctx)
}

// WriteAt implements Writer.
func (h *writeHandle) WriteAt(ctx context.Context, p []byte, off int64) error {
	metadata, _ := h.bounds(ctx)
	r, err := h.enter(ctx, metadata)
	if err != nil {
		return err
	}
	defer h.leave(r)
	l := &r.layout
	switch {
	case off < 0:
		return fmt.Errorf("offset %d: %w", off, fs.ErrInvalid)
	case off > l.Size-int64(len(p)):
		return fmt.Errorf("%d bytes at %d of %d: %w", len(p), off, l.Size, ErrPastEnd)
	}
	head := int64(len(l.Header))
	lo, hi := max(off, head), min(off+int64(len(p)), head+l.Payload)
	var payload []byte
	if lo < hi {
		payload = p[lo-off : hi-off]
	}
	if err := r.dtype.Check(payload); err != nil {
		return fmt.Errorf("offset %d: %w: %w", lo, fs.ErrInvalid, err)
	}
	if err := checkTrailer(p, off, l.Trailer, head+l.Payload); err != nil {
		return err
	}
	if off < head {
		if err := h.writeHeader(r, p[:min(int64(len(p)), head-off)], off); err != nil {
			return err
		}
	}
	if payload == nil {
		return nil
	}
	h.unflushed.Store(true) // also if only a part is taken
	if err := r.window.WriteAt(ctx, lo-head, payload); err != nil {
		return err
	}
	h.note(lo-head, hi-head)
	return nil
}

// Close has stored what came after the last flush: from a mapping that has
// outlived its file descriptor, for example.
func (h *writeHandle) Close() error {
	h.arrayHandle.mu.Lock()
	r := h.now
	h.arrayHandle.mu.Unlock()
	if r != nil && h.unflushed.Load() {
		r.window.StoreSoon()
	}
	return h.arrayHandle.Close()
}

// checkTrailer accepts only bytes equal to the trailer's, which begins at begin.
func checkTrailer(p []byte, off int64, trailer []byte, begin int64) error {
	lo := max(off, begin)
	hi := min(off+int64(len(p)), begin+int64(len(trailer)))
	if lo < hi && !bytes.Equal(p[lo-off:hi-off], trailer[lo-begin:hi-begin]) {
		return fmt.Errorf("offset %d: the trailer of the file cannot change: %w", lo, fs.ErrInvalid)
	}
	return nil
}

// writeHeader takes bytes of the header. They are judged when the header is
// complete.
func (h *writeHandle) writeHeader(r *reader, p []byte, off int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.header.write(&r.layout, p, off)
}

// note remembers what was written since the file was truncated.
func (h *writeHandle) note(lo, hi int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.written != nil {
		h.written.add(lo, hi)
	}
}

// Flush implements Writer.
func (h *writeHandle) Flush(ctx context.Context) error {
	h.arrayHandle.mu.Lock()
	r := h.now
	if r == nil {
		h.arrayHandle.mu.Unlock()
		return nil
	}
	r.users++
	h.arrayHandle.mu.Unlock()
	defer h.leave(r)
	h.unflushed.Store(false)
	err := r.window.Flush(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if bad := h.header.judge(&r.layout); bad != nil {
		return errors.Join(bad, err)
	}
	if err == nil && h.written != nil {
		if missing := r.layout.Payload - h.written.total(); missing > 0 && r.nonzero && !h.written.lost {
			h.logGaps(missing)
		}
		h.written = nil
	}
	return err
}
