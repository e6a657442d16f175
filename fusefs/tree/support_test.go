package tree

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"tsmount/arrayview"
	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/drivers/zarr"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/kvstore/memory"
	"tsmount/resources"
)

// world is a memory store with arrays in it, and what mounts of it share.
type world struct {
	t      *testing.T
	store  *memory.Store
	over   kvstore.Store // what mounts see; nil: store
	format drivers.Format
	engine *cache.Engine
	pool   *cache.Pool
	copies *resources.Limiter
}

func newWorld(t *testing.T) *world {
	kinds := resources.NewKinds(append(resources.Standard(), cache.PoolKind())...)
	spec, err := strictjson.Parse([]byte(`{"cache_pool": {"total_bytes_limit": 1000000}}`), "test")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := resources.ParseSpec(kinds, spec)
	if err != nil {
		t.Fatal(err)
	}
	rc := resources.Root(kinds, parsed)
	w := &world{t: t, store: memory.New(), format: zarr.Format{}, engine: cache.New(cache.Config{})}
	if w.pool, err = resources.Get[*cache.Pool](rc, resources.DefaultMember(cache.PoolName)); err != nil {
		t.Fatal(err)
	}
	if w.copies, err = resources.Get[*resources.Limiter](rc, resources.DefaultMember(resources.DataCopyConcurrency)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.engine.Close)
	return w
}

func (w *world) put(key string, value []byte) {
	w.t.Helper()
	if _, err := w.store.Write(context.Background(), key, value, kvstore.WriteOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// array stores the metadata of a zarr v2 array of uint16 without compression.
func (w *world) array(path string, shape, chunks []int64) {
	w.put(path+".zarray", fmt.Appendf(nil,
		`{"zarr_format": 2, "shape": %s, "chunks": %s, "dtype": "<u2", "order": "C", "compressor": null, "filters": null, "fill_value": 7}`,
		compactJSON(shape), compactJSON(chunks)))
}

// count stores the chunks of an array whose elements count up in C order.
func (w *world) count(path string, shape, chunks []int64) {
	w.array(path, shape, chunks)
	cells := arrayview.NewBox(len(shape))
	for d := range shape {
		cells.Shape[d] = (shape[d] + chunks[d] - 1) / chunks[d]
	}
	g := grid{cells: cells}
	for cell := range g.from(0) {
		var data []byte
		box := grid{cells: arrayview.Box{Min: make([]int64, len(shape)), Shape: chunks}}
		for in := range box.from(0) {
			n := int64(0)
			for d := range in {
				n = n*shape[d] + cell[d]*chunks[d] + in[d]
			}
			data = binary.LittleEndian.AppendUint16(data, uint16(n))
		}
		w.put(path+g.name(cell), data)
	}
}

// seen is the store as mounts see it.
func (w *world) seen() kvstore.Store {
	if w.over != nil {
		return w.over
	}
	return w.store
}

func (w *world) open(path string, transform *arrayview.Transform) func(context.Context, time.Time) (*Opened, error) {
	return func(ctx context.Context, bound time.Time) (*Opened, error) {
		a, err := w.engine.Open(ctx, cache.OpenRequest{
			Format: w.format, Want: drivers.Constraints{Rank: -1}, Store: w.seen(), Path: path,
			Pool: w.pool, DataCopy: w.copies, Transform: transform, Mode: cache.OpenMode{Open: true}, Bound: bound,
		})
		if err != nil {
			return nil, err
		}
		return &Opened{Array: a, Store: kvstore.Prefixed(w.seen(), path), Driver: "zarr", URL: "memory://" + path + "|zarr2:"}, nil
	}
}

// mount returns the tree of the array at path.
func (w *world) mount(path string, cfg Config) *Tree {
	return w.mountSource(Single(w.open(path, nil)), cfg)
}

func (w *world) mountSource(source Source, cfg Config) *Tree {
	w.t.Helper()
	cfg.Source = source
	tree, err := New(context.Background(), cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(tree.Close)
	return tree
}

// mountGroup returns the tree of everything in the store.
func (w *world) mountGroup(cfg Config) *Tree {
	return w.mountSource(Hierarchy(HierarchyConfig{
		Formats: []drivers.Format{zarr.Format{}}, Store: w.seen(),
		Open: func(ctx context.Context, m Member, bound time.Time) (*Opened, error) {
			return w.open(m.Path, nil)(ctx, bound)
		},
	}), cfg)
}

// walk resolves a path below the root.
func walk(tree *Tree, path string) (Node, error) {
	var n Node = tree.Root()
	if path == "" {
		return n, nil
	}
	for _, name := range strings.Split(path, "/") {
		d, ok := n.(Dir)
		if !ok {
			return nil, fmt.Errorf("%s: not a directory: %w", n.Path(), fs.ErrNotExist)
		}
		var err error
		if n, err = d.Lookup(context.Background(), name); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func find[T Node](t *testing.T, tree *Tree, path string) T {
	t.Helper()
	n, err := walk(tree, path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	as, ok := n.(T)
	if !ok {
		t.Fatalf("%s is a %T", path, n)
	}
	return as
}

// names lists a directory from entry number from on.
func names(t *testing.T, tree *Tree, path string, from int64) []string {
	t.Helper()
	var list []string
	for e, err := range find[Dir](t, tree, path).List(context.Background(), from) {
		if err != nil {
			t.Fatalf("list %s: %v", path, err)
		}
		list = append(list, e.Name)
	}
	return list
}

func open(t *testing.T, tree *Tree, path string) Handle {
	t.Helper()
	h, err := find[File](t, tree, path).Open(context.Background(), OpenOptions{})
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// content reads a whole file, whose size must be what Stat says.
func content(t *testing.T, tree *Tree, path string) []byte {
	t.Helper()
	st, err := find[File](t, tree, path).Stat(context.Background())
	if err != nil {
		t.Fatalf("stat %s: %v", path, err)
	}
	p := make([]byte, st.Size+10)
	n, err := open(t, tree, path).ReadAt(context.Background(), p, 0)
	if err != io.EOF || int64(n) != st.Size {
		t.Fatalf("read %s: got %d bytes and %v, want %d and EOF", path, n, err, st.Size)
	}
	return p[:n]
}

// elements is content of a raw file as numbers.
func elements(t *testing.T, tree *Tree, path string) []uint16 {
	t.Helper()
	data := content(t, tree, path)
	list := make([]uint16, len(data)/2)
	if err := binary.Read(bytes.NewReader(data), binary.LittleEndian, list); err != nil {
		t.Fatal(err)
	}
	return list
}

func wantAbsent(t *testing.T, tree *Tree, path string) {
	t.Helper()
	if _, err := walk(tree, path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: got %v, want that it does not exist", path, err)
	}
}

func wantNames(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got names %v, want %v", got, want)
	}
}
