package file

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	readFlags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC
	dirFlags  = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NONBLOCK | unix.O_CLOEXEC
	pathFlags = unix.O_PATH | unix.O_CLOEXEC
)

// haveOpenat2 reports whether the kernel (5.6) and the sandbox allow openat2.
var haveOpenat2 = sync.OnceValue(func() bool {
	fd, err := openat2(unix.AT_FDCWD, "/", pathFlags, unix.RESOLVE_NO_SYMLINKS)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
})

func openat2(dir int, path string, flags int, resolve uint64) (fd int, err error) {
	how := unix.OpenHow{Flags: uint64(flags), Resolve: resolve}
	for range 100 { // EAGAIN: a rename elsewhere confused the check of ".."
		fd, err = unix.Openat2(dir, path, &how)
		if err != unix.EINTR && err != unix.EAGAIN {
			break
		}
	}
	return fd, err
}

// open opens the file or directory of key, the root for "", and never anything
// outside the root. A link that leads out is EXDEV. The caller closes fd.
//
// The usual path has no links at all, neither in the root nor below it. Then one
// system call that refuses links is safe, and needs no root that is kept open
// and might have been replaced.
func (s *Store) open(key string, flags int) (fd int, err error) {
	if !s.oneStep {
		return s.openRooted(key, flags)
	}
	tryOneStep := !s.linked.Load() && len(s.dir)+len(key) < unix.PathMax
	if tryOneStep {
		fd, err = openat2(unix.AT_FDCWD, s.dir+key, flags, unix.RESOLVE_NO_SYMLINKS)
		if err != unix.ELOOP {
			return fd, err
		}
		s.linked.Store(true)
	}
	var root int
	err = again(func() (err error) {
		root, err = unix.Open(s.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return -1, err
	}
	defer unix.Close(root)
	if key == "" {
		key = "."
	}
	return openat2(root, key, flags, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_MAGICLINKS)
}

// openRooted is open for kernels without openat2. os.Root does the same, step by
// step.
func (s *Store) openRooted(key string, flags int) (int, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return -1, cause(err)
	}
	defer root.Close()
	if key == "" {
		key = "."
	}
	f, err := root.OpenFile(key, flags, 0)
	if err != nil {
		return -1, cause(err)
	}
	defer f.Close()
	return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
}

// cause returns the errno of an error of os.Root, as openat2 would. Its own
// error is the one that it gives when a path leads out.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return unix.EXDEV
	}
	return err
}

// stat describes the file of key without opening it, links followed as open
// does.
func (s *Store) stat(key string) (info, error) {
	if s.oneStep {
		fd, err := s.open(key, pathFlags)
		if err != nil {
			return info{}, err
		}
		defer unix.Close(fd)
		return fstat(fd)
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return info{}, cause(err)
	}
	defer root.Close()
	fi, err := root.Stat(key)
	if err != nil {
		return info{}, cause(err)
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return info{}, errNotRegular
	}
	return info{
		mode: st.Mode, dev: uint64(st.Dev), ino: st.Ino, size: st.Size,
		mtime: st.Mtim.Nano(), ctime: st.Ctim.Nano(),
	}, nil
}

// makeDir opens the directory of key dir, made with its parents if need be.
func (s *Store) makeDir(dir string) (fd int, err error) {
	if fd, err = s.open(dir, dirFlags); err != unix.ENOENT {
		return fd, err
	}
	if dir == "" {
		if err := s.makeRoot(strings.TrimSuffix(s.dir, "/")); err != nil {
			return -1, err
		}
		return s.open(dir, dirFlags)
	}
	above, name := split(dir)
	parent, err := s.makeDir(above)
	if err != nil {
		return -1, err
	}
	defer unix.Close(parent)
	if err := again(func() error { return unix.Mkdirat(parent, name, 0o777) }); err != nil && err != unix.EEXIST {
		return -1, err
	}
	if err := s.syncDir(parent); err != nil {
		return -1, err
	}
	return s.open(dir, dirFlags)
}

// makeRoot makes the directory path and its parents.
func (s *Store) makeRoot(path string) error {
	err := os.Mkdir(path, 0o777)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || (err != nil && !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	if err != nil {
		if err := s.makeRoot(path[:i]); err != nil {
			return err
		}
		if err := os.Mkdir(path, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	parent, err := os.Open(path[:i])
	if err != nil {
		return err
	}
	defer parent.Close()
	return s.syncDir(int(parent.Fd()))
}

// syncDir makes the names in a directory durable, if the store is to sync and
// the file system can.
func (s *Store) syncDir(dir int) error {
	if !s.opt.Sync {
		return nil
	}
	err := again(func() error { return unix.Fsync(dir) })
	if err == unix.EINVAL || err == unix.ENOTSUP {
		return nil
	}
	return err
}
