package http

import (
	"errors"
	"fmt"
	"io/fs"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tsmount/kvstore"
)

var errRangeIgnored = errors.New("the server ignores byte ranges")

// exchange is a request and the head of its answer.
type exchange struct {
	opt   *kvstore.ReadOptions
	resp  *nethttp.Response
	sent  time.Time
	head  bool // without a body
	watch *watch
}

// result says what the answer means, and reads its body if it is the value.
func (x *exchange) result() (kvstore.ReadResult, error) {
	res := kvstore.ReadResult{Stamp: kvstore.Stamp{Time: x.time()}}
	code := x.resp.StatusCode
	switch {
	case code == nethttp.StatusOK, code == nethttp.StatusPartialContent:
		return x.present(res)
	case code == nethttp.StatusNoContent, code == nethttp.StatusNotFound:
		return x.missing(res)
	case code == nethttp.StatusNotModified && x.opt.IfNotEqual != "":
		res.State, res.Stamp.Generation = kvstore.Unchanged, x.opt.IfNotEqual
		return res, nil
	case code == nethttp.StatusPreconditionFailed && x.opt.IfEqual != "":
		return res, kvstore.ErrMismatch
	case code == nethttp.StatusRequestedRangeNotSatisfiable:
		return x.outside(res)
	}
	return res, x.refused()
}

// refused is the error that a status means.
func (x *exchange) refused() error {
	status := x.resp.Status
	switch code := x.resp.StatusCode; {
	case code == nethttp.StatusUnauthorized, code == nethttp.StatusForbidden:
		return fmt.Errorf("%w: %s", fs.ErrPermission, status)
	case code == nethttp.StatusBadRequest:
		return fmt.Errorf("%w: %s", fs.ErrInvalid, status)
	case code == nethttp.StatusRequestTimeout, code == nethttp.StatusTooManyRequests, code >= 500:
		return fmt.Errorf("%w: %s", kvstore.ErrTemporary, status)
	case code >= 300 && code < 400:
		to := x.resp.Header.Get("Location")
		if u, err := url.Parse(to); err == nil {
			to = kvstore.RedactURL(x.resp.Request.URL.ResolveReference(u).String())
		}
		return fmt.Errorf("%s to %q: redirects are not followed", status, to)
	}
	return errors.New(status)
}

// time is when what the answer says was known to be so.
func (x *exchange) time() time.Time {
	age, err := strconv.ParseUint(x.resp.Header.Get("Age"), 10, 31)
	if err != nil {
		return x.sent
	}
	return x.sent.Add(-time.Duration(age) * time.Second)
}

func (x *exchange) missing(res kvstore.ReadResult) (kvstore.ReadResult, error) {
	res.Stamp.Generation = kvstore.Absent
	switch {
	case x.opt.IfEqual != "" && x.opt.IfEqual != kvstore.Absent:
		return res, kvstore.ErrMismatch
	case x.opt.IfNotEqual == kvstore.Absent:
		res.State = kvstore.Unchanged
	}
	return res, nil
}

// present reads the value, or what was asked for of it.
func (x *exchange) present(res kvstore.ReadResult) (kvstore.ReadResult, error) {
	size, err := x.size()
	if err != nil {
		return res, err
	}
	g := generationOf(x.resp.Header, size)
	switch {
	case x.opt.IfEqual != "" && x.opt.IfEqual != g:
		return res, kvstore.ErrMismatch
	case settled(g) && x.opt.IfNotEqual == g:
		res.State, res.Stamp.Generation = kvstore.Unchanged, g
		return res, nil
	}
	res.State, res.Size, res.Stamp.Generation = kvstore.Present, size, g
	if t, err := nethttp.ParseTime(x.resp.Header.Get("Last-Modified")); err == nil {
		res.Modified = t
	}
	if x.opt.StatOnly {
		return res, nil
	}
	if res.Value, err = x.value(size); err != nil {
		return res, err
	}
	if size < 0 && x.opt.Range.Whole() {
		res.Size = int64(len(res.Value))
	}
	return res, nil
}

// outside answers a range that the server finds outside the value: one that
// begins at its end is empty, and no error here.
func (x *exchange) outside(res kvstore.ReadResult) (kvstore.ReadResult, error) {
	size, err := strconv.ParseInt(strings.TrimPrefix(x.resp.Header.Get("Content-Range"), "bytes */"), 10, 64)
	if err != nil {
		return res, fmt.Errorf("%w: %v: %s", kvstore.ErrRange, x.opt.Range, x.resp.Status)
	}
	lo, hi, err := x.opt.Select(size)
	g := generationOf(x.resp.Header, size)
	switch {
	case err != nil:
		return res, err
	case lo != hi:
		return res, fmt.Errorf("%w: %s for bytes that exist", kvstore.ErrTemporary, x.resp.Status)
	case x.opt.IfEqual != "" && x.opt.IfEqual != g:
		return res, kvstore.ErrMismatch
	}
	res.State, res.Size, res.Stamp.Generation, res.Value = kvstore.Present, size, g, x.opt.Into(0)
	return res, nil
}

// size returns the size of the whole value, -1 if the answer does not tell.
func (x *exchange) size() (int64, error) {
	switch {
	case x.encoded():
		return -1, nil
	case x.resp.StatusCode == nethttp.StatusPartialContent:
		_, _, size, err := contentRange(x.resp.Header.Get("Content-Range"))
		return size, err
	case !x.head && !x.opt.Range.Whole():
		return 0, errRangeIgnored
	}
	return x.resp.ContentLength, nil
}

// encoded reports whether the body is not the value itself.
func (x *exchange) encoded() bool {
	e := x.resp.Header.Get("Content-Encoding")
	return e != "" && !strings.EqualFold(e, "identity")
}

// contentRange parses "bytes first-last/size"; the size may be "*", which is -1.
func contentRange(text string) (lo, hi, size int64, err error) {
	var first, last, total uint64
	text, unit := strings.CutPrefix(text, "bytes ")
	span, rest, ok := strings.Cut(text, "/")
	from, to, ok2 := strings.Cut(span, "-")
	first, err1 := strconv.ParseUint(from, 10, 62)
	last, err2 := strconv.ParseUint(to, 10, 62)
	total, err3 := strconv.ParseUint(rest, 10, 62)
	if rest == "*" {
		total, err3 = last+1, nil
	}
	if !unit || !ok || !ok2 || errors.Join(err1, err2, err3) != nil || first > last || last >= total {
		return 0, 0, 0, fmt.Errorf("invalid Content-Range %q", text)
	}
	size = int64(total)
	if rest == "*" {
		size = -1
	}
	return int64(first), int64(last) + 1, size, nil
}
