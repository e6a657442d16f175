package fusefs

import (
	"context"
	"iter"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

// listBatch is how many entries are taken from a listing at once, under one
// request.
const listBatch = 256

// dirHandle is an open directory: a stream of entries. Entry n has the offset
// n+1, so that a listing of any length can be entered anywhere. go-fuse calls
// one method at a time.
type dirHandle struct {
	node *dirNode

	next  func() ([]tree.Entry, error, bool) // nil: not begun, or ended by an error
	stop  func()
	end   context.CancelFunc // of the listing's context
	ahead []tree.Entry       // taken from next, valid until it is called again
	at    int                // the next one in ahead
	err   error              // what comes behind ahead
	eof   bool
	off   uint64 // number of the next entry

	entry fuse.DirEntry // the last one returned
}

var (
	_ fs.FileReaddirenter = (*dirHandle)(nil)
	_ fs.FileSeekdirer    = (*dirHandle)(nil)
	_ fs.FileReleasedirer = (*dirHandle)(nil)
	_ fs.FileFsyncdirer   = (*dirHandle)(nil)
)

func newDirHandle(n *dirNode) *dirHandle { return &dirHandle{node: n} }

// Readdirent returns the next entry, which go-fuse copies.
func (h *dirHandle) Readdirent(ctx context.Context) (*fuse.DirEntry, syscall.Errno) {
	if h.at == len(h.ahead) && h.err == nil && !h.eof {
		h.fill(ctx)
	}
	if h.at == len(h.ahead) {
		if h.err != nil {
			err := h.err
			h.close() // a repeated call begins again where this one failed
			return nil, h.node.s.fail("readdir", h.node.dir.Path(), err)
		}
		return nil, 0
	}
	e := &h.ahead[h.at]
	h.at++
	h.off++
	mode := uint32(syscall.S_IFREG)
	if e.Dir {
		mode = syscall.S_IFDIR
	}
	h.entry = fuse.DirEntry{Name: e.Name, Mode: mode, Ino: e.Ino, Off: h.off}
	return &h.entry, 0
}

// fill takes the next entries. The listing outlives the request; it ends when
// the request is given up while it waits.
func (h *dirHandle) fill(ctx context.Context) {
	s := h.node.s
	r := s.begin(ctx, requestLimit)
	defer r.finish()
	if h.next == nil {
		s.counts.lists.Add(1)
		listing, cancel := context.WithCancel(context.WithValue(context.Background(), tree.Began{}, r.began))
		h.end = cancel
		h.next, h.stop = iter.Pull2(batches(h.node.dir.List(listing, int64(h.off))))
	}
	given := context.AfterFunc(r, h.end)
	defer given()
	var ok bool
	h.ahead, h.err, ok = h.next()
	h.at, h.eof = 0, !ok
}

// batches yields the entries of a listing in slices that it uses again, the
// last one with the error that ends it.
func batches(list iter.Seq2[tree.Entry, error]) iter.Seq2[[]tree.Entry, error] {
	return func(yield func([]tree.Entry, error) bool) {
		batch := make([]tree.Entry, 0, listBatch)
		for e, err := range list {
			if err != nil {
				yield(batch, err)
				return
			}
			if batch = append(batch, e); len(batch) == listBatch {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
		}
		yield(batch, nil)
	}
}

// Seekdir moves to an offset that an entry had, or to the beginning, where the
// directory is listed as it is then.
func (h *dirHandle) Seekdir(_ context.Context, off uint64) syscall.Errno {
	if off == 0 || off != h.off {
		h.close()
		h.off = off
	}
	return 0
}

// close ends the listing; the next entry begins a new one at h.off.
func (h *dirHandle) close() {
	if h.next != nil {
		h.end()
		h.stop()
	}
	*h = dirHandle{node: h.node, off: h.off}
}

func (h *dirHandle) Releasedir(context.Context, uint32) { h.close() }

func (h *dirHandle) Fsyncdir(context.Context, uint32) syscall.Errno { return 0 }
