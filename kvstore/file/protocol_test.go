package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
	"tsmount/kvstore/file"
	"tsmount/kvstore/kvstoretest"
	"tsmount/resources"
)

// counterDir tells a process of TestProcesses where to count.
const counterDir = "KVSTORE_FILE_TEST_COUNTER"

const increments = 40

func TestMain(m *testing.M) {
	if dir := os.Getenv(counterDir); dir != "" {
		if err := count(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func count(dir string) error {
	s, err := file.New(dir, file.Options{})
	for range increments {
		if err == nil {
			err = kvstoretest.Increment(s, "n/counter")
		}
	}
	return err
}

// Processes that compare and swap lose nothing of each other.
func TestProcesses(t *testing.T) {
	const processes = 3
	dir := t.TempDir()
	cmds := make([]*exec.Cmd, processes)
	outs := make([]bytes.Buffer, processes)
	for i := range cmds {
		cmds[i] = exec.CommandContext(t.Context(), os.Args[0])
		cmds[i].Env = append(os.Environ(), counterDir+"="+dir)
		cmds[i].Stderr = &outs[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("process %d: %v: %s", i, err, &outs[i])
		}
	}
	s := open(t, dir, file.Options{})
	wantValue(t, s, "n/counter", strconv.Itoa(processes*increments))
	if got := listed(t, s, kvstore.ListOptions{}); got != "n/counter" {
		t.Errorf("List: got %q", got)
	}
}

// A longer lock file that a crashed writer left behind adds no bytes, and is
// never listed.
func TestStaleLockFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, file.Options{})
	put(t, filepath.Join(dir, "a.__lock"), "the remains of a crash")
	put(t, filepath.Join(dir, "b.__lock"), "")
	if got := listed(t, s, kvstore.ListOptions{}); got != "" {
		t.Errorf("List: got %q", got)
	}
	write(t, s, "a", "hi", kvstore.WriteOptions{IfEqual: kvstore.Absent})
	wantValue(t, s, "a", "hi")
	if _, err := s.Read(t.Context(), "b.__lock", kvstore.ReadOptions{}); err == nil {
		t.Error("a lock file can be read as a value")
	}
	if names, _ := filepath.Glob(dir + "/*"); len(names) != 2 {
		t.Errorf("the files are %q", names)
	}
}

// hold locks the lock file of path as another program does; release gives it up
// the way a writer of value does.
func hold(t *testing.T, path string) (release func(value string)) {
	t.Helper()
	f, err := os.OpenFile(path+".__lock", os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &whole); err != nil {
		t.Fatal(err)
	}
	return func(value string) {
		defer f.Close()
		if _, err := f.WriteString(value); err != nil {
			t.Error(err)
		}
		if err := os.Rename(path+".__lock", path); err != nil {
			t.Error(err)
		}
	}
}

// A lock that is held elsewhere is waited for: without a token, until the context
// ends or the other writer has finished, whose value counts for the condition.
func TestHeldLock(t *testing.T) {
	dir := t.TempDir()
	limit := resources.NewLimiter("test", 1)
	s := open(t, dir, file.Options{IO: limit})
	old := write(t, s, "a", "old", kvstore.WriteOptions{})
	release := hold(t, filepath.Join(dir, "a"))

	ctx, cancel := context.WithCancel(t.Context())
	cancelled, waiting := make(chan error), make(chan error)
	go func() {
		_, err := s.Write(ctx, "a", []byte("x"), kvstore.WriteOptions{})
		cancelled <- err
	}()
	go func() {
		_, err := s.Write(t.Context(), "a", []byte("new"), kvstore.WriteOptions{IfEqual: old})
		waiting <- err
	}()
	for range 20 { // the only token is free again and again
		wantValue(t, s, "a", "old")
	}
	cancel()
	if err := <-cancelled; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got error %v", err)
	}
	select {
	case err := <-waiting:
		t.Errorf("the write did not wait for the lock: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	release("theirs, longer than ours")
	if err := <-waiting; !errors.Is(err, kvstore.ErrMismatch) {
		t.Errorf("got error %v, want ErrMismatch: the other program has written", err)
	}
	wantValue(t, s, "a", "theirs, longer than ours")
	write(t, s, "a", "new", kvstore.WriteOptions{})
	wantValue(t, s, "a", "new")
	if n := limit.InUse(); n != 0 {
		t.Errorf("%d tokens are out", n)
	}
}

// A failed write leaves the old value and nothing else.
func TestFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, file.Options{Sync: true})
	g := write(t, s, "a", "old", kvstore.WriteOptions{})
	if _, err := s.Write(t.Context(), "a", []byte("x"), kvstore.WriteOptions{IfEqual: kvstore.Absent}); !errors.Is(err, kvstore.ErrMismatch) {
		t.Errorf("got error %v, want ErrMismatch", err)
	}
	put(t, filepath.Join(dir, "d/x"), "")
	if _, err := s.Write(t.Context(), "d", []byte("x"), kvstore.WriteOptions{}); err == nil {
		t.Error("a directory was replaced")
	}
	names, _ := filepath.Glob(dir + "/*")
	if len(names) != 2 {
		t.Errorf("the files are %q", names)
	}
	write(t, s, "a", "new", kvstore.WriteOptions{IfEqual: g})
}

// Everything that the modes of locking have in common.
func TestLockModes(t *testing.T) {
	for _, mode := range []resources.LockMode{resources.LockOS, resources.LockFile, resources.LockNone, resources.LockNonAtomic} {
		for _, sync := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s sync=%t", mode, sync), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "new/root")
				locking := resources.FileLocking{Mode: mode, AcquireTimeout: time.Minute}
				s := open(t, dir, file.Options{Sync: sync, Locking: locking})
				g := write(t, s, "a/b/c", "longer value", kvstore.WriteOptions{IfEqual: kvstore.Absent})
				g = write(t, s, "a/b/c", "short", kvstore.WriteOptions{IfEqual: g})
				wantValue(t, s, "a/b/c", "short")
				_, err := s.Write(t.Context(), "a/b/c", []byte("x"), kvstore.WriteOptions{IfEqual: kvstore.Absent})
				if !errors.Is(err, kvstore.ErrMismatch) {
					t.Errorf("got error %v, want ErrMismatch", err)
				}
				for range 5 {
					if err := kvstoretest.Increment(s, "n"); err != nil {
						t.Fatal(err)
					}
				}
				wantValue(t, s, "n", "5")
				if names, _ := filepath.Glob(dir + "/a/b/*"); len(names) != 1 {
					t.Errorf("the files are %q", names)
				}
				if _, err := s.Delete(t.Context(), "a/b/c", kvstore.WriteOptions{IfEqual: g}); err != nil {
					t.Error(err)
				}
				if got := listed(t, s, kvstore.ListOptions{}); got != "n" {
					t.Errorf("List: got %q", got)
				}
			})
		}
	}
}

// In the mode "lockfile" a file that nobody removes ends the wait.
func TestLockFileTimeout(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, file.Options{Locking: resources.FileLocking{Mode: resources.LockFile, AcquireTimeout: time.Millisecond}})
	put(t, filepath.Join(dir, "a.__lock"), "")
	_, err := s.Write(t.Context(), "a", []byte("x"), kvstore.WriteOptions{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want DeadlineExceeded", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a.__lock")); err != nil {
		t.Errorf("somebody else's lock file: %v", err)
	}
}
