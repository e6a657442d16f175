package fusefs

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

// base is what files and directories have in common.
type base struct {
	fs.Inode
	s    *Server
	node tree.Node
}

var (
	_ fs.NodeGetxattrer    = (*base)(nil)
	_ fs.NodeListxattrer   = (*base)(nil)
	_ fs.NodeSetxattrer    = (*base)(nil)
	_ fs.NodeRemovexattrer = (*base)(nil)
	_ fs.NodeSetattrer     = (*base)(nil)
	_ fs.NodeStatfser      = (*base)(nil)
	_ fs.NodeOnForgetter   = (*base)(nil)
)

// OnForget is called when the kernel no longer knows the node.
func (b *base) OnForget() { b.s.nodes.forget(b.StableAttr()) }

// stat answers GETATTR from the node's name.
func (b *base) stat(ctx context.Context, out *fuse.AttrOut) (tree.Stat, syscall.Errno) {
	r := b.s.begin(ctx, requestLimit)
	defer r.finish()
	st, err := b.node.Stat(r)
	if err != nil {
		return st, gone(b.s.fail("stat", b.node.Path(), err))
	}
	b.s.fill(&out.Attr, st)
	out.SetTimeout(b.s.attrTimeout(st, r.began))
	return st, 0
}

func (b *base) Getxattr(ctx context.Context, name string, dest []byte) (uint32, syscall.Errno) {
	if !tree.IsXattr(name) {
		return 0, noAttribute // asked for by every ls -l and write
	}
	list, errno := b.xattrs(ctx)
	if errno != 0 {
		return 0, errno
	}
	for _, x := range list {
		if x.Name == name {
			return answer(dest, x.Value)
		}
	}
	return 0, noAttribute
}

func (b *base) Listxattr(ctx context.Context, dest []byte) (uint32, syscall.Errno) {
	list, errno := b.xattrs(ctx)
	if errno != 0 {
		return 0, errno
	}
	var names []byte
	for _, x := range list {
		names = append(append(names, x.Name...), 0)
	}
	return answer(dest, string(names))
}

func (b *base) xattrs(ctx context.Context) ([]tree.Xattr, syscall.Errno) {
	r := b.s.begin(ctx, requestLimit)
	defer r.finish()
	list, err := b.node.Xattrs(r)
	if err != nil {
		return nil, b.s.fail("getxattr", b.node.Path(), err)
	}
	return list, 0
}

// answer copies a value into the caller's buffer; an empty one asks for the
// size.
func answer(dest []byte, value string) (uint32, syscall.Errno) {
	if len(dest) < len(value) {
		return uint32(len(value)), tooSmall
	}
	return uint32(copy(dest, value)), 0
}

func (b *base) Setxattr(context.Context, string, []byte, uint32) syscall.Errno {
	return b.s.refuseAttribute()
}

func (b *base) Removexattr(context.Context, string) syscall.Errno {
	return b.s.refuseAttribute()
}

func (b *base) Setattr(context.Context, fs.FileHandle, *fuse.SetAttrIn, *fuse.AttrOut) syscall.Errno {
	return b.s.refuseAttribute()
}

// Statfs tells of a file system that is large and, for those who look before
// they write, not full.
func (b *base) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	const blocks, files = 1 << 38, 1 << 30
	*out = fuse.StatfsOut{
		Bsize: 4096, Frsize: 4096, NameLen: 255,
		Blocks: blocks, Bfree: blocks, Bavail: blocks, Files: files, Ffree: files,
	}
	return 0
}
