package kvstore_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"tsmount/kvstore"
	"tsmount/kvstore/memory"
)

func TestPrefixed(t *testing.T) {
	base := memory.New()
	base.Preload(map[string][]byte{"ab": nil, "a": nil, "a/": nil, "a/x": []byte("x"), "a/b/c": nil, "a0": nil})
	s := kvstore.Prefixed(base, "a/")
	var got []string
	for e, err := range s.List(t.Context(), kvstore.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Key)
	}
	if want := []string{"b/c", "x"}; !slices.Equal(got, want) {
		t.Errorf("List: got %q, want %q", got, want)
	}
	if _, err := s.Read(t.Context(), "", kvstore.ReadOptions{}); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("the empty key: got error %v, want ErrInvalid", err)
	}
	res, err := kvstore.Prefixed(kvstore.Prefixed(base, "a"), "/").Read(t.Context(), "x", kvstore.ReadOptions{})
	if err != nil || string(res.Value) != "x" {
		t.Errorf("a prefix of a prefix: got %+v, %v", res, err)
	}
	if kvstore.Prefixed(base, "") != kvstore.Store(base) {
		t.Error("the empty prefix is not the store itself")
	}
}

// Identities are equal exactly for equal parts of equal stores.
func TestPrefixedIdentity(t *testing.T) {
	base, other := memory.New(), memory.New()
	seen := map[string]bool{}
	for _, s := range []kvstore.Store{
		base, other, kvstore.Prefixed(base, "a"), kvstore.Prefixed(base, "a/"), kvstore.Prefixed(other, "a"),
		kvstore.Prefixed(base, `a" of "`),
	} {
		if id := s.Identity(); seen[id] {
			t.Errorf("the identity %q is used twice", id)
		} else {
			seen[id] = true
		}
	}
	a, b := kvstore.Prefixed(kvstore.Prefixed(base, "x/"), "y"), kvstore.Prefixed(base, "x/y")
	if a.Identity() != b.Identity() {
		t.Errorf("got %q and %q for one part", a.Identity(), b.Identity())
	}
}
