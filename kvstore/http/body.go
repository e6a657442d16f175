package http

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"strings"
	"time"

	"tsmount/kvstore"
)

// maxUnknown is the most bytes that a value may have of which the answer does not
// tell how many, where nobody else says so.
const maxUnknown = 1 << 30

// watch ends a request that brings nothing for a while.
type watch struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func newWatch(ctx context.Context, limit time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	stalled := fmt.Errorf("%w: the server sent nothing for %v", kvstore.ErrTemporary, limit)
	return ctx, &watch{limit: limit, cancel: cancel, timer: time.AfterFunc(limit, func() { cancel(stalled) })}
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// watched is a body that tells its watch of what comes. What ends it early may
// pass.
type watched struct {
	x *exchange
}

func (b watched) Read(p []byte) (int, error) {
	n, err := b.x.resp.Body.Read(p)
	if n > 0 {
		b.x.watch.timer.Reset(b.x.watch.limit)
	}
	if err != nil && err != io.EOF {
		err = b.x.broken(err)
	}
	return n, err
}

// broken is the error of a body that did not come whole.
func (x *exchange) broken(err error) error {
	if cause := context.Cause(x.resp.Request.Context()); cause != nil {
		return cause
	}
	return fmt.Errorf("%w: %w", kvstore.ErrTemporary, err)
}

// value reads the body, of a value of size bytes.
func (x *exchange) value(size int64) ([]byte, error) {
	if x.head {
		if size < 0 {
			return nil, fmt.Errorf("%w: the size is not known", kvstore.ErrRange)
		}
		_, _, err := x.opt.Select(size)
		return x.opt.Into(0), err
	}
	if x.encoded() || size < 0 && x.resp.StatusCode == nethttp.StatusOK {
		return x.unknown()
	}
	n, err := x.expected(size)
	if err != nil {
		return nil, err
	}
	if x.opt.MaxBytes > 0 && n > x.opt.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are expected", kvstore.ErrTooLarge, n, x.opt.MaxBytes)
	}
	value := x.opt.Into(n)
	if _, err := io.ReadFull(watched{x}, value); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = x.broken(io.ErrUnexpectedEOF)
		}
		return nil, err
	}
	return value, nil
}

// expected returns how many bytes the body has, which must be those that were
// asked for.
func (x *exchange) expected(size int64) (int64, error) {
	if x.resp.StatusCode == nethttp.StatusOK {
		return size, nil
	}
	first, end, _, err := contentRange(x.resp.Header.Get("Content-Range"))
	if err != nil {
		return 0, err
	}
	lo, hi := x.opt.Range.Offsets()
	switch {
	case size >= 0:
		if lo, hi, err = x.opt.Range.Resolve(size); err != nil {
			return 0, err
		}
	case lo < 0:
		lo, hi = first, first-lo
	case hi < 0:
		hi = end
	}
	if first != lo || end != hi {
		return 0, fmt.Errorf("%w: the server sent bytes %d to %d for %v", kvstore.ErrRange, first, end, x.opt.Range)
	}
	return end - first, nil
}

// unknown reads a value of which only the end tells the size.
func (x *exchange) unknown() ([]byte, error) {
	if x.resp.StatusCode != nethttp.StatusOK || !x.opt.Range.Whole() {
		return nil, fmt.Errorf("a part of what is stored with Content-Encoding %q cannot be read", x.resp.Header.Get("Content-Encoding"))
	}
	body, err := x.decoder()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	limit := int64(maxUnknown)
	if x.opt.MaxBytes > 0 {
		limit = x.opt.MaxBytes
	}
	var b bytes.Buffer
	switch n, err := io.Copy(&b, io.LimitReader(body, limit+1)); {
	case err != nil:
		return nil, err
	case n > limit:
		return nil, fmt.Errorf("%w: more than the %d bytes that are expected", kvstore.ErrTooLarge, limit)
	}
	value := x.opt.Into(int64(b.Len()))
	copy(value, b.Bytes())
	return value, nil
}

// decoder undoes what a server has encoded although it was not asked to: values
// may be stored that way.
func (x *exchange) decoder() (io.ReadCloser, error) {
	body := watched{x}
	encoding := strings.ToLower(x.resp.Header.Get("Content-Encoding"))
	var r io.ReadCloser
	var err error
	switch encoding {
	case "", "identity":
		return io.NopCloser(body), nil
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(body)
	case "deflate":
		r, err = zlib.NewReader(body)
	default:
		return nil, fmt.Errorf("unknown Content-Encoding %q", encoding)
	}
	if err != nil && !errors.Is(err, kvstore.ErrTemporary) {
		return nil, fmt.Errorf("Content-Encoding %q: %w", encoding, err)
	}
	return r, err
}
