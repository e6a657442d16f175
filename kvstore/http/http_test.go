package http_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/http"
	"tsmount/kvstore/kvstoretest"
	"tsmount/resources"
)

// files is a web server over values in memory.
type files struct {
	server *httptest.Server

	mu     sync.Mutex // guards following
	values map[string]value
	seen   []*nethttp.Request
	answer func(w nethttp.ResponseWriter, r *nethttp.Request) bool // nil, or in place of the file
}

type value struct {
	data     []byte
	tag      string // "": no ETag
	modified time.Time
}

func newFiles(t testing.TB) *files {
	f := &files{values: map[string]value{}}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *files) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	f.mu.Lock()
	f.seen = append(f.seen, r)
	v, ok := f.values[strings.TrimPrefix(r.URL.Path, "/")]
	answer := f.answer
	f.mu.Unlock()
	switch {
	case answer != nil && answer(w, r):
	case !ok:
		nethttp.NotFound(w, r)
	default:
		if v.tag != "" {
			w.Header().Set("ETag", v.tag)
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		nethttp.ServeContent(w, r, "", v.modified, bytes.NewReader(v.data))
	}
}

// put stores a value with a strong ETag; each has its own.
func (f *files) put(key, data string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := sha256.Sum256([]byte(fmt.Sprint(len(f.seen), len(f.values), data, time.Now().UnixNano())))
	f.values[key] = value{data: []byte(data), tag: fmt.Sprintf(`"%x"`, sum[:8])}
}

// set stores a value as it is.
func (f *files) set(key string, v value) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[key] = v
}

// instead answers requests until the function returns false.
func (f *files) instead(answer func(w nethttp.ResponseWriter, r *nethttp.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// requests returns those since the last call.
func (f *files) requests() []*nethttp.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

func (f *files) store(t testing.TB, opt http.Options) *http.Store {
	t.Helper()
	s, err := http.New(f.server.URL, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	kvstoretest.Run(t, func(t testing.TB) kvstoretest.Harness {
		f := newFiles(t)
		return kvstoretest.Harness{
			Open: func(t testing.TB) kvstore.Store { return f.store(t, http.Options{}) },
			Limited: func(t testing.TB, limit *resources.Limiter) kvstore.Store {
				return f.store(t, http.Options{Requests: limit})
			},
			RawPut:   func(_ testing.TB, key string, value []byte) { f.put(key, string(value)) },
			Idle:     http.CloseIdleConnections,
			Features: kvstoretest.Features{AnyKey: true, EmptyValue: true, StrictGenerations: true},
		}
	})
}
