package fusefs

import (
	"sync"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
)

// worker sends the notifications to the kernel that request handlers must not
// send themselves: while a handler runs, the kernel may hold the very lock that
// the notification waits for.
type worker struct {
	nodes *nodes
	root  *fs.Inode // set before the first request

	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex         // guards following
	stale   map[*fs.Inode]bool // true: the names go too
	waiting []chan struct{}    // closed when what is in stale has been sent
}

func newWorker(n *nodes) *worker {
	return &worker{nodes: n, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), stale: map[*fs.Inode]bool{}}
}

// invalidate makes the kernel drop the pages and attributes of an inode, soon.
func (w *worker) invalidate(n *fs.Inode) { w.note(n, false) }

// forget is invalidate for the inode's name, too.
func (w *worker) forget(n *fs.Inode) { w.note(n, true) }

func (w *worker) note(n *fs.Inode, name bool) {
	w.mu.Lock()
	w.stale[n] = w.stale[n] || name
	w.mu.Unlock()
	w.poke()
}

// settlePatience is how long settle waits: the kernel may hold a lock for a
// request that a slow store has not answered.
const settlePatience = 2 * time.Second

// settle waits until everything noted so far has been sent, not for long. It
// must not be called by a request handler.
func (w *worker) settle() {
	sent := make(chan struct{})
	w.mu.Lock()
	w.waiting = append(w.waiting, sent)
	w.mu.Unlock()
	w.poke()
	select {
	case <-sent:
	case <-w.done:
	case <-time.After(settlePatience):
	}
}

// poke makes the worker look for work.
func (w *worker) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *worker) run() {
	defer close(w.done)
	for {
		select {
		case <-w.stop:
			return
		case <-w.wake:
		}
		w.drop()
		w.prune()
	}
}

// close ends the worker after what it is doing.
func (w *worker) close() {
	close(w.stop)
	<-w.done
}

// drop sends what was noted. It fails only where the kernel has forgotten the
// inode already, which is as good.
func (w *worker) drop() {
	w.mu.Lock()
	stale, waiting := w.stale, w.waiting
	w.stale, w.waiting = map[*fs.Inode]bool{}, nil
	w.mu.Unlock()
	defer func() {
		for _, sent := range waiting {
			close(sent)
		}
	}()
	for n, name := range stale {
		n.NotifyContent(0, 0)
		if name {
			dropName(n)
		}
	}
}

// dropName makes the kernel ask again what a name means.
func dropName(n *fs.Inode) {
	if name, parent := n.Parent(); parent != nil {
		parent.NotifyEntry(name)
	}
}

// pruneBatch is how many inodes one notification names.
const pruneBatch = 512

// prune asks the kernel to forget the nodes that were looked up longest ago.
func (w *worker) prune() {
	victims := w.nodes.excess()
	for len(victims) > 0 {
		n := min(len(victims), pruneBatch)
		if unsupported(w.root.NotifyPrune(victims[:n])) {
			for _, v := range victims[:n] { // a name that goes lets its inode go
				dropName(v)
			}
		}
		victims = victims[n:]
	}
}
