package fusefs

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

// dirNode is a directory.
type dirNode struct {
	base
	dir tree.Dir
}

var (
	_ fs.NodeLookuper       = (*dirNode)(nil)
	_ fs.NodeGetattrer      = (*dirNode)(nil)
	_ fs.NodeOpendirHandler = (*dirNode)(nil)
	_ fs.NodeMkdirer        = (*dirNode)(nil)
	_ fs.NodeMknoder        = (*dirNode)(nil)
	_ fs.NodeLinker         = (*dirNode)(nil)
	_ fs.NodeSymlinker      = (*dirNode)(nil)
	_ fs.NodeCreater        = (*dirNode)(nil)
	_ fs.NodeUnlinker       = (*dirNode)(nil)
	_ fs.NodeRmdirer        = (*dirNode)(nil)
	_ fs.NodeRenamer        = (*dirNode)(nil)
)

func (d *dirNode) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	d.s.counts.lookups.Add(1)
	r := d.s.begin(ctx, requestLimit)
	defer r.finish()
	child, err := d.dir.Lookup(r, name)
	var st tree.Stat
	if err == nil {
		st, err = child.Stat(r)
	}
	if err != nil {
		return nil, d.s.fail("lookup", join(d.dir.Path(), name), err)
	}
	d.s.fillEntry(out, st, r.began)
	inode := d.s.inode(ctx, d.EmbeddedInode(), child)
	if f, ok := d.s.nodes.find(inode.StableAttr()).(*fileNode); ok {
		f.seen(st.Version)
	}
	return inode, 0
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func (d *dirNode) Getattr(ctx context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	_, errno := d.stat(ctx, out)
	return errno
}

func (d *dirNode) OpendirHandle(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return newDirHandle(d), 0, 0
}

// What follows would change names, which are what they are.

func (d *dirNode) Mkdir(context.Context, string, uint32, *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return nil, d.s.refuse()
}

func (d *dirNode) Mknod(context.Context, string, uint32, uint32, *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return nil, d.s.refuse()
}

func (d *dirNode) Link(context.Context, fs.InodeEmbedder, string, *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return nil, d.s.refuse()
}

func (d *dirNode) Symlink(context.Context, string, string, *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return nil, d.s.refuse()
}

func (d *dirNode) Create(context.Context, string, uint32, uint32, *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	return nil, nil, 0, d.s.refuse()
}

func (d *dirNode) Unlink(context.Context, string) syscall.Errno { return d.s.refuse() }

func (d *dirNode) Rmdir(context.Context, string) syscall.Errno { return d.s.refuse() }

func (d *dirNode) Rename(context.Context, string, fs.InodeEmbedder, string, uint32) syscall.Errno {
	return d.s.refuse()
}
