package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A web is a folder behind a web server that counts what it is asked.
type web struct {
	url  string
	root string

	mu       sync.Mutex // guards following
	requests []string   // method, path and status
	now, max int
	delay    time.Duration
	refuse   func(path string) int // status in place of the file; 0: none
}

// status is a ResponseWriter that remembers the status.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func serveWeb(t testing.TB, root string) *web {
	w := &web{root: root}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.now++
	w.max = max(w.max, w.now)
	delay, refuse := w.delay, w.refuse
	w.mu.Unlock()
	time.Sleep(delay)
	answer := &status{ResponseWriter: out, code: http.StatusOK}
	path := filepath.Join(w.root, filepath.FromSlash(r.URL.Path))
	if st, err := os.Stat(path); err == nil { // a validator, as most servers have
		answer.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, st.ModTime().UnixNano(), st.Size()))
	}
	code := 0
	if refuse != nil {
		code = refuse(r.URL.Path)
	}
	if code != 0 {
		http.Error(answer, "no", code)
	} else if st, err := os.Stat(path); err != nil || st.IsDir() {
		http.NotFound(answer, r)
	} else {
		http.ServeFile(answer, r, path)
	}
	w.mu.Lock()
	w.now--
	w.requests = append(w.requests, fmt.Sprint(r.Method, " ", r.URL.Path, " ", answer.code))
	w.mu.Unlock()
}

// asked returns the requests since the last call.
func (w *web) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.requests
	w.requests = nil
	return list
}

func (w *web) refusing(f func(path string) int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuse = f
}

// spec returns the spec of the dataset behind the server.
func (w *web) spec(d *dataset, more ...object) object {
	path, err := filepath.Rel(w.root, d.dir)
	if err != nil {
		panic(err)
	}
	return d.spec(append([]object{{"kvstore": object{"driver": "http", "base_url": w.url, "path": "/" + path + "/"}}}, more...)...)
}

func arraysAreReadOverHTTP(t *testing.T) {
	root := folder(t, "web")
	d := storeDataset(t, filepath.Join(root, "a b", "v.zarr"), small)
	w := serveWeb(t, root)
	m := start(t, w.url+"/a%20b/v.zarr/|zarr2:")
	expect(t, "the array by URL", readFile(t, m.path("array.raw")), d.data)
	var info struct{ URL string }
	if err := json.Unmarshal(readFile(t, m.path("info.json")), &info); err != nil || info.URL != w.url+"/a%20b/v.zarr/|zarr2:" {
		t.Errorf("got %q, %v", info.URL, err)
	}
	m = start(t, w.url+"/a%20b/v.zarr", "--writable")
	expect(t, "the array that was found", readFile(t, m.path("array.raw")), d.data)
	if err := openFor(m.path("array.raw"), os.O_WRONLY); !errors.Is(err, syscall.EROFS) {
		t.Errorf("opened for writing: got %v, want EROFS", err)
	}
}

func unchangedIsNotSentAgain(t *testing.T) {
	root := folder(t, "web")
	d := storeDataset(t, filepath.Join(root, "v.zarr"), small)
	w := serveWeb(t, root)
	m := start(t, w.spec(d, recheck("open", "open")))
	readFile(t, m.path("array.raw"))
	w.asked()
	readFile(t, m.path("array.npy"))
	chunks := 0
	for _, r := range w.asked() {
		if strings.HasPrefix(r, "GET /v.zarr/.z") {
			continue
		}
		if chunks++; !strings.HasSuffix(r, " 304") && !strings.HasSuffix(r, "1.1.1 404") {
			t.Errorf("asked again: %s", r)
		}
	}
	if chunks != 27 {
		t.Errorf("%d chunks were asked for, want 27, each once", chunks)
	}
	other := d.other(t)
	expect(t, "a chunk that changed", readFile(t, m.path("chunks/0.0.0.raw")), other)
}

