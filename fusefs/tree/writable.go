package tree

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tsmount/kvstore"
)

// writable returns why the elements of a view cannot be written, or nil. The
// error wraps kvstore.ErrReadOnly.
func (t *Tree) writable(v *view) error {
	if !t.cfg.Writable {
		return fmt.Errorf("the mount is not writable: %w", kvstore.ErrReadOnly)
	}
	if err := v.st.Schema.WriteRefusal; err != nil {
		return fmt.Errorf("%w: %v", kvstore.ErrReadOnly, err)
	}
	return kvstore.Writable(v.m.opened.Array.Store())
}

// perm returns the permission bits of the files of a view.
func (t *Tree) perm(v *view) uint32 {
	if t.writable(v) == nil {
		return 0o644
	}
	return 0o444
}

// openWriter returns a handle of a view that can be written; the view becomes
// the handle's.
func (f *arrayFile) openWriter(ctx context.Context, opt OpenOptions, v *view, opened time.Time) (Handle, error) {
	if err := f.t.writable(v); err != nil {
		v.release()
		return nil, fmt.Errorf("open %s for writing: %w", f.path, err)
	}
	h, err := f.openReader(opt, v, opened)
	if err != nil {
		return nil, err
	}
	w := &writeHandle{arrayHandle: h}
	if opt.Truncate {
		if err := w.truncate(ctx, h.now); err != nil {
			_ = w.Close() // what was erased until then is stored all the same
			return nil, fmt.Errorf("open %s with truncation: %w", f.path, err)
		}
	}
	return w, nil
}

// logGaps warns when a file was truncated and only partly written anew where
// fill is not zero: programs that copy holes by skipping them expect zeros.
func (h *writeHandle) logGaps(missing int64) {
	h.file.t.log.Warn("the file was truncated and not written as a whole: the rest is the fill value, which is not zero",
		slog.String("path", h.file.path), slog.Int64("bytes", missing))
}
