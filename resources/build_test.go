package resources

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCyclesAreErrorsThatShowThePath(t *testing.T) {
	for _, c := range []struct{ doc, ask, want string }{
		{`{"cache_pool": "cache_pool"}`, "cache_pool", `"cache_pool" -> "cache_pool"`},
		{`{"cache_pool#a": "cache_pool#b", "cache_pool#b": "cache_pool#a"}`, "cache_pool#a", `"cache_pool#a" -> "cache_pool#b" -> "cache_pool#a"`},
		{`{"cache_pool#a": "cache_pool#b", "cache_pool#b": "cache_pool#a"}`, "cache_pool#b", `"cache_pool#a" -> "cache_pool#b" -> "cache_pool#a"`},
		{`{"nest": {"peer": "nest"}}`, "nest", `"nest" -> "nest"`},
		{`{"nest": {"peer": {"peer": "nest"}}}`, "nest", `"nest" -> "nest#0" -> "nest"`},
		{`{"nest#a": {"peer": "nest#b"}, "nest#b": {"peer": {"peer": "nest#c"}}, "nest#c": "nest#a"}`, "nest#b",
			`"nest#0" -> "nest#c" -> "nest#a" -> "nest#b" -> "nest#0"`},
		{`{"nest#x": {"peer": "nest#a"}, "nest#a": "nest#a"}`, "nest#x", `"nest#a" -> "nest#a"`},
	} {
		ctx := newHouse().chain(t, c.doc)[0]
		for range 2 {
			_, err := ctx.Bind(at(c.ask))
			wantError(t, err, "cycle: "+c.want)
		}
	}
}

func TestAReferenceToItsOwnKeyDoesNotMeanTheParents(t *testing.T) {
	c := newHouse().chain(t, `{"cache_pool": {"total_bytes_limit": 1}}`, `{"cache_pool": "cache_pool"}`)[1]
	_, err := c.Bind(at("cache_pool"))
	wantError(t, err, `cycle: "cache_pool" -> "cache_pool"`)
}

func TestAResourceUsedTwiceIsNotACycle(t *testing.T) {
	c := newHouse().chain(t, `{"nest#a": {"pool": "cache_pool", "peer": "nest#b"}, "nest#b": {"pool": "cache_pool", "peer": "nest#c"}, "nest#c": {}}`)[0]
	n := get[*nest](t, c, "nest#a")
	if n.pool != n.peer.pool || n.peer.peer != get[*nest](t, c, "nest#c") {
		t.Error("resources are not shared")
	}
}

// Whoever enters a cycle at whatever moment gets the same error and nobody hangs.
func TestCyclesAreFoundWhateverTheOrderOfGoroutines(t *testing.T) {
	const want = `resources refer to each other in a cycle: "nest#a" -> "nest#b" -> "nest#c" -> "nest#a"`
	h := newHouse()
	for range 200 {
		c := h.chain(t, `{"nest#a": {"peer": "nest#b"}, "nest#b": {"peer": "nest#c"}, "nest#c": {"peer": "nest#a"}, "nest#d": "nest#b"}`)[0]
		var all sync.WaitGroup
		for _, key := range []string{"nest#a", "nest#b", "nest#c", "nest#d", "nest#a", "nest#b"} {
			all.Go(func() {
				if _, err := c.Bind(at(key)); err == nil || err.Error() != want {
					t.Errorf("%s: got %v, want %s", key, err, want)
				}
			})
		}
		all.Wait()
	}
}

