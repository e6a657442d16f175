package resources

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
)

func TestAChildShadowsWhatItDefinesAndSharesAllElse(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"cache_pool": {"total_bytes_limit": 1}, "cache_pool#a": {"total_bytes_limit": 2}}`,
		`{"cache_pool": {"total_bytes_limit": 3}}`, `{}`)
	for i, want := range []uint64{1, 3, 3} {
		if got := get[*pool](t, cs[i], "cache_pool").cfg.Total; got != want {
			t.Errorf("context %d: got %d, want %d", i, got, want)
		}
	}
	if get[*pool](t, cs[1], "cache_pool") != get[*pool](t, cs[2], "cache_pool") {
		t.Error("the grandchild does not share its parent's pool")
	}
	if get[*pool](t, cs[0], "cache_pool#a") != get[*pool](t, cs[2], "cache_pool#a") {
		t.Error("the grandchild does not share the root's pool")
	}
}

func TestTheDefaultIsMadeInTheRootForAllDescendants(t *testing.T) {
	h := newHouse()
	root := h.chain(t, `{}`)[0]
	one, two := New(root, nil), New(New(root, nil), h.spec(t, `{"cache_pool#x": null}`))
	if get[*pool](t, one, "cache_pool") != get[*pool](t, two, "cache_pool") || h.built.Load() != 1 {
		t.Error("descendants do not share the default")
	}
	if got := get[*pool](t, root, "cache_pool"); got != get[*pool](t, one, "cache_pool") {
		t.Error("the default is not the root's")
	}
	if get[*pool](t, h.chain(t, `{}`)[0], "cache_pool") == get[*pool](t, root, "cache_pool") {
		t.Error("two roots share a default")
	}
}

func TestAnUndefinedIdentifierIsAnErrorThatNamesIt(t *testing.T) {
	c := newHouse().chain(t, `{"cache_pool#a": {}, "cache_pool": "cache_pool#b"}`, `{}`)[1]
	_, err := c.Bind(at("cache_pool#x y2"))
	wantError(t, err, `resource not defined: "cache_pool#x y2"`)
	_, err = c.Bind(at("cache_pool"))
	wantError(t, err, `resource not defined: "cache_pool#b"`)
	_, err = c.Bind(at("cache_pool#"))
	wantError(t, err, `resource not defined: "cache_pool#"`)
}

func TestAReferenceStartsInTheContextThatContainsIt(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"cache_pool": "cache_pool#a", "cache_pool#a": {"total_bytes_limit": 1}}`, `{"cache_pool#a": {"total_bytes_limit": 2}}`)
	if got := get[*pool](t, cs[1], "cache_pool"); got.cfg.Total != 1 || got != get[*pool](t, cs[0], "cache_pool#a") {
		t.Errorf("got %d, want the root's", got.cfg.Total)
	}
}

func TestAReferenceSharesWhatItNames(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"cache_pool#a": {}}`, `{"cache_pool": "cache_pool#b", "cache_pool#b": "cache_pool#a"}`)
	if get[*pool](t, cs[1], "cache_pool") != get[*pool](t, cs[0], "cache_pool#a") || h.built.Load() != 1 {
		t.Error("a reference made another resource")
	}
	if get[*pool](t, cs[0], "cache_pool") == get[*pool](t, cs[1], "cache_pool") {
		t.Error("the child's reference reached the root's default")
	}
}

func TestMembersOfADefinitionAreFoundInItsContext(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"nest": {"pool": "cache_pool#a"}, "nest#n": null, "cache_pool#a": {"total_bytes_limit": 1}}`,
		`{"cache_pool#a": {"total_bytes_limit": 2}, "cache_pool": {"total_bytes_limit": 3}, "nest#c": null}`)
	if got := get[*nest](t, cs[1], "nest").pool.cfg.Total; got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	if got := get[*nest](t, cs[1], "nest#n").pool; got != get[*pool](t, cs[0], "cache_pool") {
		t.Error("a null in the root does not use the root's pool")
	}
	if got := get[*nest](t, cs[1], "nest#c").pool.cfg.Total; got != 3 {
		t.Errorf("a null in the child: got %d, want the child's pool", got)
	}
	if got := get[*nest](t, h.chain(t, `{}`, `{"cache_pool": {"total_bytes_limit": 3}}`)[1], "nest").pool.cfg.Total; got != 0 {
		t.Errorf("the default nest lives in the root: got the pool with %d, want the root's", got)
	}
}

func TestNullIsANewDefaultInstanceInEveryContext(t *testing.T) {
	h := newHouse()
	doc := `{"cache_pool": {"total_bytes_limit": 9}, "cache_pool#a": null, "cache_pool#b": null}`
	cs := h.chain(t, doc, doc, `{"cache_pool": null}`)
	seen := map[*pool]bool{}
	for _, c := range cs[:2] {
		seen[get[*pool](t, c, "cache_pool#a")] = true
		seen[get[*pool](t, c, "cache_pool#b")] = true
	}
	seen[get[*pool](t, cs[2], "cache_pool")] = true
	if len(seen) != 5 {
		t.Errorf("got %d instances, want 5", len(seen))
	}
	for p := range seen {
		if p.cfg.Total != 0 {
			t.Errorf("got %d, want the type's default", p.cfg.Total)
		}
	}
}

