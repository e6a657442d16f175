package tree

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"sync"
	"testing"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// counting is a store that counts the requests for each key, and apart from
// them those that were not conditional on what was known, and the listings.
type counting struct {
	kvstore.Store

	mu          sync.Mutex // guards following
	requests    map[string]int
	conditional map[string]int
	lists       int
}

func (c *counting) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	c.mu.Lock()
	c.requests[key]++
	if opt.IfNotEqual != "" {
		c.conditional[key]++
	}
	c.mu.Unlock()
	return c.Store.Read(ctx, key, opt)
}

func (c *counting) List(ctx context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	c.mu.Lock()
	c.lists++
	c.mu.Unlock()
	return c.Store.List(ctx, opt)
}

// since returns what was counted since the last call.
func (c *counting) since() (requests, conditional map[string]int, lists int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests, conditional, lists = c.requests, c.conditional, c.lists
	c.requests, c.conditional, c.lists = map[string]int{}, map[string]int{}, 0
	return requests, conditional, lists
}

// counted returns a world whose mounts see a counting store.
func counted(t *testing.T) (*world, *counting) {
	w := newWorld(t)
	c := &counting{Store: w.store}
	c.since()
	w.over = c
	return w, c
}

// each returns a count of n for every stored key of the array at path.
func each(path string, n int, keys ...string) map[string]int {
	want := map[string]int{}
	for _, key := range keys {
		if n > 0 {
			want[path+key] = n
		}
	}
	return want
}

func (w *world) remove(key string) {
	w.t.Helper()
	if _, err := w.store.Delete(context.Background(), key, kvstore.WriteOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

var storedKeys = []string{".zarray", ".zattrs", "0.0", "0.1", "1.0", "1.1"}

func readAll(t *testing.T, h Handle) {
	t.Helper()
	if n, err := h.ReadAt(context.Background(), make([]byte, 64), 0); n != 32 || err != io.EOF {
		t.Fatalf("read %d, %v", n, err)
	}
}

// TestRequestsOfBounds reads an unchanged array again, through an open file and
// through new ones, in two formats.
func TestRequestsOfBounds(t *testing.T) {
	past := drivers.Recheck{Mode: drivers.RecheckTime, Seconds: float64(time.Now().Unix() - 1000)}
	for _, test := range []struct {
		bound            drivers.Recheck
		perRead, perOpen int
	}{
		{drivers.Recheck{Mode: drivers.RecheckAlways}, 1, -1},
		{drivers.Recheck{Mode: drivers.RecheckOpen}, 0, 1},
		{drivers.Recheck{Mode: drivers.RecheckNever}, 0, 0},
		{past, 0, 0},
	} {
		t.Run(fmt.Sprint(test.bound.JSON()), func(t *testing.T) {
			w, c := counted(t)
			w.count("a/", []int64{4, 4}, []int64{2, 2})
			w.remove("a/1.1") // that a chunk is missing is known as well as what another one holds
			tree := w.mount("a/", Config{RecheckData: test.bound, RecheckMetadata: test.bound})
			h := open(t, tree, "array.raw")
			readAll(t, h)
			loads := w.pool.Stats().Loads
			c.since()
			readAll(t, h)
			expectRequests(t, c, "a read", each("a/", test.perRead, storedKeys...))
			node := find[File](t, tree, "array.npy")
			c.since()
			again, err := node.Open(context.Background(), OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if _, err := again.ReadAt(context.Background(), make([]byte, 1000), 0); err != io.EOF {
				t.Fatal(err)
			}
			if test.perOpen >= 0 {
				expectRequests(t, c, "an open and a read", each("a/", test.perOpen, storedKeys...))
			}
			c.since()
			if _, err := again.ReadAt(context.Background(), make([]byte, 1000), 0); err != io.EOF {
				t.Fatal(err)
			}
			expectRequests(t, c, "a read through the other file", each("a/", test.perRead, storedKeys...))
			if after := w.pool.Stats().Loads; after != loads {
				t.Errorf("%d values that are unchanged were loaded again", after-loads)
			}
		})
	}
}

// expectRequests compares the requests since the last look; all of them must be
// conditional.
func expectRequests(t *testing.T, c *counting, what string, want map[string]int) {
	t.Helper()
	requests, conditional, lists := c.since()
	if !maps.Equal(requests, want) || lists > 0 {
		t.Errorf("%s: requests %v and %d listings, want %v and none", what, requests, lists, want)
	}
	if !maps.Equal(conditional, requests) {
		t.Errorf("%s: of the requests %v only %v are conditional", what, requests, conditional)
	}
}

// TestRequestsOfListings lists a folder of arrays twice.
func TestRequestsOfListings(t *testing.T) {
	for _, test := range []struct {
		mode  drivers.RecheckMode
		lists int
	}{{drivers.RecheckNever, 0}, {drivers.RecheckOpen, 1}, {drivers.RecheckAlways, 1}} {
		w, c := counted(t)
		w.count("one/", []int64{4, 4}, []int64{2, 2})
		w.count("two/", []int64{4, 4}, []int64{2, 2})
		w.put(".zgroup", []byte(`{"zarr_format": 2}`))
		tree := w.mountGroup(Config{RecheckData: drivers.Recheck{Mode: test.mode}, RecheckMetadata: drivers.Recheck{Mode: test.mode}})
		wantNames(t, names(t, tree, "", 0), "attributes.json", "one", "two")
		c.since()
		wantNames(t, names(t, tree, "", 0), "attributes.json", "one", "two")
		requests, _, lists := c.since()
		if lists != test.lists {
			t.Errorf("mode %v: %d listings of the store, want %d", test.mode, lists, test.lists)
		}
		for key, n := range requests {
			if n != test.lists {
				t.Errorf("mode %v: %d requests for %s, want %d", test.mode, n, key, test.lists)
			}
		}
	}
}