func TestABuildWithSeveralGoroutinesIsCheckedToo(t *testing.T) {
	type group struct{ parts [3]any }
	kinds := NewKinds(NewKind("group", Syntax[nestConfig]{Parse: nestSyntax.Parse}, func(r *Resolver, _ nestConfig) (*group, error) {
		var g group
		var errs [3]error
		var all sync.WaitGroup
		for i, key := range []string{"pool#a", "pool#b", "group#loop"} {
			all.Go(func() { g.parts[i], errs[i] = r.Bind(at(key)) })
		}
		all.Wait()
		return &g, errors.Join(errs[:]...)
	}), NewKind("pool", poolSyntax, func(*Resolver, poolConfig) (*pool, error) { return &pool{}, nil }))
	s, err := ParseSpec(kinds, value(t, `{"pool#a": {}, "pool#b": "pool#a", "group#loop": "group"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Root(kinds, s).Bind(DefaultMember("group"))
	wantError(t, err, `cycle: "group" -> "group#loop" -> "group"`)
}

func TestConcurrentRequestersWaitForOneBuild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.before = func(poolConfig) error { time.Sleep(time.Second); return nil }
		root := h.chain(t, `{"cache_pool": "cache_pool#a", "cache_pool#a": {}}`)[0]
		begin := time.Now()
		var all sync.WaitGroup
		got := make([]*pool, 50)
		for i := range got {
			all.Go(func() {
				key := []string{"cache_pool", "cache_pool#a"}[i%2]
				got[i] = get[*pool](t, New(root, nil), key)
			})
		}
		all.Go(func() { // others are not held up: no mutex is held across a build
			get[FileSync](t, root, FileIOSync)
			if time.Since(begin) != 0 {
				t.Errorf("another resource took %v", time.Since(begin))
			}
		})
		all.Wait()
		for _, p := range got {
			if p != got[0] {
				t.Error("two resources under one key")
			}
		}
		if h.built.Load() != 1 || time.Since(begin) != time.Second {
			t.Errorf("%d builds in %v, want 1 in 1s", h.built.Load(), time.Since(begin))
		}
	})
}

func TestABuildThatPanicsDoesNotLeaveOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.before = func(poolConfig) error { time.Sleep(time.Second); panic("bug") }
		c := h.chain(t, `{"nest": {"pool": "cache_pool"}}`)[0]
		go func() {
			defer func() { recover() }()
			c.Bind(at("nest"))
		}()
		synctest.Wait()
		_, err := c.Bind(at("nest"))
		wantError(t, err, `resource "nest": its build was abandoned`)
		_, err = c.Bind(at("cache_pool"))
		wantError(t, err, `resource "cache_pool": its build was abandoned`)
	})
}

func TestABuildThatEndsAfterCloseIsClosedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.before = func(poolConfig) error { time.Sleep(time.Second); return nil }
		c := h.chain(t, `{"cache_pool": {"total_bytes_limit": 8}}`)[0]
		go func() {
			time.Sleep(time.Millisecond)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
		r, err := c.Bind(at("cache_pool"))
		if r != nil || !errors.Is(err, fs.ErrClosed) || len(h.closed) != 1 || h.closed[0] != 8 {
			t.Errorf("got %v, %v, closed %v: want fs.ErrClosed and 8 closed", r, err, h.closed)
		}
	})
}

// Many goroutines bind, list and close a small forest; the race detector and the
// count of closed pools judge.
func TestEveryBuiltResourceIsClosedOnceUnderLoad(t *testing.T) {
	h := newHouse()
	for range 50 {
		root := h.chain(t, `{"cache_pool#a": {}, "nest": {"pool": {}, "peer": "nest#p"}, "nest#p": {"pool": "cache_pool#a"}}`)[0]
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				c := New(root, h.spec(t, `{"cache_pool": null, "nest#q": {"peer": "nest"}}`))
				defer c.Close()
				for _, m := range []Member{at("nest"), at("cache_pool"), at("nest#q"), h.member(t, "nest", `{"pool": {}, "peer": "nest#q"}`)} {
					if _, err := c.Bind(m); err != nil && !errors.Is(err, fs.ErrClosed) {
						t.Error(err)
					}
					root.Each(func(string, any) {})
				}
				if i == 5 {
					root.Close()
				}
			})
		}
		all.Wait()
		root.Close()
	}
	if int(h.built.Load()) != len(h.closed) {
		t.Errorf("built %d, closed %d", h.built.Load(), len(h.closed))
	}
}

func FuzzContext(f *testing.F) {
	for _, doc := range []string{
		`{"cache_pool": {"total_bytes_limit": 10000000}, "cache_pool#remote": {"total_bytes_limit": 1}, "data_copy_concurrency": {"limit": 8}}`,
		`{"nest": {"pool": "cache_pool#a", "peer": {"peer": "nest#b", "secret": "x"}}, "nest#b": "nest", "cache_pool#a": null}`,
		`{"file_io_sync": false, "file_io_locking": {"mode": "none", "acquire_timeout": "1h2m3.5s"}}`,
		`{"s3_request_retries": {"max_retries": 0, "initial_delay": "10us"}, "nope": 1}`,
		`{"nest": ` + strings.Repeat(`{"peer": `, 90) + `{}` + strings.Repeat(`}`, 91),
	} {
		f.Add([]byte(doc), []byte(`{"cache_pool": "cache_pool#a"}`))
	}
	f.Fuzz(func(t *testing.T, parent, child []byte) {
		h := newHouse()
		var c *Context
		for _, doc := range [][]byte{parent, child} {
			v, err := parseUnlessBroken(doc, h.kinds)
			if err != nil {
				return
			}
			if c == nil {
				c = Root(h.kinds, v)
			} else {
				c = New(c, v)
			}
			checkCanonical(t, h, v)
		}
		for x := c; x != nil; x = x.parent {
			for key := range x.spec.defs {
				one, err1 := c.Bind(at(key))
				two, err2 := c.Bind(at(key))
				if one != two || fmt.Sprint(err1) != fmt.Sprint(err2) {
					t.Errorf("%s: %v, %v and then %v, %v", key, one, err1, two, err2)
				}
			}
		}
		if err := errors.Join(c.Close(), c.parent.Close()); err != nil || int(h.built.Load()) != len(h.closed) {
			t.Errorf("%v: built %d, closed %d", err, h.built.Load(), len(h.closed))
		}
	})
}
