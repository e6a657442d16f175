package file

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
)

// Write implements kvstore.Store.
func (s *Store) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	stamp := kvstore.Stamp{Time: time.Now()}
	if err := cmp.Or(checkKey(key), checkName(key)); err != nil {
		return kvstore.Stamp{}, err
	}
	if opt.IfEqual != "" {
		if _, err := s.precheck(ctx, key, opt.IfEqual); err != nil {
			return kvstore.Stamp{}, s.failWrite(key, err)
		}
	}
	err := s.locked(ctx, key, func(t *target) (err error) {
		if err := t.condition(ctx, opt.IfEqual); err != nil {
			return err
		}
		stamp.Generation, err = t.store(ctx, value)
		return err
	})
	if err != nil {
		return kvstore.Stamp{}, s.failWrite(key, err)
	}
	return stamp, nil
}

// Delete implements kvstore.Store. Directories that become empty stay.
func (s *Store) Delete(ctx context.Context, key string, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	stamp := kvstore.Stamp{Generation: kvstore.Absent, Time: time.Now()}
	if err := checkKey(key); err != nil {
		return kvstore.Stamp{}, err
	}
	exists, err := s.precheck(ctx, key, opt.IfEqual)
	if err == nil && exists {
		err = s.locked(ctx, key, func(t *target) error {
			if err := t.condition(ctx, opt.IfEqual); err != nil {
				return err
			}
			return t.remove()
		})
	}
	if err != nil {
		return kvstore.Stamp{}, s.fail("delete", key, err)
	}
	return stamp, nil
}

// failWrite wraps the error of a write. That a key and a directory are in each
// other's way is the key's fault.
func (s *Store) failWrite(key string, err error) error {
	switch err {
	case unix.EISDIR, unix.ENOTEMPTY, unix.EEXIST:
		err = fmt.Errorf("%w: a directory has that name", fs.ErrInvalid)
	case unix.ENOTDIR:
		err = fmt.Errorf("%w: a directory is needed where a value is", fs.ErrInvalid)
	case unix.ENAMETOOLONG:
		err = fmt.Errorf("%w: %w", fs.ErrInvalid, err)
	}
	return s.fail("write", key, err)
}

// precheck looks at a key before anything is made for its sake: a condition that
// fails now has failed, and what is not there need not be removed.
func (s *Store) precheck(ctx context.Context, key string, want kvstore.Generation) (exists bool, err error) {
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	defer s.end()
	in, err := s.stat(key)
	exists, err = compare(in, err, want)
	return exists, err
}

// compare checks WriteOptions.IfEqual against what a look at the file gave. A
// condition of nothing is no reason to refuse an unreadable or odd file: what
// follows will tell.
func compare(in info, err error, want kvstore.Generation) (exists bool, _ error) {
	switch {
	case missing(err) || err == nil && in.isKind(unix.S_IFDIR):
		if want != "" && want != kvstore.Absent {
			return false, kvstore.ErrMismatch
		}
		return false, nil
	case want == "":
		return true, nil
	case err != nil:
		return true, err
	case !in.is(want):
		return true, kvstore.ErrMismatch
	}
	return true, nil
}

// condition checks WriteOptions.IfEqual under the lock.
func (t *target) condition(ctx context.Context, want kvstore.Generation) error {
	if want == "" {
		return nil
	}
	in, err := lstatAt(t.dir, t.name)
	if err == nil && in.isKind(unix.S_IFLNK) {
		in, err = t.s.stat(t.key)
	}
	exists, err := compare(in, err, want)
	if err != nil || !exists {
		return err
	}
	same, err := t.s.hashMatches(ctx, t.key, want)
	if err == nil && !same {
		err = kvstore.ErrMismatch
	}
	return err
}

// store writes value and makes it the key's, steps 7 and 8 of the protocol.
func (t *target) store(ctx context.Context, value []byte) (kvstore.Generation, error) {
	if t.lock == "" { // in place, which is what the mode "non_atomic" asks for
		if err := t.openFile(t.name, unix.O_TRUNC); err != nil {
			return "", err
		}
	}
	if err := writeAll(ctx, t.fd, value); err != nil {
		return "", err
	}
	mtime, err := t.touch()
	if err != nil {
		return "", err
	}
	if t.s.opt.Sync {
		if err := again(func() error { return unix.Fsync(t.fd) }); err != nil {
			return "", err
		}
	}
	if t.lock != "" {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if err := again(func() error { return unix.Renameat(t.dir, t.lock, t.dir, t.name) }); err != nil {
			return "", err
		}
		t.lock = "" // it has become the value
	}
	if err := t.s.syncDir(t.dir); err != nil {
		return "", err
	}
	return t.written(mtime, value)
}

// touch sets an mtime that no earlier value had, to the nanosecond where the
// file system keeps that.
func (t *target) touch() (int64, error) {
	name := t.lock
	if name == "" {
		name = t.name
	}
	mtime := time.Now().UnixNano()
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(mtime)}
	err := again(func() error { return unix.UtimesNanoAt(t.dir, name, times, unix.AT_SYMLINK_NOFOLLOW) })
	if err == unix.EPERM || err == unix.ENOSYS || err == unix.ENOTSUP {
		return 0, nil // somebody else's file, written in place
	}
	return mtime, err
}

// written returns the generation of the value. It is looked at after the rename,
// which may change the ctime.
func (t *target) written(mtime int64, value []byte) (kvstore.Generation, error) {
	in, err := fstat(t.fd)
	if err != nil {
		return "", err
	}
	if in.mtime == mtime {
		settled := in.encode()
		return kvstore.Generation(settled[:]), nil
	}
	return in.generation(time.Now(), value), nil
}

// remove deletes the value and the lock file.
func (t *target) remove() error {
	err := again(func() error { return unix.Unlinkat(t.dir, t.name, 0) })
	if err != nil && err != unix.ENOENT && err != unix.EISDIR {
		return err
	}
	if t.lock != "" {
		again(func() error { return unix.Unlinkat(t.dir, t.lock, 0) })
	}
	return t.s.syncDir(t.dir)
}

func writeAll(ctx context.Context, fd int, b []byte) error {
	for len(b) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := 0
		err := again(func() (err error) {
			n, err = unix.Write(fd, b[:min(len(b), piece)])
			return err
		})
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
