package fusefs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	gofs "github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/fusefs/tree"
	"tsmount/kvstore"
)

func TestErrorsBecomeNumbers(t *testing.T) {
	for _, test := range []struct {
		err  error
		want syscall.Errno
	}{
		{nil, 0},
		{fs.ErrNotExist, syscall.ENOENT},
		{fs.ErrPermission, syscall.EACCES},
		{kvstore.ErrReadOnly, syscall.EROFS},
		{drivers.ErrCorrupt, syscall.EIO},
		{cache.ErrIncompatible, syscall.ESTALE},
		{fmt.Errorf("%w: %w", tree.ErrStale, fs.ErrNotExist), syscall.ESTALE},
		{context.Canceled, syscall.EINTR},
		{context.DeadlineExceeded, syscall.ETIMEDOUT},
		{errors.ErrUnsupported, syscall.EOPNOTSUPP},
		{&os.PathError{Op: "write", Err: syscall.ENOSPC}, syscall.ENOSPC},
		{&os.PathError{Op: "open", Err: syscall.EMFILE}, syscall.EMFILE},
		{errors.New("anything else"), syscall.EIO},
	} {
		if got := errnoOf(test.err); got != test.want {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
		if test.err != nil {
			if got := errnoOf(fmt.Errorf("while reading: %w", test.err)); got != test.want {
				t.Errorf("%v, wrapped: got %v, want %v", test.err, got, test.want)
			}
		}
	}
}

func TestTroubleIsLoggedOnceAndCountedAlways(t *testing.T) {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		s := &Server{trouble: newTroubles(slog.New(slog.NewTextHandler(&out, nil)))}
		for range 100 {
			s.failRead("a/b", drivers.Corruptf("chunk 3"))
		}
		for i := range 100 {
			s.fail("open", fmt.Sprint("file", i), syscall.EMFILE)
			s.fail("lookup", "x", fs.ErrNotExist)
		}
		if n := strings.Count(out.String(), "\n"); n != troubleBurst {
			t.Errorf("%d lines at once", n)
		}
		time.Sleep(repeatPause)
		s.failRead("a/b", drivers.Corruptf("chunk 3"))
		if text := out.String(); strings.Count(text, "chunk 3") != 2 || !strings.Contains(text, "not_logged_before=81") {
			t.Errorf("log: %s", text)
		}
		if got := s.trouble.count()["input/output error"]; got != 101 {
			t.Errorf("counted %d", got)
		}
	})
}

func TestARequestOutlivesAnInterruptOfAnUnseenCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{closing: make(chan struct{})}
		cancel := make(chan struct{})
		r := s.begin(&fuse.Context{Cancel: cancel}, time.Minute)
		defer r.finish()
		done := r.Done()
		began := time.Now()
		close(cancel)
		<-done
		if took := time.Since(began); took < invisibleGrace || took > 2*invisibleGrace || r.Err() != context.Canceled {
			t.Errorf("ended after %v with %v", took, r.Err())
		}
	})
}

func TestARequestEndsAtItsDeadlineOrWithTheMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{closing: make(chan struct{})}
		late := s.begin(&fuse.Context{Cancel: make(chan struct{})}, time.Minute)
		defer late.finish()
		<-late.Done()
		if late.Err() != context.DeadlineExceeded {
			t.Errorf("deadline: %v", late.Err())
		}
		last := s.begin(&fuse.Context{Cancel: make(chan struct{})}, time.Minute)
		defer last.finish()
		done := last.Done()
		close(s.closing)
		if <-done; last.Err() != context.Canceled {
			t.Errorf("unmount: %v", last.Err())
		}
	})
}

func TestARequestThatNobodyWaitsForStartsNothing(t *testing.T) {
	s := &Server{closing: make(chan struct{})}
	r := s.begin(&fuse.Context{Cancel: make(chan struct{})}, time.Minute)
	r.finish()
	if r.finished != nil || r.Err() != nil {
		t.Errorf("watched, or ended with %v", r.Err())
	}
	if <-r.Done(); r.Err() != context.Canceled {
		t.Errorf("after its end: %v", r.Err())
	}
}

func TestOnlyAKillIsFatal(t *testing.T) {
	if killed, visible := killPending(uint32(os.Getpid())); killed || !visible {
		t.Errorf("this process: killed %v, visible %v", killed, visible)
	}
	if _, visible := killPending(0); visible {
		t.Error("pid 0 is visible")
	}
}

func TestPagesAreKeptFromTheSecondOpenOn(t *testing.T) {
	var p pages
	for i, test := range []struct {
		allowed tree.Pages
		version uint64
		want    uint32
	}{
		{tree.PagesKeep, 1, fuse.FOPEN_DIRECT_IO},
		{tree.PagesKeep, 1, fuse.FOPEN_KEEP_CACHE},
		{tree.PagesNever, 1, fuse.FOPEN_DIRECT_IO},
		{tree.PagesKeep, 2, fuse.FOPEN_DIRECT_IO},
		{tree.PagesKeep, 2, fuse.FOPEN_KEEP_CACHE},
	} {
		if got := p.open(test.allowed, test.version); got != test.want {
			t.Errorf("open %d: got %x, want %x", i, got, test.want)
		}
	}
	if p.changed(2) || !p.changed(3) || p.changed(3) {
		t.Error("a change must be reported once")
	}
}

func TestTwoPathsNeverShareAnInode(t *testing.T) {
	var n nodes
	add := func(ino uint64, path string) gofs.StableAttr {
		attr := n.claim(tree.ID{Ino: ino}, fuse.S_IFREG, path)
		n.live[attr] = n.order.PushBack(&liveNode{attr: attr, path: path})
		return attr
	}
	first := n.claim(tree.ID{Ino: 1<<63 - 1}, fuse.S_IFREG, "a")
	n.init()
	if got := add(1<<63-1, "a"); got != first {
		t.Errorf("got %v, want %v", got, first)
	}
	if got := add(1<<63-1, "b"); got.Ino != 2 {
		t.Errorf("a collision at the end of the numbers: got %d, want 2", got.Ino)
	}
	if got := n.claim(tree.ID{Ino: 1<<63 - 1}, fuse.S_IFREG, "a"); got != first {
		t.Errorf("the first path: got %v, want %v", got, first)
	}
}

func TestTheOldestNodesThatAreNotOpenAreLetGo(t *testing.T) {
	var n nodes
	n.init()
	for i := range maxNodes + 3 {
		attr := gofs.StableAttr{Ino: uint64(i + 2)}
		n.live[attr] = n.order.PushBack(&liveNode{attr: attr, inode: &gofs.Inode{}})
	}
	n.opened(gofs.StableAttr{Ino: 2}, 1)
	oldest := n.live[gofs.StableAttr{Ino: 3}].Value.(*liveNode).inode
	victims := n.excess()
	if len(victims) != 3+maxNodes/16 || victims[0] != oldest {
		t.Errorf("%d nodes", len(victims))
	}
}
