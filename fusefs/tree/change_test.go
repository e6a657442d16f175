package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

func TestAFileGrowsWithItsArray(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{4}, []int64{4})
	tree := w.mount("", Config{})
	h := open(t, tree, "array.raw")
	chunk := open(t, tree, "chunks/0.raw")
	w.count("", []int64{6}, []int64{4})
	if st, err := h.Stat(context.Background()); err != nil || st.Size != 12 {
		t.Errorf("open handle: size %d, %v", st.Size, err)
	}
	p := make([]byte, 12)
	if n, err := h.ReadAt(context.Background(), p, 0); err != nil || n != 12 {
		t.Errorf("open handle: read %d, %v", n, err)
	}
	if n, _ := chunk.ReadAt(context.Background(), p, 0); n != 8 {
		t.Errorf("chunk: read %d bytes", n)
	}
	if got := elements(t, tree, "array.raw"); !slices.Equal(got, []uint16{0, 1, 2, 3, 4, 5}) {
		t.Errorf("new handle: %v", got)
	}
}

func TestAnIncompatibleArrayIsStaleAndANewOneIsFound(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{4}, []int64{4})
	tree := w.mount("", Config{})
	file := find[File](t, tree, "array.raw")
	h := open(t, tree, "array.raw")
	w.count("", []int64{4, 2}, []int64{4, 2})
	if _, err := h.ReadAt(context.Background(), make([]byte, 4), 0); !errors.Is(err, ErrStale) {
		t.Errorf("open handle: %v, want ErrStale", err)
	}
	if _, err := file.Stat(context.Background()); !errors.Is(err, ErrStale) {
		t.Errorf("old node: %v, want ErrStale", err)
	}
	now := find[File](t, tree, "array.raw")
	if now.ID().Ino != file.ID().Ino || now.ID().Gen == file.ID().Gen {
		t.Errorf("old identity %v, new identity %v", file.ID(), now.ID())
	}
	if got := elements(t, tree, "array.raw"); len(got) != 8 {
		t.Errorf("got %v", got)
	}
}

func TestADeletedArrayIsGone(t *testing.T) {
	w := newWorld(t)
	w.count("a/", []int64{4}, []int64{4})
	w.count("b/", []int64{4}, []int64{4})
	tree := w.mountGroup(Config{})
	h := open(t, tree, "a/array.raw")
	if _, err := w.store.Delete(context.Background(), "a/.zarray", kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ReadAt(context.Background(), make([]byte, 4), 0); !errors.Is(err, ErrStale) {
		t.Errorf("open handle: %v, want ErrStale", err)
	}
	wantAbsent(t, tree, "a/array.raw")
	wantAbsent(t, tree, "a")
	wantNames(t, names(t, tree, "", 0), "attributes.json", "b")
}

func TestMetadataBounds(t *testing.T) {
	for _, test := range []struct {
		mode          drivers.Recheck
		stat, opendir int64 // sizes seen after the array has grown from 8 to 12 bytes
	}{
		{drivers.Recheck{Mode: drivers.RecheckAlways}, 12, 12},
		{drivers.Recheck{Mode: drivers.RecheckOpen}, 8, 12},
		{drivers.Recheck{Mode: drivers.RecheckNever}, 8, 8},
	} {
		t.Run(fmt.Sprint(test.mode.JSON()), func(t *testing.T) {
			w := newWorld(t)
			w.count("", []int64{4}, []int64{4})
			tree := w.mount("", Config{RecheckMetadata: test.mode})
			size := func() int64 {
				st, err := find[File](t, tree, "array.raw").Stat(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				return st.Size
			}
			if got := size(); got != 8 {
				t.Fatalf("size %d", got)
			}
			w.count("", []int64{6}, []int64{4})
			if got := size(); got != test.stat {
				t.Errorf("stat at once: %d, want %d", got, test.stat)
			}
			names(t, tree, "", 0)
			if got := size(); got != test.opendir {
				t.Errorf("stat after opendir: %d, want %d", got, test.opendir)
			}
		})
	}
}

func TestOpenLooksAtNamesOncePerSecond(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{4}, []int64{4})
	tree := w.mount("", Config{RecheckMetadata: drivers.Recheck{Mode: drivers.RecheckOpen}})
	file := find[File](t, tree, "array.raw")
	w.count("", []int64{6}, []int64{4})
	later := context.WithValue(context.Background(), Began{}, time.Now().Add(insideAge+time.Millisecond))
	if st, err := file.Stat(later); err != nil || st.Size != 12 {
		t.Errorf("a second later: %d, %v", st.Size, err)
	}
}

func TestAWaiterLeavesAnOpenUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.count("", []int64{4}, []int64{4})
		release := make(chan struct{})
		a := newArrays(Single(func(ctx context.Context, bound time.Time) (*Opened, error) {
			<-release
			return w.open("", nil)(ctx, bound)
		}))
		results := make(chan error, 2)
		go func() {
			m, err := a.get(context.Background(), "", time.Time{})
			if err == nil {
				a.put(m)
			}
			results <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := a.get(ctx, "", time.Time{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiter: %v", err)
		}
		close(release)
		if err := <-results; err != nil {
			t.Errorf("opener: %v", err)
		}
		a.close()
	})
}

