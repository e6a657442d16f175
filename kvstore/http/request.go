package http

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"strconv"
	"syscall"
	"time"

	"tsmount/kvstore"
)

// isEmpty reports whether a range selects no bytes whatever the value: HTTP has
// no such request.
func isEmpty(r kvstore.ByteRange) bool {
	lo, hi := r.Offsets()
	return lo >= 0 && lo == hi || r == kvstore.Last(0)
}

// send sends the request for key and returns the head of the answer. The watch
// ends the request when its body stalls.
func (s *Store) send(ctx context.Context, key string, opt *kvstore.ReadOptions, head bool) (*nethttp.Response, *watch, error) {
	method := nethttp.MethodGet
	if head {
		method = nethttp.MethodHead
	}
	target := s.Location(key)
	if s.opt.Query != "" {
		target += "?" + s.opt.Query
	}
	ctx, w := newWatch(ctx, s.opt.Stall)
	req, err := nethttp.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		w.stop()
		return nil, nil, kvstore.BadKey(key, "it makes no URL")
	}
	req.Header = s.opt.Header.Clone()
	if req.Header == nil {
		req.Header = nethttp.Header{}
	}
	if password, ok := s.user.Password(); s.user != nil && (ok || s.user.Username() != "") {
		req.SetBasicAuth(s.user.Username(), password)
	}
	setHeader(req.Header, opt, head, time.Now())
	resp, err := s.client.Do(req)
	if err != nil {
		err = s.unreachable(ctx, err)
		w.stop()
		return nil, nil, err
	}
	s.answered.Store(true)
	return resp, w, nil
}

// setHeader says what is asked for.
func setHeader(h nethttp.Header, opt *kvstore.ReadOptions, head bool, now time.Time) {
	// Chunks are compressed already, and what a server compresses on the way has
	// no strong ETag and no byte ranges.
	h.Set("Accept-Encoding", "identity")
	if !opt.Range.Whole() && !head {
		h.Set("Range", rangeHeader(opt.Range))
	}
	if tag, ok := tagOf(opt.IfNotEqual); ok {
		h.Set("If-None-Match", tag)
	}
	if tag, ok := tagOf(opt.IfEqual); ok {
		h.Set("If-Match", tag)
	}
	switch age := now.Sub(opt.Bound); {
	case opt.Bound.IsZero() || age < time.Second:
		h.Set("Cache-Control", "no-cache")
	case opt.Bound.Unix() > 0: // else anything will do
		h.Set("Cache-Control", "max-age="+strconv.FormatInt(int64(age/time.Second), 10))
	}
}

func rangeHeader(r kvstore.ByteRange) string {
	switch lo, hi := r.Offsets(); {
	case lo < 0:
		return fmt.Sprintf("bytes=%d", lo)
	case hi < 0:
		return fmt.Sprintf("bytes=%d-", lo)
	default:
		return fmt.Sprintf("bytes=%d-%d", lo, hi-1)
	}
}

// unreachable is the error of a request without an answer. It may pass, unless
// the name does not exist or its certificate is not trusted; that nobody listens
// may pass where there was a server before.
func (s *Store) unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	err = errors.Unwrap(err) // which has the URL, and its query
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name) && name.IsNotFound, errors.As(err, &certificate):
		return err
	case errors.Is(err, syscall.ECONNREFUSED) && !s.answered.Load():
		return err
	}
	return fmt.Errorf("%w: %w", kvstore.ErrTemporary, err)
}
