package all_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/kvstore/all"
	"tsmount/resources"
)

var (
	table = all.Table("zarr", "zarr2", "n5")
	kinds = resources.NewKinds(append(resources.Standard(), all.Kinds()...)...)
)

// parse reads the member "kvstore" of a document.
func parse(t testing.TB, text string) (*kvstore.Spec, error) {
	t.Helper()
	doc, err := strictjson.Parse([]byte(`{"kvstore": `+text+`}`), "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := doc.Object()
	if err != nil {
		t.Fatal(err)
	}
	v, _ := o.Get("kvstore")
	return kvstore.ParseSpec(table, kinds, v)
}

func mustParse(t testing.TB, text string) *kvstore.Spec {
	t.Helper()
	spec, err := parse(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// sameJSON compares two values as JSON.
func sameJSON(t *testing.T, got, want any) bool {
	t.Helper()
	var values [2]any
	for i, v := range []any{got, want} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&values[i]); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}

// URLs and JSON mean what they mean in TensorStore.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/urls.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Cases []struct {
			Name    string
			Input   json.RawMessage
			Outcome string
			JSON    any
			URL     string
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil || len(doc.Cases) < 40 {
		t.Fatalf("%d cases, %v", len(doc.Cases), err)
	}
	for _, c := range doc.Cases {
		spec, err := parse(t, string(c.Input))
		if (err != nil) != (c.Outcome == "error") {
			t.Errorf("%s: %s: got error %v", c.Name, c.Input, err)
		}
		if err != nil {
			continue
		}
		url, err := spec.URL()
		if c.Outcome == "no url" {
			if err == nil {
				t.Errorf("%s: got the URL %q, want none", c.Name, url)
			}
			continue
		}
		if err != nil || url != c.URL {
			t.Errorf("%s: got the URL %q, %v, want %q", c.Name, url, err, c.URL)
		}
		if got := spec.JSON(false); !sameJSON(t, got, c.JSON) {
			t.Errorf("%s: got %v, want %v", c.Name, got, c.JSON)
		}
		again, err := kvstore.ParseURL(table, kinds, url)
		if err != nil || again.Path != spec.Path {
			t.Errorf("%s: the canonical URL %q means another path, %v", c.Name, url, err)
		}
	}
}

// Faults are named by their JSON path.
func TestErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`{"driver": "fle"}`, `kvstore.driver: unknown key-value store "fle" (known: file, http, memory)`},
		{`{"driver": "zarr"}`, `kvstore.driver: "zarr" is an array driver, not a key-value store (known: file, http, memory)`},
		{`{}`, `kvstore.driver: member is missing`},
		{`{"driver": 3}`, `kvstore.driver: expected a string, got 3`},
		{`3`, `kvstore: expected a key-value store: an object or a URL, got 3`},
		{`null`, `kvstore: expected a key-value store: an object or a URL, got null`},
		{`{"driver": "file", "path": "/a", "pth": 1}`, `kvstore.pth: unknown member (known: context, driver, file_io_concurrency, file_io_locking, file_io_sync, path)`},
		{`{"driver": "file", "path": 5}`, `kvstore.path: expected a string, got 5`},
		{`{"driver": "file", "path": "/a/../b"}`, `kvstore.path: invalid file path "/a/../b": it has a component ".."`},
		{`{"driver": "file", "path": "/a//b"}`, `kvstore.path: invalid file path "/a//b": it has an empty component ("//", or "/" at an end)`},
		{`{"driver": "file", "path": "//"}`, `kvstore.path: invalid file path "//"`},
		{`{"driver": "file", "path": "./a"}`, `kvstore.path: invalid file path "./a"`},
		{`{"driver": "file", "path": "a.__lock/b"}`, `kvstore.path: invalid file path "a.__lock/b"`},
		{`{"driver": "file", "path": "a\u0000b"}`, `kvstore.path: invalid path "a\x00b": NUL`},
		{`{"driver": "memory", "path": "a\u0000b"}`, `kvstore.path: invalid path "a\x00b": NUL`},
		{`{"driver": "memory", "atomic": 1}`, `kvstore.atomic: expected true or false, got 1`},
		{`{"driver": "file", "path": "a", "file_io_sync": "yes"}`, `kvstore.file_io_sync: `},
		{`{"driver": "file", "path": "a", "file_io_sync": null}`, `kvstore.file_io_sync: `},
		{`{"driver": "file", "path": "a", "file_io_locking": {"mode": "x"}}`, `kvstore.file_io_locking.mode: `},
		{`{"driver": "file", "path": "a", "file_io_locking": {"acquire_timeout": 3}}`, `kvstore.file_io_locking.acquire_timeout: `},
		{`{"driver": "file", "path": "a", "context": {"nope": 1}}`, `kvstore.context.nope: `},
		{`{"driver": "file", "path": "a", "context": 3}`, `kvstore.context: `},
		{`""`, `kvstore: the URL of a key-value store is empty`},
		{`"/data"`, `kvstore: invalid URL "/data": no scheme such as "file://"`},
		{`"zarr2://x"`, `kvstore: invalid URL "zarr2://x": "zarr2" is an array driver, not a key-value store (known: file, http, https, memory)`},
		{`"file:///a|zip:b"`, `kvstore: invalid URL "file:///a|zip:b": "zip:" cannot follow a key-value store here`},
		{`"file:///a%00b"`, `kvstore: invalid URL "file:///a%00b": NUL in "/a%00b"`},
		{`"ftp://user:secret@host/a?key=secret"`, `kvstore: invalid URL "ftp://...@host/a?...": unknown URL scheme of a key-value store "ftp" (known: file, http, https, memory)`},
		{`{"driver": "http"}`, `kvstore.base_url: member is missing`},
		{`{"driver": "http", "base_url": "ftp://h"}`, `kvstore.base_url: invalid URL "ftp://h": it must begin with "http://" or "https://"`},
		{`{"driver": "http", "base_url": "http:///x?k=secret"}`, `kvstore.base_url: invalid URL "http:///x?...": it names no host`},
		{`{"driver": "http", "base_url": "http://h/p#f"}`, `kvstore.base_url: invalid URL "http://h/p#...": a fragment ("#...") is not supported`},
		{`{"driver": "http", "base_url": "http://h/p", "path": "/x"}`, `kvstore.base_url: the URL has a path: then the member "path" must not begin with "/"`},
		{`{"driver": "http", "base_url": "http://h", "headers": ["secret"]}`, `kvstore.headers[0]: expected a header, "Name: value": no ":"`},
		{`{"driver": "http", "base_url": "http://h", "headers": ["a b: secret"]}`, `kvstore.headers[0]: expected a header, "Name: value": invalid name "a b"`},
		{`{"driver": "http", "base_url": "http://h", "headers": ["a: secret\n"]}`, `kvstore.headers[0]: expected a header, "Name: value": control character in the value of "a"`},
		{`{"driver": "http", "base_url": "http://h", "http_request_retries": {"max_retries": -1}}`, `kvstore.http_request_retries.max_retries: `},
	} {
		_, err := parse(t, test.text)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", test.text, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells a secret: %v", test.text, err)
		}
	}
}