func refusalsAreErrors(t *testing.T) {
	root := folder(t, "web")
	d := storeDataset(t, filepath.Join(root, "v.zarr"), small)
	w := serveWeb(t, root)
	quick := object{"http_request_retries": object{"max_retries": 2, "initial_delay": "1ms", "max_delay": "1ms"}}
	m := start(t, w.spec(d, object{"context": quick}))
	for code, want := range map[int]error{403: syscall.EACCES, 401: syscall.EACCES, 503: syscall.ETIMEDOUT, 429: syscall.ETIMEDOUT, 302: syscall.EIO, 418: syscall.EIO} {
		w.refusing(func(path string) int {
			if strings.HasSuffix(path, "/0.0.0") {
				return code
			}
			return 0
		})
		w.asked()
		if _, err := os.ReadFile(m.path("chunks/0.0.0.raw")); !errors.Is(err, want) {
			t.Errorf("%d: got %v, want %v", code, err, want)
		}
		tries := 0
		for _, r := range w.asked() {
			if strings.Contains(r, "/0.0.0 ") {
				tries++
			}
		}
		if each := map[error]int{syscall.ETIMEDOUT: 3}[want]; tries == 0 || each > 0 && tries%each != 0 {
			t.Errorf("%d: %d requests, want %d for each read", code, tries, each)
		}
		expect(t, "another chunk", readFile(t, m.path("chunks/1.1.1.raw")), bytes.Repeat(number(42)[:2], 60))
	}
	w.refusing(nil)
	expect(t, "the array afterwards", readFile(t, m.path("array.raw")), d.data)
	if !strings.Contains(m.said(), w.url+"/v.zarr/0.0.0") {
		t.Errorf("the log does not name the chunk: %s", m.said())
	}
}

func requestsAreLimited(t *testing.T) {
	root := folder(t, "web")
	d := storeDataset(t, filepath.Join(root, "v.zarr"), small)
	w := serveWeb(t, root)
	w.delay = 5 * time.Millisecond
	m := start(t, w.spec(d, object{"context": object{"http_request_concurrency": object{"limit": 3}}}))
	expect(t, "the array", readFile(t, m.path("array.raw")), d.data)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.max != 3 {
		t.Errorf("%d requests at a time, want 3", w.max)
	}
}

func namesResolveWithoutListings(t *testing.T) {
	root := folder(t, "web")
	d := storeDataset(t, filepath.Join(root, "g", "sub", "v.zarr"), small)
	for _, dir := range []string{"g", "g/sub"} {
		if err := os.WriteFile(filepath.Join(root, dir, ".zgroup"), []byte(`{"zarr_format":2}`), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w := serveWeb(t, root)
	m := start(t, w.url+"/g/")
	expect(t, "an array of a group", readFile(t, m.path("sub/v.zarr/array.raw")), d.data)
	if _, err := os.Stat(m.path("sub/other")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ENOENT", err)
	}
	entries, err := os.ReadDir(m.path("sub/v.zarr/chunks"))
	if err != nil || len(entries) != 27 {
		t.Errorf("%d chunks, %v: what documents tell is listed", len(entries), err)
	}
}

// TestSecretsOfURLsStayInside: info.json and attributes can be read by everybody
// who may come in.
func TestSecretsOfURLsStayInside(t *testing.T) {
	root := folder(t, "web")
	d := storeDataset(t, filepath.Join(root, "v.zarr"), small)
	w := serveWeb(t, root)
	base := strings.Replace(w.url, "http://", "http://me:secret@", 1) + "/v.zarr?key=secret"
	m := start(t, d.spec(object{"kvstore": object{"driver": "http", "base_url": base, "headers": []string{"Authorization: secret"}}}))
	expect(t, "the array", readFile(t, m.path("array.raw")), d.data)
	shown := string(readFile(t, m.path("info.json"))) + string(readFile(t, m.path(".tsmount/config.json"))) + string(readFile(t, m.path(".tsmount/stats.json"))) + attribute(t, m.path("array.npy"), "url")
	if strings.Contains(shown, "secret") || !strings.Contains(shown, "/v.zarr/") {
		t.Errorf("got %s", shown)
	}
}
