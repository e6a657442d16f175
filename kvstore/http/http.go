package http

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	nethttp "net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"tsmount/kvstore"
	"tsmount/resources"
)

// Options say how a store asks its server. The zero value sends nothing special
// and sets no limit.
type Options struct {
	// Requests limits how many requests run at a time; nil is no limit.
	Requests *resources.Limiter
	// Header is sent with every request. It may hold secrets.
	Header nethttp.Header
	// Query follows every path. It may hold secrets.
	Query string
	// Stall is how long a body may bring nothing; default: a minute.
	Stall time.Duration
}

// Store is a kvstore.Store behind a web server. Use New. It makes one try: see
// kvstore.Retry.
type Store struct {
	base     string // URL without query; a key follows behind a "/"
	user     *url.Userinfo
	identity string
	opt      Options
	client   *nethttp.Client
	answered atomic.Bool // the server has answered, ever
}

var (
	_ kvstore.Store       = (*Store)(nil)
	_ kvstore.Writability = (*Store)(nil)
)

// New returns the store whose keys follow the URL base, which has no query and
// does not end in "/".
func New(base string, opt Options) (*Store, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("invalid URL %q", kvstore.RedactURL(base))
	}
	if opt.Stall <= 0 {
		opt.Stall = time.Minute
	}
	user := u.User
	u.User = nil
	s := &Store{base: strings.TrimSuffix(u.String(), "/"), user: user, opt: opt, client: client()}
	secret := sha256.New()
	fmt.Fprintln(secret, user, opt.Query)
	_ = opt.Header.Write(secret) // a hash never fails
	s.identity = fmt.Sprintf("http %x %s/", secret.Sum(nil)[:8], s.base)
	return s, nil
}

// Identity implements kvstore.Store.
func (s *Store) Identity() string { return s.identity }

// Location implements kvstore.Store.
func (s *Store) Location(key string) string { return s.base + "/" + kvstore.EscapePath(key, "") }

// Writable implements kvstore.Writability.
func (s *Store) Writable() error {
	return fmt.Errorf("%s: %w: a web server cannot be written to", s.Location(""), kvstore.ErrReadOnly)
}

// Write implements kvstore.Store: it fails.
func (s *Store) Write(_ context.Context, key string, _ []byte, _ kvstore.WriteOptions) (kvstore.Stamp, error) {
	return kvstore.Stamp{}, s.fail("write", key, kvstore.ErrReadOnly)
}

// Delete implements kvstore.Store: it fails.
func (s *Store) Delete(_ context.Context, key string, _ kvstore.WriteOptions) (kvstore.Stamp, error) {
	return kvstore.Stamp{}, s.fail("delete", key, kvstore.ErrReadOnly)
}

// List implements kvstore.Store: a web server cannot list.
func (s *Store) List(context.Context, kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		yield(kvstore.Entry{}, s.fail("list", "", errors.ErrUnsupported))
	}
}

// Read implements kvstore.Store.
func (s *Store) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if err := checkKey(key); err != nil {
		return kvstore.ReadResult{}, err
	}
	res, err := s.read(ctx, key, &opt)
	if err != nil {
		return kvstore.ReadResult{}, s.fail("read", key, err)
	}
	return res, nil
}

func (s *Store) fail(op, key string, err error) error {
	return fmt.Errorf("%s %s: %w", op, s.Location(key), err)
}

// checkKey refuses keys that a server could take for a path outside the root.
func checkKey(key string) error {
	if key == "" {
		return kvstore.BadKey(key, "a key is not empty")
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "." || part == ".." {
			return kvstore.BadKey(key, fmt.Sprintf("it has a component %q", part))
		}
	}
	if strings.Contains(key, "\x00") {
		return kvstore.BadKey(key, "NUL")
	}
	return nil
}

// read makes one request, or two where only the first can tell that nothing has
// changed.
func (s *Store) read(ctx context.Context, key string, opt *kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if isDated(opt.IfNotEqual) && !opt.StatOnly {
		look := kvstore.ReadOptions{StatOnly: true, IfNotEqual: opt.IfNotEqual, Bound: opt.Bound}
		if res, err := s.request(ctx, key, &look); err == nil && res.State == kvstore.Unchanged && opt.IfEqual == "" {
			return res, nil
		}
	}
	return s.request(ctx, key, opt)
}

// request makes one request; an empty range takes one that brings no bytes.
func (s *Store) request(ctx context.Context, key string, opt *kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if err := s.opt.Requests.Acquire(ctx); err != nil {
		return kvstore.ReadResult{}, err
	}
	defer s.opt.Requests.Release()
	head := opt.StatOnly || isEmpty(opt.Range)
	sent := time.Now()
	resp, watch, err := s.send(ctx, key, opt, head)
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	defer watch.stop()
	defer func() {
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrain) // so that the connection can be used again
		resp.Body.Close()
	}()
	return (&exchange{opt: opt, resp: resp, sent: sent, head: head, watch: watch}).result()
}
