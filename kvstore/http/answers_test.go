package http_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	nethttp "net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/http"
	"tsmount/resources"
)

// get reads key of s.
func get(t *testing.T, s kvstore.Store, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	t.Helper()
	return s.Read(t.Context(), key, opt)
}

// What a status means.
func TestStatus(t *testing.T) {
	f := newFiles(t)
	s := f.store(t, http.Options{})
	for status, want := range map[int]error{
		204: nil, 404: nil, 400: fs.ErrInvalid, 401: fs.ErrPermission, 403: fs.ErrPermission,
		408: kvstore.ErrTemporary, 429: kvstore.ErrTemporary, 500: kvstore.ErrTemporary, 502: kvstore.ErrTemporary, 503: kvstore.ErrTemporary, 504: kvstore.ErrTemporary,
		301: errors.New("301 Moved Permanently to"), 410: errors.New("410 Gone"), 418: errors.New("418"), 304: errors.New("304"), 412: errors.New("412"),
	} {
		f.instead(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
			w.Header().Set("Location", "https://elsewhere/login?token=secret")
			w.WriteHeader(status)
			return true
		})
		res, err := get(t, s, "k", kvstore.ReadOptions{})
		switch {
		case want == nil:
			if err != nil || res.State != kvstore.Missing || res.Stamp.Generation != kvstore.Absent {
				t.Errorf("%d: got %+v, %v, want Missing", status, res, err)
			}
		case err == nil || !errors.Is(err, want) && !strings.Contains(err.Error(), want.Error()):
			t.Errorf("%d: got %+v, %v, want %v", status, res, err, want)
		case !strings.Contains(err.Error(), f.server.URL+"/k") || strings.Contains(err.Error(), "secret"):
			t.Errorf("%d: the error %v does not name the URL, or too much of another", status, err)
		}
	}
	if n := len(f.requests()); n != 16 {
		t.Errorf("%d requests: a redirect was followed, or something tried again", n)
	}
}

// How fresh an answer must be is told to the caches on the way.
func TestCacheControl(t *testing.T) {
	f := newFiles(t)
	s := f.store(t, http.Options{Header: nethttp.Header{"X-Key": {"v"}}, Query: "q=1"})
	f.put("a b", "x")
	for bound, want := range map[time.Duration]string{0: "no-cache", time.Hour: "no-cache", -90 * time.Second: "max-age=90", -100 * 365 * 24 * time.Hour: ""} {
		opt := kvstore.ReadOptions{Bound: time.Now().Add(bound)}
		if bound == 0 {
			opt.Bound = time.Time{}
		}
		if _, err := get(t, s, "a b", opt); err != nil {
			t.Fatal(err)
		}
		r := f.requests()[0]
		if got := r.Header.Get("Cache-Control"); got != want {
			t.Errorf("bound %v: got %q, want %q", bound, got, want)
		}
		if r.Header.Get("X-Key") != "v" || r.URL.RawQuery != "q=1" || r.URL.EscapedPath() != "/a%20b" || r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("got %v %v", r.URL, r.Header)
		}
	}
	f.instead(func(w nethttp.ResponseWriter, r *nethttp.Request) bool { w.Header().Set("Age", "30"); return false })
	res, err := get(t, s, "a b", kvstore.ReadOptions{Bound: time.Now().Add(-time.Minute)})
	if age := time.Since(res.Stamp.Time); err != nil || age < 30*time.Second || age > 31*time.Second {
		t.Errorf("an answer that a cache has had for 30 s: it is stamped %v ago, %v", age, err)
	}
}

