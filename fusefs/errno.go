package fusefs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/fusefs/tree"
	"tsmount/kvstore"
)

// errnos says what the kernel is told about an error; the first match counts.
// What matches nothing is the syscall.Errno that it wraps, or else EIO.
var errnos = []struct {
	is    error
	errno syscall.Errno
}{
	{drivers.ErrCorrupt, syscall.EIO},
	{tree.ErrPastEnd, syscall.EFBIG},
	{tree.ErrStale, syscall.ESTALE},
	{cache.ErrIncompatible, syscall.ESTALE},
	{cache.ErrClosed, syscall.ESTALE},
	{context.Canceled, syscall.EINTR},
	{context.DeadlineExceeded, syscall.ETIMEDOUT},
	{kvstore.ErrReadOnly, syscall.EROFS},
	{kvstore.ErrMismatch, syscall.ESTALE},
	{kvstore.ErrTemporary, syscall.ETIMEDOUT},
	{fs.ErrNotExist, syscall.ENOENT},
	{fs.ErrPermission, syscall.EACCES},
	{errors.ErrUnsupported, syscall.EOPNOTSUPP},
	{fs.ErrInvalid, syscall.EINVAL},
}

// errnoOf returns the number for an error.
func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	for _, e := range errnos {
		if errors.Is(err, e.is) {
			return e.errno
		}
	}
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != 0 {
		return errno
	}
	return syscall.EIO
}

// fail turns the error of an operation on path into what the kernel is told. It
// is counted, and logged unless it says no more than the number does.
func (s *Server) fail(op, path string, err error) syscall.Errno {
	errno := errnoOf(err)
	switch errno {
	case 0, syscall.ENOENT, syscall.EROFS, syscall.EINTR, syscall.EOPNOTSUPP, syscall.EFBIG:
		return errno
	}
	s.trouble.report(op, path, errno.Error(), err)
	return errno
}

// failRead is fail for an open file: that something is missing, misnamed or not
// supported behind it is a fault of the data, not of the call.
func (s *Server) failRead(path string, err error) syscall.Errno {
	errno := errnoOf(err)
	switch errno {
	case syscall.ENOENT, syscall.EINVAL, syscall.EOPNOTSUPP:
		errno = syscall.EIO
	case syscall.EINTR:
		return errno
	}
	s.trouble.report("read", path, errno.Error(), err)
	return errno
}

// misfit is the answer to a change of a file's size, which is what it is.
func misfit(size, want int64) syscall.Errno {
	if want > size {
		return syscall.EFBIG
	}
	return syscall.EINVAL
}

// panicked answers a request whose handler panicked.
func (s *Server) panicked(value any) fuse.Status {
	s.trouble.report("request", "", "panic", fmt.Errorf("panic: %v\n%s", value, debug.Stack()))
	return fuse.EIO
}

// gone is the answer about an inode whose name leads nowhere any more: the
// kernel then looks the name up again, and tells who came with a name that it
// does not exist.
func gone(errno syscall.Errno) syscall.Errno {
	if errno == syscall.ENOENT {
		return syscall.ESTALE
	}
	return errno
}

// refuse is the answer to everything that would change names or attributes.
func (s *Server) refuse() syscall.Errno {
	if s.writable {
		return syscall.EPERM
	}
	return syscall.EROFS
}

// readOnly is the answer to a change of a file that cannot be written,
// notSupported to an operation that no file has.
const (
	readOnly     = syscall.EROFS
	notSupported = syscall.EOPNOTSUPP
)

// noAttribute is the answer for an extended attribute that does not exist,
// tooSmall for a buffer that does not hold the value.
const (
	noAttribute = syscall.ENODATA
	tooSmall    = syscall.ERANGE
)

// refuseAttribute is the answer to a change of attributes: they have no place
// in the store.
func (s *Server) refuseAttribute() syscall.Errno {
	if s.writable {
		return syscall.EOPNOTSUPP
	}
	return syscall.EROFS
}

// disconnected reports whether a mount point's server is gone.
func disconnected(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, syscall.ECONNABORTED)
}

// unsupported reports whether the kernel does not know a notification.
func unsupported(errno syscall.Errno) bool { return errno == syscall.ENOSYS }
