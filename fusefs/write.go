package fusefs

import (
	"context"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

// flushLimit bounds fsync and close: as long as a store gets on, nobody gives up
// but who is killed.
const flushLimit = 24 * time.Hour

var (
	_ fs.FileWriter    = (*handle)(nil)
	_ fs.FileFlusher   = (*handle)(nil)
	_ fs.FileFsyncer   = (*handle)(nil)
	_ fs.FileAllocater = (*handle)(nil)
)

// Write takes data as a whole or, with an error, none of it.
func (h *handle) Write(ctx context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	s := h.node.s
	w, ok := h.file.(tree.Writer)
	if !ok {
		return 0, readOnly
	}
	r := s.begin(ctx, requestLimit)
	defer r.finish()
	err := w.WriteAt(r, data, off)
	s.aliases.wrote(h.node, s.worker) // also after an error: a part may have been taken
	if err != nil {
		return 0, s.fail("write", h.node.file.Path(), err)
	}
	s.counts.writes.Add(1)
	s.counts.writtenBytes.Add(int64(len(data)))
	return uint32(len(data)), 0
}

// Flush is called by every close of a file that can be written.
func (h *handle) Flush(ctx context.Context) syscall.Errno { return h.store(ctx, "close") }

// Fsync stores what was written; data and metadata are one.
func (h *handle) Fsync(ctx context.Context, _ uint32) syscall.Errno { return h.store(ctx, "fsync") }

func (h *handle) store(ctx context.Context, op string) syscall.Errno {
	w, ok := h.file.(tree.Writer)
	if !ok {
		return 0
	}
	s := h.node.s
	s.counts.flushes.Add(1)
	r := s.begin(ctx, flushLimit)
	defer r.finish()
	if err := w.Flush(r); err != nil {
		return s.fail(op, h.node.file.Path(), err)
	}
	return 0
}

// Allocate has nothing to do inside the file, whose elements all have their
// place.
func (h *handle) Allocate(ctx context.Context, off, size uint64, mode uint32) syscall.Errno {
	if mode != 0 {
		return notSupported
	}
	st, err := h.file.Stat(ctx)
	if err != nil {
		return h.node.s.fail("fallocate", h.node.file.Path(), err)
	}
	if off > uint64(st.Size) || size > uint64(st.Size)-off {
		return misfit(st.Size, st.Size+1)
	}
	return 0
}

// Setattr takes a size if it is the one that the file has; nothing else can
// change.
func (f *fileNode) Setattr(ctx context.Context, fh fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	size, ok := in.GetSize()
	const others = fuse.FATTR_MODE | fuse.FATTR_UID | fuse.FATTR_GID | fuse.FATTR_ATIME | fuse.FATTR_MTIME
	if !ok || in.Valid&others != 0 {
		return f.s.refuseAttribute()
	}
	r := f.s.begin(ctx, requestLimit)
	st, err := f.file.Stat(r)
	r.finish()
	switch {
	case err != nil:
		return gone(f.s.fail("truncate", f.file.Path(), err))
	case st.Perm&0o200 == 0:
		return readOnly
	case int64(size) != st.Size:
		return misfit(st.Size, int64(min(size, 1<<63-1)))
	}
	return f.Getattr(ctx, fh, out)
}

// aliases are the files of a writable mount of which the kernel may have pages:
// only mappings use any there. What one file writes may show in all others.
type aliases struct {
	mu    sync.Mutex // guards files
	files map[*fileNode]struct{}
}

// pageSize is the least that any kernel reads to fill its pages.
const pageSize = 4096

// reads notes a read that may fill pages: it asks for whole ones.
func (a *aliases) reads(f *fileNode, off int64, n int) {
	if off%pageSize != 0 || n%pageSize != 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.files == nil {
		a.files = map[*fileNode]struct{}{}
	}
	a.files[f] = struct{}{}
}

// wrote drops, soon, the pages of all files but the one that was written, where
// the kernel takes care itself.
func (a *aliases) wrote(f *fileNode, w *worker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for other := range a.files {
		if other != f {
			w.invalidate(other.EmbeddedInode())
			delete(a.files, other)
		}
	}
}

// OnForget is called when the kernel no longer knows the file.
func (f *fileNode) OnForget() {
	f.s.aliases.forget(f)
	f.base.OnForget()
}

func (a *aliases) forget(f *fileNode) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.files, f)
}
