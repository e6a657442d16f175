package fusefs

import (
	"container/list"
	"context"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"

	"tsmount/fusefs/tree"
)

// maxNodes is how many looked-up nodes may live. The kernel forgets by itself
// only when memory is short.
const maxNodes = 200_000

// nodes is the registry of what the kernel has looked up.
type nodes struct {
	mu    sync.Mutex // guards all below
	live  map[fs.StableAttr]*list.Element
	order list.List // of *liveNode, the longest ago looked up first
}

type liveNode struct {
	attr  fs.StableAttr
	path  string
	inode *fs.Inode
	opens int
	asked bool // the kernel was asked to forget it since
}

// init makes the zero value usable. The caller holds n.mu.
func (n *nodes) init() {
	if n.live == nil {
		n.live = map[fs.StableAttr]*list.Element{}
	}
}

// claim returns the identity for a node: its own, unless another path happens
// to hash to the same number; then the next free one.
func (n *nodes) claim(id tree.ID, mode uint32, path string) fs.StableAttr {
	attr := fs.StableAttr{Mode: mode, Ino: id.Ino, Gen: id.Gen}
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		e := n.live[attr]
		if e == nil || e.Value.(*liveNode).path == path {
			return attr
		}
		attr.Ino = max(2, (attr.Ino+1)&^(1<<63))
	}
}

// add records that inode was looked up, and reports whether there are too many.
func (n *nodes) add(inode *fs.Inode, path string) (tooMany bool) {
	attr := inode.StableAttr()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.init()
	if e := n.live[attr]; e != nil {
		e.Value.(*liveNode).asked = false
		n.order.MoveToBack(e)
	} else {
		n.live[attr] = n.order.PushBack(&liveNode{attr: attr, path: path, inode: inode})
	}
	return n.order.Len() > maxNodes
}

// find returns the operations of the node that the kernel knows by attr, or nil.
func (n *nodes) find(attr fs.StableAttr) fs.InodeEmbedder {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.live[attr]; e != nil {
		return e.Value.(*liveNode).inode.Operations()
	}
	return nil
}

// opened counts the open handles of a node, which keep it from being pruned.
func (n *nodes) opened(attr fs.StableAttr, by int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.live[attr]; e != nil {
		e.Value.(*liveNode).opens += by
	}
}

// forget removes a node that the kernel has forgotten.
func (n *nodes) forget(attr fs.StableAttr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if e := n.live[attr]; e != nil {
		n.order.Remove(e)
		delete(n.live, attr)
	}
}

// excess returns the nodes to be forgotten: the oldest ones that are not open,
// a sixteenth more than there are too many.
func (n *nodes) excess() []*fs.Inode {
	n.mu.Lock()
	defer n.mu.Unlock()
	want := n.order.Len() - maxNodes
	if want <= 0 {
		return nil
	}
	want += maxNodes / 16
	var victims []*fs.Inode
	for range n.order.Len() {
		e := n.order.Front()
		l := e.Value.(*liveNode)
		if l.asked || len(victims) == want {
			break // the rest has been asked for already
		}
		if n.order.MoveToBack(e); l.opens == 0 {
			l.asked = true
			victims = append(victims, l.inode)
		}
	}
	return victims
}

// below returns the nodes at the given paths and below them.
func (n *nodes) below(paths []string) []*fs.Inode {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []*fs.Inode
	for e := n.order.Front(); e != nil; e = e.Next() {
		l := e.Value.(*liveNode)
		if slices.ContainsFunc(paths, func(p string) bool {
			return p == "" || l.path == p || strings.HasPrefix(l.path, p+"/")
		}) {
			list = append(list, l.inode)
		}
	}
	return list
}

// count returns how many nodes live.
func (n *nodes) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.order.Len()
}

// inode returns the inode of a node that was looked up in parent. go-fuse knows
// an inode by its identity: when the kernel has it already, the new one is let
// go unused.
func (s *Server) inode(ctx context.Context, parent *fs.Inode, n tree.Node) *fs.Inode {
	var ops fs.InodeEmbedder
	mode := uint32(syscall.S_IFREG)
	switch n := n.(type) {
	case tree.Dir:
		ops, mode = &dirNode{base: base{s: s, node: n}, dir: n}, syscall.S_IFDIR
	case tree.File:
		ops = &fileNode{base: base{s: s, node: n}, file: n}
	}
	inode := parent.NewInode(ctx, ops, s.nodes.claim(n.ID(), mode, n.Path()))
	if s.nodes.add(inode, n.Path()) {
		s.worker.poke()
	}
	return inode
}