func TestAChildWithoutASpecResolvesAsItsParent(t *testing.T) {
	h := newHouse()
	root := h.chain(t, `{"cache_pool#a": {}}`)[0]
	child := New(root, nil)
	if get[*pool](t, child, "cache_pool#a") != get[*pool](t, root, "cache_pool#a") {
		t.Error("not the parent's resource")
	}
	if child.Close() != nil || len(h.closed) != 0 {
		t.Error("the child closed the parent's resource")
	}
}

func TestAnErrorIsRemembered(t *testing.T) {
	h := newHouse()
	cause := errors.New("no memory")
	h.before = func(poolConfig) error { return cause }
	c := h.chain(t, `{"cache_pool#a": "cache_pool#b", "cache_pool#b": {}}`)[0]
	for range 3 {
		_, err := c.Bind(at("cache_pool#a"))
		if !errors.Is(err, cause) {
			t.Errorf("got %v, want %v", err, cause)
		}
		wantError(t, err, `resource "cache_pool#b": no memory`)
	}
	if h.built.Load() != 1 {
		t.Errorf("built %d times, want 1", h.built.Load())
	}
}

func TestCloseClosesOwnResourcesOnceInReverseOrder(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"cache_pool#1": {"total_bytes_limit": 1}, "cache_pool#2": {"total_bytes_limit": 2}, "cache_pool#r": "cache_pool#1"}`,
		`{"cache_pool#3": {"total_bytes_limit": 3}, "nest": {"pool": {"total_bytes_limit": 4}}}`)
	for _, key := range []string{"cache_pool#2", "cache_pool#r", "cache_pool#3", "nest"} {
		if _, err := cs[1].Bind(at(key)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range [][]uint64{{4, 3}, {4, 3, 1, 2}} {
		c := cs[1-i]
		if c.Close() != nil || c.Close() != nil || !slices.Equal(h.closed, want) {
			t.Errorf("closed %v, want %v", h.closed, want)
		}
	}
	_, err := cs[1].Bind(at("cache_pool#3"))
	if !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v, want fs.ErrClosed", err)
	}
	if _, err = cs[1].Bind(h.member(t, "cache_pool", `{}`)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("inline: got %v, want fs.ErrClosed", err)
	}
	if _, err = New(cs[1], nil).Bind(at("cache_pool#1")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("child of a closed context: got %v, want fs.ErrClosed", err)
	}
}

func TestCloseReportsEveryFailure(t *testing.T) {
	bad := errors.New("stuck")
	kinds := NewKinds(NewKind("p", poolSyntax, func(*Resolver, poolConfig) (*pool, error) {
		return &pool{closed: func(*pool) error { return bad }}, nil
	}))
	s, _ := ParseSpec(kinds, value(t, `{"p#1": {}, "p#2": {}}`))
	c := Root(kinds, s)
	get[*pool](t, c, "p#1")
	get[*pool](t, c, "p#2")
	err := c.Close()
	if !errors.Is(err, bad) {
		t.Errorf("got %v", err)
	}
	wantError(t, err, "close resource \"p#2\": stuck\nclose resource \"p#1\": stuck")
}

func TestEachGivesEveryBuiltResourceOnceUnderAKeyOfItsOwn(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"cache_pool": "cache_pool#1", "cache_pool#1": {}}`, `{"nest": {"pool": {}}}`)
	for _, m := range []Member{at("cache_pool"), at("cache_pool#1"), at("nest"), h.member(t, "cache_pool", `{}`), h.member(t, "nest", `{"peer": {}}`)} {
		if _, err := cs[1].Bind(m); err != nil {
			t.Fatal(err)
		}
	}
	var keys [2][]string
	for i, c := range cs {
		c.Each(func(key string, r any) {
			keys[i] = append(keys[i], key)
			if r == nil {
				t.Errorf("%s is nil", key)
			}
		})
	}
	if want := []string{"cache_pool#1"}; !slices.Equal(keys[0], want) {
		t.Errorf("root: got %q, want %q", keys[0], want)
	}
	// cache_pool#1 is taken by the root; nest's own pool was generated first.
	if want := []string{"cache_pool#0", "nest", "cache_pool#2", "nest#1", "nest#0"}; !slices.Equal(keys[1], want) {
		t.Errorf("child: got %q, want %q", keys[1], want)
	}
}

func TestKindsAreListedOnce(t *testing.T) {
	k := NewKinds(Standard()...)
	if !k.Has(FileIOSync) || k.Has("cache_pool") || k.Has("") || !slices.IsSorted(k.Names()) || len(k.Names()) != 10 {
		t.Errorf("got %v", k.Names())
	}
	for _, bad := range [][]Kind{{Standard()[0], Standard()[0]}, {{}}, {NewValueKind("a#b", fileSyncSyntax)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was accepted", bad[0].Name())
				}
			}()
			NewKinds(bad...)
		}()
	}
}

func TestChildrenAreListedUntilTheyAreClosed(t *testing.T) {
	h := newHouse()
	root := Root(h.kinds, nil)
	first, second := New(root, nil), New(root, nil)
	New(second, nil)
	if got := root.Children(); len(got) != 2 || got[0] != first || got[1] != second {
		t.Errorf("got %v, want the two children in order", got)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := root.Children(); len(got) != 1 || got[0] != second || len(second.Children()) != 1 {
		t.Errorf("got %v, want the second child alone, with its own", got)
	}
}
