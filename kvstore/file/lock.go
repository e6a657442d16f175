package file

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/resources"
)

// errBusy: another program holds the lock.
var errBusy = errors.New("the lock is held by another program")

// target is a key whose lock is held.
type target struct {
	s    *Store
	key  string
	dir  int    // the open directory of the value
	name string // of the value in dir
	lock string // of the lock file in dir; "" when there is none or it has become the value
	fd   int    // of the lock file, later the value; -1 when none is open
}

// locked calls f with the lock of key and a token, neither of which is held while
// it waits for the lock.
func (s *Store) locked(ctx context.Context, key string, f func(*target) error) error {
	if err := s.writers.enter(ctx, key); err != nil {
		return err
	}
	defer s.writers.leave(key)
	for wait := newBackoff(s.opt.Locking); ; {
		err := s.attempt(ctx, key, f)
		if err != errBusy {
			return err
		}
		if err := wait.sleep(ctx); err != nil {
			return err
		}
	}
}

func (s *Store) attempt(ctx context.Context, key string, f func(*target) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	dirKey, name := split(key)
	dir, err := s.makeDir(dirKey)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	t := &target{s: s, key: key, dir: dir, name: name, fd: -1}
	if err := t.acquire(); err != nil {
		return err
	}
	defer t.closeFile() // releases the lock
	if err := f(t); err != nil {
		t.abandon()
		return err
	}
	return nil
}

// acquire opens and locks the lock file, steps 2 to 5 of the protocol.
func (t *target) acquire() error {
	switch t.s.opt.Locking.Mode {
	case resources.LockNonAtomic:
		return nil
	case resources.LockNone:
		t.lock = fmt.Sprintf("%s_%016x%s", t.name, rand.Uint64(), lockSuffix)
		return t.openFile(t.lock, unix.O_EXCL)
	case resources.LockFile:
		t.lock = t.name + lockSuffix
		err := t.openFile(t.lock, unix.O_EXCL)
		if err == unix.EEXIST {
			return errBusy
		}
		return err
	}
	t.lock = t.name + lockSuffix
	for range 100 { // each time another writer has just finished
		locked, err := t.tryLock()
		if locked || err != nil {
			return err
		}
	}
	return errBusy
}

// openFile opens or makes the file name. It is never truncated here: see tryLock.
func (t *target) openFile(name string, flags int) error {
	flags |= unix.O_CREAT | unix.O_WRONLY | unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NONBLOCK
	err := again(func() (err error) {
		t.fd, err = unix.Openat(t.dir, name, flags, 0o666)
		return err
	})
	if err != nil {
		return err
	}
	in, err := fstat(t.fd)
	if err == nil && !in.isKind(unix.S_IFREG) {
		err = fmt.Errorf("%s: %w", name, errNotRegular)
	}
	if err != nil {
		t.closeFile()
	}
	return err
}

func (t *target) closeFile() {
	if t.fd >= 0 {
		unix.Close(t.fd)
		t.fd = -1
	}
}

// tryLock reports false without an error when the file that it has locked is no
// lock file any more: its last holder has renamed or removed it.
func (t *target) tryLock() (locked bool, err error) {
	if err := t.openFile(t.lock, 0); err != nil {
		return false, err
	}
	defer func() {
		if !locked {
			t.closeFile()
		}
	}()
	if err := lockFD(t.fd); err != nil {
		return false, err
	}
	mine, err := fstat(t.fd)
	if err != nil {
		return false, err
	}
	named, err := lstatAt(t.dir, t.lock)
	if err == unix.ENOENT || err == nil && !named.sameFile(mine) {
		return false, nil
	}
	if err == nil && mine.size > 0 {
		err = again(func() error { return unix.Ftruncate(t.fd, 0) })
	}
	return err == nil, err
}

// lockFD locks a whole file without waiting.
func lockFD(fd int) error {
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	err := again(func() error { return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &whole) })
	if err == unix.EINVAL || err == unix.ENOTSUP {
		err = again(func() error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	}
	if err == unix.EAGAIN || err == unix.EACCES {
		return errBusy
	}
	return err
}

// abandon removes the lock file after an error, as far as that is possible.
func (t *target) abandon() {
	if t.lock != "" {
		unix.Unlinkat(t.dir, t.lock, 0)
	}
}

// backoff is the wait between two looks at a lock that is held.
type backoff struct {
	delay time.Duration
	until time.Time // zero: no end
	limit time.Duration
}

func newBackoff(l resources.FileLocking) *backoff {
	b := &backoff{delay: 250 * time.Microsecond}
	if l.Mode == resources.LockFile {
		b.limit = l.AcquireTimeout
		b.until = time.Now().Add(l.AcquireTimeout)
	}
	return b
}

func (b *backoff) sleep(ctx context.Context) error {
	if !b.until.IsZero() && time.Now().After(b.until) {
		return fmt.Errorf("%w: the lock file was there for %v", context.DeadlineExceeded, b.limit)
	}
	timer := time.NewTimer(b.delay/2 + rand.N(b.delay))
	defer timer.Stop()
	b.delay = min(2*b.delay, 20*time.Millisecond)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ctx.Err(), errBusy)
	}
}
