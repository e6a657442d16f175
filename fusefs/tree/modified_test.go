package tree

import (
	"context"
	"testing"
	"time"
)

// TestModificationTimesNeverGoBack changes an array in ways that leave older
// times behind.
func TestModificationTimesNeverGoBack(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{4}, []int64{2})
	tree := w.mount("", Config{})
	last := modifiedOf(t, tree)
	step := func(what string, later bool) {
		t.Helper()
		now := modifiedOf(t, tree)
		if now.Before(last) || later && now.Equal(last) {
			t.Errorf("%s: the time moved from %v to %v", what, last, now)
		}
		last = now
	}
	content(t, tree, "array.raw")
	step("reading", false)
	time.Sleep(2 * time.Millisecond) // for the clock of the store
	w.put("1", []byte{1, 1, 1, 1})
	content(t, tree, "array.raw")
	step("a new chunk that was read", true)
	w.remove("1")
	content(t, tree, "array.raw")
	step("a chunk that is gone", true)
	w.put(".zattrs", []byte(`{"a": 1}`))
	step("new attributes", true)
	w.remove(".zattrs")
	step("attributes that are gone", true)
	tree.Refresh("")
	step("a refresh", false)
}

func modifiedOf(t *testing.T, tree *Tree) time.Time {
	t.Helper()
	st, err := find[File](t, tree, "array.raw").Stat(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return st.Modified
}