// The object form survives a round trip, default values left out.
func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"driver": "file"}`: `{"driver": "file"}`,
		`{"driver": "file", "path": "a\\b/", "file_io_sync": false}`:                               `{"driver": "file", "path": "a\\b/", "file_io_sync": false}`,
		`{"driver": "file", "path": "/", "file_io_concurrency": "file_io_concurrency"}`:            `{"driver": "file", "path": "/"}`,
		`{"driver": "file", "file_io_concurrency": {"limit": 3}}`:                                  `{"driver": "file", "file_io_concurrency": {"limit": 3}}`,
		`{"driver": "memory", "path": "a//../b", "atomic": true}`:                                  `{"driver": "memory", "path": "a//../b"}`,
		`{"driver": "memory", "atomic": false}`:                                                    `{"driver": "memory", "atomic": false}`,
		`{"driver": "memory", "memory_key_value_store": "memory_key_value_store#x"}`:               `{"driver": "memory", "memory_key_value_store": "memory_key_value_store#x"}`,
		`{"driver": "memory", "context": {"memory_key_value_store#x": {}, "file_io_sync": false}}`: `{"driver": "memory", "context": {"memory_key_value_store#x": {}, "file_io_sync": false}}`,
		`{"driver": "http", "base_url": "https://h/", "path": "/a"}`:                               `{"driver": "http", "base_url": "https://h", "path": "/a"}`,
		`{"driver": "http", "base_url": "https://h", "path": "a"}`:                                 `{"driver": "http", "base_url": "https://h", "path": "/a"}`,
		`{"driver": "http", "base_url": "https://h/a%2Fb/c"}`:                                      `{"driver": "http", "base_url": "https://h/a%2Fb", "path": "/c"}`,
		`"memory://a%20b"`: `{"driver": "memory", "path": "a b"}`,
	} {
		spec := mustParse(t, text)
		for _, redact := range []bool{false, true} {
			if got := spec.JSON(redact); !sameJSON(t, got, json.RawMessage(want)) {
				t.Errorf("%s: got %v, want %s", text, got, want)
			}
		}
	}
}

// What may be a secret is in the spec and in no message.
func TestRedacted(t *testing.T) {
	spec := mustParse(t, `{"driver": "http", "base_url": "https://u:secret@h/p?key=secret", "headers": ["Authorization: secret"]}`)
	want := `{"driver": "http", "base_url": "https://u:secret@h?key=secret", "path": "/p", "headers": ["Authorization: secret"]}`
	if got := spec.JSON(false); !sameJSON(t, got, json.RawMessage(want)) {
		t.Errorf("got %v", got)
	}
	want = `{"driver": "http", "base_url": "https://...@h?...", "path": "/p", "headers": ["Authorization: ..."]}`
	if got := spec.JSON(true); !sameJSON(t, got, json.RawMessage(want)) {
		t.Errorf("redacted: got %v", got)
	}
	if url, err := spec.URL(); err != nil || url != "https://u:secret@h/p?key=secret" {
		t.Errorf("got %q, %v", url, err)
	}
	s := openSpec(t, resources.Root(kinds, nil), `{"driver": "http", "base_url": "http://u:secret@127.0.0.1:9/p?key=secret", "headers": ["Authorization: secret"]}`)
	_, err := s.Read(t.Context(), "k", kvstore.ReadOptions{})
	for _, text := range []string{fmt.Sprint(err), s.Identity(), s.Location("k")} {
		if strings.Contains(text, "secret") || err == nil {
			t.Errorf("a secret is told: %s", text)
		}
	}
}

func TestJoin(t *testing.T) {
	for _, test := range []struct{ spec, sub, want string }{
		{`"memory://"`, "", ""}, {`"memory://"`, "a", "a"}, {`"memory://a"`, "", "a/"}, {`"memory://a"`, "b/", "a/b/"},
		{`"memory://a/"`, "/b", "a//b"}, {`"memory://a"`, "../b", "a/../b"}, {`"file:///"`, "a", "/a"}, {`"file:///x"`, "y", "/x/y"},
	} {
		spec := mustParse(t, test.spec)
		joined, err := spec.Join(test.sub)
		if err != nil || joined.Path != test.want {
			t.Errorf("%s + %q: got %+v, %v, want %q", test.spec, test.sub, joined, err, test.want)
		}
	}
	for _, sub := range []string{"../b", "/b", "b/./c", "x.__lock", "nul\x00"} {
		if joined, err := mustParse(t, `"file:///x"`).Join(sub); err == nil {
			t.Errorf("%q was joined to %q", sub, joined.Path)
		}
	}
}

func openSpec(t *testing.T, rc *resources.Context, text string) kvstore.Store {
	t.Helper()
	s, err := mustParse(t, text).Open(t.Context(), rc)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// Stores of one context share what the context shares; keys are below the path.
func TestOpenMemory(t *testing.T) {
	rc, other := resources.Root(kinds, nil), resources.Root(kinds, nil)
	a := openSpec(t, rc, `"memory://a/b"`)
	if _, err := a.Write(t.Context(), "k", []byte("v"), kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`{"driver": "memory", "path": "a/"}`:                                             true,
		`{"driver": "memory", "path": "a", "memory_key_value_store": {}}`:                false,
		`{"driver": "memory", "path": "a", "context": {"memory_key_value_store": {}}}`:   false,
		`{"driver": "memory", "path": "a", "context": {"memory_key_value_store#x": {}}}`: true,
		`{"driver": "memory", "path": "a", "context": {"memory_key_value_store": null}}`: false,
	} {
		res, err := openSpec(t, rc, text).Read(t.Context(), "b/k", kvstore.ReadOptions{})
		if err != nil || (res.State == kvstore.Present) != want {
			t.Errorf("%s: got state %v, %v, want present=%t", text, res.State, err, want)
		}
		res, err = openSpec(t, other, text).Read(t.Context(), "b/k", kvstore.ReadOptions{})
		if err != nil || res.State != kvstore.Missing {
			t.Errorf("%s in another context: got state %v, %v", text, res.State, err)
		}
	}
	_, err := mustParse(t, `{"driver": "memory", "memory_key_value_store": "memory_key_value_store#x"}`).Open(t.Context(), rc)
	if err == nil || !strings.Contains(err.Error(), "memory_key_value_store#x") {
		t.Errorf("a resource that is not defined: got error %v", err)
	}
}

// Relative paths start at the working directory; the empty path is it.
func TestOpenFile(t *testing.T) {
	t.Chdir(t.TempDir())
	rc := resources.Root(kinds, nil)
	if _, err := openSpec(t, rc, `{"driver": "file", "path": "x\\y"}`).Write(t.Context(), "k", nil, kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join("x\\y", "k")); err != nil {
		t.Error(err)
	}
	s := openSpec(t, rc, `{"driver": "file", "file_io_sync": false}`)
	if res, err := s.Read(t.Context(), "x\\y/k", kvstore.ReadOptions{}); err != nil || res.State != kvstore.Present {
		t.Errorf("got %+v, %v", res, err)
	}
	if wd, err := os.Getwd(); err != nil || s.Location("k") != filepath.Join(wd, "k") {
		t.Errorf("got location %q in %q", s.Location("k"), wd)
	}
	if a, b := openSpec(t, rc, `{"driver": "file"}`).Identity(), s.Identity(); a == b {
		t.Errorf("a store that syncs and one that does not are both %q", a)
	}
}

// FuzzURL: what parses has a canonical form that means the same.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"file:///a%20b/../c", "memory://a//b%2F", "file://localhost/%41", "memory://%", "file:///a|b", "http://h:8/a%2Fb/c@d?q#f", "https://h", "http://u:p@h/%41/[1]?x=%20"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		spec, err := kvstore.ParseURL(table, kinds, url)
		if err != nil {
			return
		}
		canonical, err := spec.URL()
		if err != nil {
			t.Fatalf("%q has no URL: %v", url, err)
		}
		again, err := kvstore.ParseURL(table, kinds, canonical)
		// What must stay encoded in a URL is part of the base there, not of the path.
		if err != nil || spec.Driver() != "http" && again.Path != spec.Path {
			t.Fatalf("%q: path %q became %q, %v", url, spec.Path, canonical, err)
		}
		if twice, err := again.URL(); err != nil || twice != canonical {
			t.Fatalf("%q: %q is not canonical: %q, %v", url, canonical, twice, err)
		}
	})
}