// A value that has a validator is not sent again, and one that has none always.
func TestValidators(t *testing.T) {
	f := newFiles(t)
	s := f.store(t, http.Options{})
	old := time.Now().Add(-time.Hour)
	for name, test := range map[string]struct {
		value
		unchanged bool
		requests  string // methods
	}{
		"tag":                {value{[]byte("abc"), `"t"`, old}, true, "GET"},
		"date":               {value{[]byte("abc"), "", old}, true, "HEAD"},
		"weak tag":           {value{[]byte("abc"), `W/"t"`, time.Time{}}, false, "GET"},
		"nothing":            {value{[]byte("abc"), "", time.Time{}}, false, "GET"},
		"changed just now":   {value{[]byte("abc"), "", time.Now()}, false, "GET"},
		"weak tag and date":  {value{[]byte("abc"), `W/"t"`, old}, true, "HEAD"},
		"tag that is broken": {value{[]byte("abc"), `"t`, time.Time{}}, false, "GET"},
	} {
		f.set("k", test.value)
		res, err := get(t, s, "k", kvstore.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		g := res.Stamp.Generation
		f.requests()
		res, err = get(t, s, "k", kvstore.ReadOptions{IfNotEqual: g})
		methods := ""
		for _, r := range f.requests() {
			methods += r.Method
		}
		if err != nil || (res.State == kvstore.Unchanged) != test.unchanged || methods != test.requests {
			t.Errorf("%s: got state %v after %s, %v", name, res.State, methods, err)
		}
		part, err := get(t, s, "k", kvstore.ReadOptions{IfEqual: g, Range: kvstore.Span(1, 2)})
		if err != nil || string(part.Value) != "b" {
			t.Errorf("%s: a part under the condition: got %q, %v", name, part.Value, err)
		}
		changed := test.value
		changed.data, changed.tag = []byte("other"), strings.Replace(test.tag, "t", "u", 1)
		if !changed.modified.IsZero() {
			changed.modified = old.Add(-time.Hour) // an older file takes the place
		}
		f.set("k", changed)
		if res, err = get(t, s, "k", kvstore.ReadOptions{IfNotEqual: g}); err != nil || string(res.Value) != "other" {
			t.Errorf("%s: a change is not seen: got %+v, %v", name, res, err)
		}
		if _, err = get(t, s, "k", kvstore.ReadOptions{IfEqual: g, Range: kvstore.Span(1, 2)}); !errors.Is(err, kvstore.ErrMismatch) {
			t.Errorf("%s: a part of another value: got %v, want ErrMismatch", name, err)
		}
	}
}

// Answers that are not what was asked for are errors, never other bytes.
func TestWrongAnswers(t *testing.T) {
	f := newFiles(t)
	s := f.store(t, http.Options{})
	f.put("k", "0123456789")
	partial := func(contentRange, body string) func(nethttp.ResponseWriter, *nethttp.Request) bool {
		return func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			w.Header().Set("Content-Range", contentRange)
			w.WriteHeader(206)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for name, test := range map[string]struct {
		answer func(w nethttp.ResponseWriter, r *nethttp.Request) bool
		r      kvstore.ByteRange
		want   string // of the error, or "= " and the value
	}{
		"range ignored":      {func(_ nethttp.ResponseWriter, r *nethttp.Request) bool { r.Header.Del("Range"); return false }, kvstore.Span(1, 3), "ignores byte ranges"},
		"another range":      {partial("bytes 2-3/10", "23"), kvstore.Span(1, 3), "the server sent bytes 2 to 4"},
		"clipped":            {partial("bytes 8-9/10", "89"), kvstore.Span(8, 12), "byte range outside the value"},
		"clipped, size *":    {partial("bytes 8-9/*", "89"), kvstore.Span(8, 12), "the server sent bytes 8 to 10"},
		"size *":             {partial("bytes 8-9/*", "89"), kvstore.Span(8, 10), "= 89"},
		"last, size *":       {partial("bytes 8-9/*", "89"), kvstore.Last(2), "= 89"},
		"no Content-Range":   {partial("", "89"), kvstore.Span(8, 10), `invalid Content-Range ""`},
		"odd Content-Range":  {partial("bytes 9-8/10", "89"), kvstore.Span(8, 10), "invalid Content-Range"},
		"huge Content-Range": {partial("bytes 8-9/99999999999999999999", "89"), kvstore.Span(8, 10), "invalid Content-Range"},
		"body too short":     {partial("bytes 8-9/10", "8"), kvstore.Span(8, 10), "temporary failure"},
		"whole is a part":    {partial("bytes 0-4/10", "01234"), kvstore.ByteRange{}, "the server sent bytes 0 to 5"},
		"encoded part": {func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			return false
		}, kvstore.Span(1, 3), "cannot be read"},
		"encoding unknown": {func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			w.Header().Set("Content-Encoding", "rot13")
			return false
		}, kvstore.ByteRange{}, `unknown Content-Encoding "rot13"`},
		"encoding is not so": {func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			w.Header().Set("Content-Encoding", "gzip")
			return false
		}, kvstore.ByteRange{}, `Content-Encoding "gzip"`},
		"stored as gzip":     {gzipped("what is in it"), kvstore.ByteRange{}, "= what is in it"},
		"a bomb":             {gzipped(strings.Repeat("\x00", 10<<20)), kvstore.ByteRange{}, "value is too large"},
		"length not told":    {chunked("some value"), kvstore.ByteRange{}, "= some value"},
		"too long, not told": {chunked(strings.Repeat("x", 2<<20)), kvstore.ByteRange{}, "value is too large"},
		"416 although inside": {func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
			w.Header().Set("Content-Range", "bytes */10")
			w.WriteHeader(416)
			return true
		}, kvstore.Span(1, 3), "temporary failure"},
		"416 without a size": {func(w nethttp.ResponseWriter, _ *nethttp.Request) bool { w.WriteHeader(416); return true }, kvstore.Span(1, 3), "byte range outside the value"},
	} {
		f.instead(test.answer)
		res, err := get(t, s, "k", kvstore.ReadOptions{Range: test.r, MaxBytes: 1 << 20})
		if want, ok := strings.CutPrefix(test.want, "= "); ok {
			if err != nil || string(res.Value) != want || test.r.Whole() && res.Size != int64(len(want)) {
				t.Errorf("%s: got %+v, %v, want %q", name, res, err, want)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %q, %v, want an error with %q", name, res.Value, err, test.want)
		}
	}
}

