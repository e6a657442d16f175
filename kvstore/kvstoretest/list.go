package kvstoretest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"tsmount/kvstore"
)

func testList(t *testing.T, h *Harness) {
	t.Run("empty", func(t *testing.T) {
		if got := entries(t, h.Open(t), kvstore.ListOptions{}); len(got) > 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("selection", func(t *testing.T) { listSelection(t, h) })
	t.Run("many", func(t *testing.T) { listMany(t, h) })
	t.Run("break", func(t *testing.T) { listBreak(t, h) })
	t.Run("cancelled", func(t *testing.T) { listCancelled(t, h) })
	t.Run("concurrent delete", func(t *testing.T) { listConcurrentDelete(t, h) })
}

// entries returns what List yields; it fails the test on an error.
func entries(t testing.TB, s kvstore.Store, opt kvstore.ListOptions) []string {
	t.Helper()
	var got []string
	for e, err := range s.List(context.Background(), opt) {
		if err != nil {
			t.Fatalf("List(%+v): %v", opt, err)
		}
		if e.Size != -1 {
			checkSize(t, s, e)
		}
		if e.Dir {
			e.Key += "/"
		}
		got = append(got, e.Key)
	}
	return got
}

func checkSize(t testing.TB, s kvstore.Store, e kvstore.Entry) {
	t.Helper()
	if e.Dir {
		t.Errorf("%q: a level has the size %d, want -1", e.Key, e.Size)
		return
	}
	res := read(t, s, e.Key, kvstore.ReadOptions{StatOnly: true})
	if res.State == kvstore.Present && res.Size != e.Size {
		t.Errorf("%q is listed with the size %d, has %d", e.Key, e.Size, res.Size)
	}
}

// model answers as List must: a level is marked by a "/" at its end, which also
// is where it sorts.
func model(keys []string, opt kvstore.ListOptions) []string {
	set := map[string]bool{}
	for _, key := range keys {
		if !strings.HasPrefix(key, opt.Prefix) || opt.After != "" && key <= opt.After {
			continue
		}
		if i := strings.Index(key[len(opt.Prefix):], "/"); i >= 0 && opt.Delimiter {
			key = key[:len(opt.Prefix)+i+1]
		}
		set[key] = true
	}
	var want []string
	for key := range set {
		want = append(want, key)
	}
	sort.Strings(want)
	return want
}

// listSelection compares listings with the model for all options that differ.
func listSelection(t *testing.T, h *Harness) {
	keys := h.keys(30)
	if h.Features.AnyKey {
		keys = []string{
			"a.b", "a/b", "a/b.c", "a/c/d", "a/c/e", "a0", "ab", "b/c/d/e", "b/c/f", "b-", "c", "c-/x", "d/e", "zarr.json", "ä/ö", "é",
		}
	}
	s := h.Open(t)
	for _, key := range keys {
		write(t, s, key, "value of "+key)
	}
	points := []string{"", "/", "a/c/", "b/c", "c/", "zz", "no", keys[0][:1]}
	for _, key := range keys {
		points = append(points, key, key[:len(key)-1], key+"x")
	}
	for _, prefix := range points {
		for _, after := range points {
			for _, delimiter := range []bool{false, true} {
				if strings.HasPrefix(prefix, "/") {
					continue // a store may refuse it: no key begins like that
				}
				opt := kvstore.ListOptions{Prefix: prefix, After: after, Delimiter: delimiter}
				if got, want := entries(t, s, opt), model(keys, opt); !slices.Equal(got, want) {
					t.Errorf("List(%+v):\ngot  %q\nwant %q", opt, got, want)
				}
			}
		}
	}
}

// listMany has more keys than servers put on one page.
func listMany(t *testing.T, h *Harness) {
	s, want := h.Open(t), fill(t, h, 1100)
	if got := entries(t, s, kvstore.ListOptions{}); !slices.Equal(got, want) {
		t.Errorf("got %d keys, want %d, in order", len(got), len(want))
	}
	if got := entries(t, s, kvstore.ListOptions{After: want[700]}); !slices.Equal(got, want[701:]) {
		t.Errorf("after the key 700: got %d keys, want %d, in order", len(got), len(want)-701)
	}
}

// fill makes the n keys of the harness the only ones.
func fill(t testing.TB, h *Harness, n int) []string {
	t.Helper()
	s := h.Open(t)
	for _, key := range entries(t, s, kvstore.ListOptions{}) {
		if _, err := s.Delete(context.Background(), key, kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	keys := h.keys(n)
	for _, key := range keys {
		write(t, s, key, "v")
	}
	return keys
}

// listBreak: a consumer that stops early may start again at once.
func listBreak(t *testing.T, h *Harness) {
	s := h.Open(t)
	want := fill(t, h, 20)
	for range 60 {
		n := 0
		for e, err := range s.List(context.Background(), kvstore.ListOptions{}) {
			if err != nil || e.Key != want[n] {
				t.Fatalf("got %+v, %v, want %q", e, err, want[n])
			}
			if n++; n == 3 {
				break
			}
		}
	}
}

// listCancelled: the sequence ends with the error of the context.
func listCancelled(t *testing.T, h *Harness) {
	s := h.Open(t)
	fill(t, h, 50)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n, failed := 0, false
	for _, err := range s.List(ctx, kvstore.ListOptions{}) {
		if failed {
			t.Fatal("the sequence goes on after an error")
		}
		if failed = err != nil; failed && !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want context.Canceled", err)
		}
		if n++; n == 3 {
			cancel()
		}
	}
	if !failed && n < 50 {
		t.Errorf("the listing ended after %d keys without an error", n)
	}
	for _, err := range s.List(ctx, kvstore.ListOptions{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before: got error %v, want context.Canceled", err)
		}
		break
	}
}

// listConcurrentDelete: keys that are there throughout are listed whatever comes
// and goes beside them.
func listConcurrentDelete(t *testing.T, h *Harness) {
	s := h.Open(t)
	keys := fill(t, h, 40)
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- churn(h.Open(t), keys, stop) }()
	for range 50 {
		got := entries(t, s, kvstore.ListOptions{})
		if !slices.IsSorted(got) {
			t.Fatalf("not in order: %q", got)
		}
		for i, key := range keys {
			if _, found := slices.BinarySearch(got, key); i%2 == 0 && !found {
				t.Fatalf("%q is not listed", key)
			}
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// churn deletes and makes every second key until stop.
func churn(s kvstore.Store, keys []string, stop <-chan struct{}) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		key := keys[i*2%len(keys)+1]
		if _, err := s.Delete(context.Background(), key, kvstore.WriteOptions{}); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		if _, err := s.Write(context.Background(), key, []byte("v"), kvstore.WriteOptions{}); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
}

// testNoList: "A store that cannot list yields one error that wraps
// errors.ErrUnsupported."
func testNoList(t *testing.T, h *Harness) {
	if h.Features.List {
		t.Skip("the store has the power List")
	}
	var errs []error
	for _, err := range h.Open(t).List(context.Background(), kvstore.ListOptions{}) {
		errs = append(errs, err)
	}
	if len(errs) != 1 || !errors.Is(errs[0], errors.ErrUnsupported) {
		t.Errorf("got %v, want one ErrUnsupported", errs)
	}
}