func TestIdleArraysAreClosed(t *testing.T) {
	w := newWorld(t)
	for i := range maxIdle + 20 {
		w.array(fmt.Sprintf("a%d/", i), []int64{4}, []int64{4})
	}
	tree := w.mountGroup(Config{})
	for i := range maxIdle + 20 {
		find[File](t, tree, fmt.Sprintf("a%d/array.raw", i))
	}
	if n := w.engine.Stats().Arrays; n > maxIdle {
		t.Errorf("%d arrays are open", n)
	}
	if a, b := find[File](t, tree, "a0/array.raw").ID(), find[File](t, tree, "a0/array.raw").ID(); a != b {
		t.Errorf("identity changed from %v to %v", a, b)
	}
	tree.Close()
	if n := w.engine.Stats().Arrays; n != 0 {
		t.Errorf("%d arrays are open after Close", n)
	}
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	w.put(".zgroup", []byte(`{"zarr_format": 2}`))
	w.put(".zattrs", []byte(`{"title": "root"}`))
	w.put("a/.zgroup", []byte(`{"zarr_format": 2}`))
	w.count("a/b/", []int64{4}, []int64{2})
	w.count("folder/deep/c/", []int64{4}, []int64{2})
	w.put("papers/readme.md", []byte("text"))
	w.put("notes.txt", []byte("text"))
	tree := w.mountGroup(Config{})
	wantNames(t, names(t, tree, "", 0), "attributes.json", "a", "folder")
	wantNames(t, names(t, tree, "", 2), "folder")
	wantNames(t, names(t, tree, "a", 0), "attributes.json", "b")
	wantNames(t, names(t, tree, "folder/deep", 0), "attributes.json", "c")
	if got := string(content(t, tree, "attributes.json")); !strings.Contains(got, `"root"`) {
		t.Errorf("attributes.json: %s", got)
	}
	if got := string(content(t, tree, "folder/attributes.json")); got != "{}\n" {
		t.Errorf("folder/attributes.json: %q", got)
	}
	if got := elements(t, tree, "a/b/array.raw"); !slices.Equal(got, []uint16{0, 1, 2, 3}) {
		t.Errorf("a/b: %v", got)
	}
	for _, path := range []string{"papers", "notes.txt", "nonsense", "a/b/.zarray", "array.npy", "info.json"} {
		wantAbsent(t, tree, path)
	}
}

func TestAFolderWithoutArraysIsRefused(t *testing.T) {
	w := newWorld(t)
	w.put("a/b/c/notes.txt", []byte("text"))
	_, err := New(context.Background(), Config{Source: Hierarchy(HierarchyConfig{Formats: []drivers.Format{}, Store: w.store})})
	if !errors.Is(err, drivers.ErrNoArray) {
		t.Errorf("got %v", err)
	}
}

func TestStoredKeys(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{4, 4}, []int64{2, 2})
	w.put("c/0/0", []byte("deep"))
	w.put("c", []byte("a key beside deeper keys"))
	w.put("bad//name", []byte("x"))
	tree := w.mount("", Config{})
	wantNames(t, names(t, tree, ".store", 0), ".zarray", "0.0", "0.1", "1.0", "1.1", "bad", "c")
	wantNames(t, names(t, tree, ".store", 5), "bad", "c")
	wantNames(t, names(t, tree, ".store/bad", 0))
	if got := string(content(t, tree, ".store/c")); got != "a key beside deeper keys" {
		t.Errorf("got %q", got)
	}
	h := open(t, tree, ".store/0.0")
	w.put("0.0", []byte("another value"))
	if _, err := h.ReadAt(context.Background(), make([]byte, 3), 1); !errors.Is(err, ErrStale) {
		t.Errorf("a replaced value: %v, want ErrStale", err)
	}
}

func TestControlFiles(t *testing.T) {
	w := newWorld(t)
	w.count("", []int64{4}, []int64{4})
	reads := 0
	tree := w.mount("", Config{Spec: []byte(`{"driver":"zarr"}`), Stats: func() any {
		reads++
		return map[string]any{"reads": reads, "on": true, "pools": []any{map[string]any{"name": "a}b", "bytes": 1.5}}, "text": "left out"}
	}})
	wantNames(t, names(t, tree, ".tsmount", 0), "ready", "config.json", "stats.json", "metrics")
	if got := string(content(t, tree, ".tsmount/config.json")); got != "{\n  \"driver\": \"zarr\"\n}\n" {
		t.Errorf("config.json: %q", got)
	}
	if st, _ := find[File](t, tree, ".tsmount/config.json").Stat(context.Background()); st.Perm != 0o400 || !st.Volatile {
		t.Errorf("config.json: %+v", st)
	}
	want := "# TYPE tsmount_on untyped\ntsmount_on 1\n# TYPE tsmount_pools_bytes untyped\ntsmount_pools_bytes{pools=\"a)b\"} 1.5\n# TYPE tsmount_reads untyped\ntsmount_reads 2\n"
	if got := string(content(t, tree, ".tsmount/metrics")); got != want {
		t.Errorf("metrics: %s", got)
	}
	if _, err := find[File](t, tree, ".tsmount/ready").Open(context.Background(), OpenOptions{Write: true}); !errors.Is(err, kvstore.ErrReadOnly) {
		t.Errorf("open for writing: %v", err)
	}
	if _, err := walk(tree, ".tsmount/other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("other: %v", err)
	}
}
