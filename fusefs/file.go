package fusefs

import (
	"context"
	"io"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

// fileNode is a file.
type fileNode struct {
	base
	file  tree.File
	pages pages
}

var (
	_ fs.NodeGetattrer = (*fileNode)(nil)
	_ fs.NodeSetattrer = (*fileNode)(nil)
	_ fs.NodeOpener    = (*fileNode)(nil)
)

// Getattr answers from an open handle where that is a text that every open makes
// anew. The kernel does not say which handle it means, nor whether any: all other
// files have one size and one time, those that their name tells.
func (f *fileNode) Getattr(ctx context.Context, fh fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	if h, ok := fh.(*handle); ok && h.snapshot {
		st, err := h.file.Stat(ctx)
		if err != nil {
			return f.s.fail("stat", f.file.Path(), err)
		}
		f.s.fill(&out.Attr, st)
		out.SetTimeout(f.s.attrTimeout(st, time.Now()))
		return 0
	}
	st, errno := f.stat(ctx, out)
	if errno == 0 {
		f.seen(st.Version)
	}
	return errno
}

// seen drops the pages of the file if they are of another version.
func (f *fileNode) seen(version uint64) {
	if f.pages.changed(version) {
		f.s.worker.invalidate(f.EmbeddedInode())
	}
}

func (f *fileNode) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	f.s.counts.opens.Add(1)
	r := f.s.begin(ctx, requestLimit)
	defer r.finish()
	h, err := f.file.Open(r, tree.OpenOptions{
		Write:      flags&syscall.O_ACCMODE != syscall.O_RDONLY || flags&syscall.O_TRUNC != 0,
		Truncate:   flags&syscall.O_TRUNC != 0,
		Revalidate: flags&syscall.O_DIRECT != 0,
	})
	if err != nil {
		return nil, 0, f.s.fail("open", f.file.Path(), err)
	}
	st, err := h.Stat(r)
	if err != nil {
		_ = h.Close() // err says what is wrong
		return nil, 0, f.s.fail("open", f.file.Path(), err)
	}
	f.s.nodes.opened(f.StableAttr(), 1)
	kept := f.pages.open(h.Pages(r), st.Version)
	if _, ok := h.(tree.Writer); ok {
		return &handle{node: f, file: h}, kept | fuse.FOPEN_PARALLEL_DIRECT_WRITES, 0
	}
	return &handle{node: f, file: h, snapshot: st.Snapshot}, kept | fuse.FOPEN_NOFLUSH, 0
}

// handle is an open file.
type handle struct {
	node     *fileNode
	file     tree.Handle
	snapshot bool // what it shows is fixed
}

var (
	_ fs.FileReader   = (*handle)(nil)
	_ fs.FileReleaser = (*handle)(nil)
)

// Read fills dest up to the end of the file, or fails as a whole.
func (h *handle) Read(ctx context.Context, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	s := h.node.s
	r := s.begin(ctx, bufferedLimit)
	defer r.finish()
	if s.writable {
		s.aliases.reads(h.node, off, len(dest))
	}
	n, err := h.file.ReadAt(r, dest, off)
	if err != nil && err != io.EOF {
		return nil, s.failRead(h.node.file.Path(), err)
	}
	if version := h.file.Version(); version != 0 {
		h.node.seen(version)
	}
	s.counts.reads.Add(1)
	s.counts.bytes.Add(int64(n))
	return fuse.ReadResultData(dest[:n]), 0
}

func (h *handle) Release(context.Context) syscall.Errno {
	h.node.s.nodes.opened(h.node.StableAttr(), -1)
	if err := h.file.Close(); err != nil {
		return h.node.s.fail("close", h.node.file.Path(), err)
	}
	return 0
}