func gzipped(text string) func(nethttp.ResponseWriter, *nethttp.Request) bool {
	return func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		return true
	}
}

func chunked(text string) func(nethttp.ResponseWriter, *nethttp.Request) bool {
	return func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
		w.(nethttp.Flusher).Flush()
		_, _ = io.WriteString(w, text)
		return true
	}
}

// A server that stops in the middle is given up; a caller that has lost patience
// is not kept.
func TestStall(t *testing.T) {
	f := newFiles(t)
	s := f.store(t, http.Options{Stall: 50 * time.Millisecond})
	end := make(chan struct{})
	defer close(end)
	for name, early := range map[string]bool{"no answer": true, "half a body": false} {
		f.instead(func(w nethttp.ResponseWriter, r *nethttp.Request) bool {
			if !early {
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, "half")
				w.(nethttp.Flusher).Flush()
			}
			select {
			case <-r.Context().Done():
			case <-end:
			}
			return true
		})
		if _, err := get(t, s, "k", kvstore.ReadOptions{}); !errors.Is(err, kvstore.ErrTemporary) || !strings.Contains(err.Error(), "sent nothing for 50ms") {
			t.Errorf("%s: got %v", name, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := s.Read(ctx, "k", kvstore.ReadOptions{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want the deadline", name, err)
		}
		cancel()
	}
}

// A server that was there is waited for; one that never was is not.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := http.New("http://"+l.Addr().String(), http.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := get(t, s, "k", kvstore.ReadOptions{}); !errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, kvstore.ErrTemporary) {
		t.Errorf("never there: got %v", err)
	}
	f := newFiles(t)
	s = f.store(t, http.Options{})
	if _, err := get(t, s, "k", kvstore.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	f.server.Close()
	if _, err := get(t, s, "k", kvstore.ReadOptions{}); !errors.Is(err, kvstore.ErrTemporary) {
		t.Errorf("gone: got %v, want ErrTemporary", err)
	}
}

// What fails for the moment is tried again as the resource says, and the token is
// free meanwhile.
func TestRetries(t *testing.T) {
	f := newFiles(t)
	limit := resources.NewLimiter("requests", 1)
	s := kvstore.Retry(f.store(t, http.Options{Requests: limit}), kvstore.RetryPolicy{MaxRetries: 2, InitialDelay: time.Millisecond, MaxDelay: time.Millisecond})
	f.put("k", "value")
	bad := 2
	f.instead(func(w nethttp.ResponseWriter, _ *nethttp.Request) bool {
		if bad--; bad >= 0 {
			w.WriteHeader(503)
			return true
		}
		return false
	})
	if res, err := get(t, s, "k", kvstore.ReadOptions{}); err != nil || string(res.Value) != "value" {
		t.Errorf("got %q, %v", res.Value, err)
	}
	bad = 3
	if _, err := get(t, s, "k", kvstore.ReadOptions{}); err == nil || !strings.Contains(err.Error(), "gave up after 3 tries") {
		t.Errorf("got %v", err)
	}
	if n := limit.InUse(); n != 0 {
		t.Errorf("%d tokens are out", n)
	}
}

// Keys that a server could take for something outside the root are none.
func TestKeys(t *testing.T) {
	f := newFiles(t)
	s := f.store(t, http.Options{})
	for _, key := range []string{"", "..", "../x", "a/../b", "a/.", "a\x00b"} {
		if _, err := get(t, s, key, kvstore.ReadOptions{}); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: got %v", key, err)
		}
	}
	for i, key := range []string{"a?b", "a#b", "a%2Fb", "ä/ü", "a+b c", "..x", "a;b=c", "[1]"} {
		f.put(key, fmt.Sprint(i))
		if res, err := get(t, s, key, kvstore.ReadOptions{}); err != nil || string(res.Value) != fmt.Sprint(i) {
			t.Errorf("%q: got %q, %v", key, res.Value, err)
		}
	}
	if n := len(f.requests()); n != 8 {
		t.Errorf("got %d requests, want 8", n)
	}
}
