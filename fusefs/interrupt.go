package fusefs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/fusefs/tree"
)

const (
	// bufferedLimit bounds a read that may come from the page cache: nobody can
	// interrupt those.
	bufferedLimit = 60 * time.Second
	// requestLimit bounds everything else, should a store not bound itself.
	requestLimit = 10 * time.Minute
	// pollInterval is how often the caller of an interrupted request is looked
	// at.
	pollInterval = 50 * time.Millisecond
	// invisibleGrace is how long a request goes on after an interrupt whose
	// caller cannot be seen.
	invisibleGrace = time.Second
)

// request is the context of one kernel request. The kernel's INTERRUPT names no
// signal: a handled one must not make read(2) fail, a fatal one must end it at
// once. So after an interrupt the request goes on until its caller is about to
// die. Nothing is watched, and no goroutine runs, until somebody asks for Done.
type request struct {
	parent  context.Context
	closing <-chan struct{}
	pid     uint32
	began   time.Time
	limit   time.Duration

	mu       sync.Mutex // guards all below
	done     chan struct{}
	finished chan struct{} // ends the watcher
	over     bool
	err      error
}

var _ context.Context = (*request)(nil)

// begin returns the context of a request; finish must be called at its end.
func (s *Server) begin(ctx context.Context, limit time.Duration) *request {
	r := &request{parent: ctx, closing: s.closing, began: time.Now(), limit: limit}
	if caller, ok := fuse.FromContext(ctx); ok {
		r.pid = caller.Pid
	}
	return r
}

func (r *request) Deadline() (time.Time, bool) { return r.began.Add(r.limit), true }

func (r *request) Value(key any) any {
	if key == (tree.Began{}) {
		return r.began
	}
	return r.parent.Value(key)
}

func (r *request) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Done begins to watch for the end of the request.
func (r *request) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done != nil {
		return r.done
	}
	r.done = make(chan struct{})
	if r.over {
		r.err = context.Canceled
		close(r.done)
		return r.done
	}
	r.finished = make(chan struct{})
	go r.watch(r.finished)
	return r.done
}

// finish ends the watching.
func (r *request) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	if r.finished != nil {
		close(r.finished)
		r.finished = nil
	}
}

// end makes the request fail with err.
func (r *request) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
		close(r.done)
	}
}

func (r *request) watch(finished <-chan struct{}) {
	deadline := time.NewTimer(time.Until(r.began.Add(r.limit)))
	defer deadline.Stop()
	select {
	case <-finished:
		return
	case <-deadline.C:
		r.end(context.DeadlineExceeded)
		return
	case <-r.closing:
		r.end(context.Canceled)
		return
	case <-r.parent.Done():
	}
	r.watchCaller(finished, deadline.C)
}

// watchCaller goes on after an interrupt.
func (r *request) watchCaller(finished <-chan struct{}, deadline <-chan time.Time) {
	interrupted := time.Now()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		killed, visible := killPending(r.pid)
		if killed || !visible && time.Since(interrupted) >= invisibleGrace {
			r.end(context.Canceled)
			return
		}
		select {
		case <-finished:
			return
		case <-deadline:
			r.end(context.DeadlineExceeded)
			return
		case <-r.closing:
			r.end(context.Canceled)
			return
		case <-poll.C:
		}
	}
}

// killPending reports whether SIGKILL waits for a thread: the kernel puts it
// there for every fatal signal. A thread that cannot be seen is not visible.
func killPending(pid uint32) (killed, visible bool) {
	if pid == 0 {
		return false, false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false, false
	}
	const sigkill = 1 << (9 - 1)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		mask, ok := bytes.CutPrefix(lines.Bytes(), []byte("SigPnd:"))
		if !ok {
			mask, ok = bytes.CutPrefix(lines.Bytes(), []byte("ShdPnd:"))
		}
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(mask)), 16, 64)
		if err == nil && n&sigkill != 0 {
			return true, true
		}
	}
	return false, true
}
