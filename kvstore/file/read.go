package file

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
)

const (
	// maxTries is how often a value that changes under the reader is read.
	maxTries = 20
	// piece is how much is read between two looks at the context.
	piece = 16 << 20
)

var (
	errChanged    = errors.New("the file changed while it was read")
	errNotRegular = errors.New("not a regular file")
)

// Read implements kvstore.Store.
func (s *Store) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if err := checkKey(key); err != nil {
		return kvstore.ReadResult{}, err
	}
	if err := s.begin(ctx); err != nil {
		return kvstore.ReadResult{}, s.fail("read", key, err)
	}
	defer s.end()
	for range maxTries {
		res, err := s.read(ctx, key, &opt)
		if err == nil {
			return res, nil
		}
		if err != errChanged {
			return kvstore.ReadResult{}, s.fail("read", key, err)
		}
	}
	return kvstore.ReadResult{}, s.fail("read", key, fmt.Errorf("%w: %w", kvstore.ErrTemporary, errChanged))
}

// read makes one try.
func (s *Store) read(ctx context.Context, key string, opt *kvstore.ReadOptions) (kvstore.ReadResult, error) {
	now := time.Now()
	if opt.IfEqual == "" && s.looksLike(key, opt.IfNotEqual) {
		return kvstore.ReadResult{State: kvstore.Unchanged, Stamp: kvstore.Stamp{Generation: opt.IfNotEqual, Time: now}}, nil
	}
	if opt.StatOnly {
		in, err := s.stat(key)
		res, _, err := answer(opt, in, err, now)
		return res, err
	}
	fd, err := s.open(key, readFlags)
	if err != nil {
		res, _, err := answer(opt, info{}, err, now)
		return res, err
	}
	defer unix.Close(fd)
	in, err := fstat(fd)
	res, done, err := answer(opt, in, err, now)
	if done || err != nil {
		return res, err
	}
	lo, hi, err := opt.Select(in.size)
	if err != nil {
		return res, err
	}
	res.Value = opt.Into(hi - lo)
	if err := readFull(ctx, fd, res.Value, lo); err != nil {
		return res, err
	}
	after, err := fstat(fd)
	if err != nil {
		return res, err
	}
	if after.size != in.size || after.mtime != in.mtime {
		return res, errChanged
	}
	if opt.Range.Whole() && len(res.Stamp.Generation) != settledLen {
		res.Stamp.Generation = in.generation(now, res.Value)
	}
	return res, nil
}

// answer says what the file, or the error of looking at it, means. done tells
// that no bytes are needed.
func answer(opt *kvstore.ReadOptions, in info, err error, now time.Time) (res kvstore.ReadResult, done bool, _ error) {
	res.Stamp.Time = now
	switch {
	case missing(err) || err == nil && in.isKind(unix.S_IFDIR):
		return absent(opt, res)
	case err == unix.ENXIO || err == nil && !in.isKind(unix.S_IFREG):
		return res, true, errNotRegular
	case err != nil:
		return res, true, err
	case opt.IfEqual != "" && !in.is(opt.IfEqual):
		return res, true, kvstore.ErrMismatch
	case in.isSettled(opt.IfNotEqual):
		res.State, res.Stamp.Generation = kvstore.Unchanged, opt.IfNotEqual
		return res, true, nil
	}
	res.State, res.Size, res.Modified = kvstore.Present, in.size, in.modified()
	res.Stamp.Generation = in.generation(now, nil)
	return res, opt.StatOnly, nil
}

func absent(opt *kvstore.ReadOptions, res kvstore.ReadResult) (kvstore.ReadResult, bool, error) {
	res.Stamp.Generation = kvstore.Absent
	switch {
	case opt.IfEqual != "" && opt.IfEqual != kvstore.Absent:
		return res, true, kvstore.ErrMismatch
	case opt.IfNotEqual == kvstore.Absent:
		res.State = kvstore.Unchanged
	}
	return res, true, nil
}

// readFull fills b from offset at of the file. A file that ends before has been
// changed.
func readFull(ctx context.Context, fd int, b []byte, at int64) error {
	for len(b) > 0 {
		n := 0
		err := again(func() (err error) {
			n, err = unix.Pread(fd, b[:min(len(b), piece)], at)
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return errChanged
		}
		b, at = b[n:], at+int64(n)
		if err := ctx.Err(); err != nil && len(b) > 0 {
			return err
		}
	}
	return nil
}

// hashMatches reports whether the content that g was made from is still there.
// It is called under the lock of key, with a g that matches otherwise.
func (s *Store) hashMatches(ctx context.Context, key string, g kvstore.Generation) (bool, error) {
	want, ok := hashOf(g)
	if !ok {
		return true, nil
	}
	fd, err := s.open(key, readFlags)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	in, err := fstat(fd)
	if err != nil || !in.is(g) {
		return false, err
	}
	value := make([]byte, in.size)
	if err := readFull(ctx, fd, value, 0); err != nil {
		return false, err
	}
	return contentHash(value) == want, nil
}
