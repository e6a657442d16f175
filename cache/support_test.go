package cache

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/kvstore/memory"
)

// gridFormat is a small array format for these tests: uint16, raw chunks with
// one leading byte 'c', C order, fill value 7.
type gridFormat struct{}

type gridMeta struct {
	Shape, Chunk []int64
	Tag          string // anything else that makes arrays incompatible
}

const gridFill = 7

func (gridFormat) Name() string { return "grid" }

func (gridFormat) MetadataKeys(path string, _ drivers.Constraints) []string {
	return []string{path + "meta", path + "attrs"}
}

func (gridFormat) Parse(path string, docs map[string][]byte, _ drivers.Constraints) (drivers.Dataset, error) {
	var m gridMeta
	if err := json.Unmarshal(docs[path+"meta"], &m); err != nil {
		return nil, &strictjson.Error{Source: path + "meta", Msg: err.Error()}
	}
	d := arrayview.NewDomain(len(m.Shape))
	order := make([]int, len(m.Shape))
	for i, n := range m.Shape {
		d.Min[i], d.Max[i], d.ImplicitMin[i] = 0, n, false
		order[i] = i
	}
	return &gridDataset{m, drivers.Schema{
		DType: arrayview.Uint16, Domain: d, GridOrigin: make([]int64, len(m.Shape)),
		Chunk: m.Chunk, WriteChunk: m.Chunk, InnerOrder: order, Fill: []byte{gridFill, 0},
	}}, nil
}

func (f gridFormat) Create(path string, have map[string][]byte, want drivers.Constraints) (map[string][]byte, drivers.Dataset, error) {
	if have[path+"meta"] != nil {
		return nil, nil, drivers.ErrExists
	}
	docs := map[string][]byte{path + "meta": meta(gridMeta{Shape: []int64{4}, Chunk: []int64{2}}), path + "attrs": []byte("{}")}
	ds, err := f.Parse(path, docs, want)
	return docs, ds, err
}

func (gridFormat) Members(*strictjson.Object) (drivers.Members, error) { return nil, nil }

type gridDataset struct {
	m      gridMeta
	schema drivers.Schema
}

func (d *gridDataset) Schema() *drivers.Schema { return &d.schema }
func (d *gridDataset) CompatKey() string       { return fmt.Sprint(d.m.Chunk, len(d.m.Shape), d.m.Tag) }
func (d *gridDataset) ChunkKey(cell []int64) string {
	return "c" + strings.Trim(strings.ReplaceAll(fmt.Sprint(cell), " ", "."), "[]")
}
func (d *gridDataset) WriteGroup(cell []int64) string { return d.ChunkKey(cell) }
func (d *gridDataset) Decode(dst, enc []byte, _ []int64) error {
	if len(enc) != len(dst)+1 || enc[0] != 'c' {
		return drivers.Corruptf("chunk of %d bytes", len(enc))
	}
	copy(dst, enc[1:])
	return nil
}
func (d *gridDataset) Encode(dst, chunk []byte, _ []int64) ([]byte, error) {
	return append(append(dst[:0], 'c'), chunk...), nil
}
func (d *gridDataset) Store(base kvstore.Store, _ kvstore.Memo) kvstore.Store { return base }

func meta(m gridMeta) []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// spy counts and delays the reads of a store.
type spy struct {
	*memory.Store
	delay  time.Duration
	block  chan struct{} // reads of chunks wait for it, or for their context
	reads  atomic.Int64  // of chunks
	values atomic.Int64  // of those, answered with a value
	near   bool          // glances can tell something

	mu   sync.Mutex // guards following
	fail map[string]error
}

func newSpy() *spy { return &spy{Store: memory.New(), fail: map[string]error{}} }

func (s *spy) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	began := time.Now()
	if strings.HasPrefix(key, "c") {
		s.reads.Add(1)
		if err := s.wait(ctx); err != nil {
			return kvstore.ReadResult{}, err
		}
	}
	s.mu.Lock()
	err := s.fail[key]
	s.mu.Unlock()
	if err != nil {
		return kvstore.ReadResult{}, err
	}
	r, err := s.Store.Read(ctx, key, opt)
	r.Stamp.Time = began
	if strings.HasPrefix(key, "c") && r.State == kvstore.Present {
		s.values.Add(1)
	}
	return r, err
}

// Glance can tell nothing of a store that is far away.
func (s *spy) Glance(key string, gen kvstore.Generation) bool {
	return s.near && s.Store.Glance(key, gen)
}

func (s *spy) wait(ctx context.Context) error {
	var blocked <-chan struct{}
	if s.block != nil {
		blocked = s.block
	} else if s.delay == 0 {
		return nil
	} else {
		done := make(chan struct{})
		timer := time.AfterFunc(s.delay, func() { close(done) })
		defer timer.Stop()
		blocked = done
	}
	select {
	case <-blocked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *spy) failing(key string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[key] = err
}

// put stores an array whose element at C-order position i is value(i), in
// chunks; chunks for which value is nil everywhere stay missing.
func (s *spy) put(m gridMeta, value func(at []int64) (uint16, bool)) {
	s.Preload(map[string][]byte{"meta": meta(m)})
	ds, _ := gridFormat{}.Parse("", map[string][]byte{"meta": meta(m)}, drivers.Constraints{})
	schema := ds.Schema()
	for cell := range indices(schema.GridBox()) {
		box := schema.CellBox(cell)
		chunk := []byte{'c'}
		any := false
		for at := range indices(box) {
			v, ok := value(at)
			any = any || ok
			if !ok {
				v = gridFill
			}
			chunk = binary.LittleEndian.AppendUint16(chunk, v)
		}
		if any {
			s.Preload(map[string][]byte{ds.ChunkKey(cell): chunk})
		}
	}
}

// indices yields the indices of b in C order; the slice is reused.
func indices(b arrayview.Box) func(yield func([]int64) bool) {
	return func(yield func([]int64) bool) {
		if b.Empty() {
			return
		}
		at := append([]int64(nil), b.Min...)
		for {
			if !yield(at) {
				return
			}
			d := len(at) - 1
			for ; d >= 0; d-- {
				if at[d]++; at[d] < b.Max(d) {
					break
				}
				at[d] = b.Min[d]
			}
			if d < 0 {
				return
			}
		}
	}
}

// bench is an open array over a spy.
type rig struct {
	t      testing.TB
	engine *Engine
	store  *spy
	pool   *Pool
	array  *Array
}

// newRig opens the array in store with a pool of limit bytes.
func newRig(t testing.TB, store *spy, cfg Config, limit int64) *rig {
	r := &rig{t: t, engine: New(cfg), store: store, pool: newPool(limit, 0)}
	a, err := r.engine.Open(t.Context(), r.request())
	if err != nil {
		t.Fatal(err)
	}
	r.array = a
	t.Cleanup(func() {
		a.Close()
		r.engine.Close()
		r.checkIdle()
	})
	return r
}

func (r *rig) request() OpenRequest {
	return OpenRequest{Format: gridFormat{}, Store: r.store, Pool: r.pool, Mode: OpenMode{Open: true}, Bound: time.Now()}
}

// checkIdle fails the test if anything is still in use.
func (r *rig) checkIdle() {
	r.t.Helper()
	if now, _ := r.engine.inUse.used(); now != 0 {
		r.t.Errorf("%d bytes still booked in use", now)
	}
	if now, _ := r.engine.transient.used(); now != 0 {
		r.t.Errorf("%d transient bytes still reserved", now)
	}
	r.array.shared.docs.table.pool.mu.Lock()
	documents := r.array.shared.docs.weight // pinned while the array is open, 0 afterwards
	r.array.shared.docs.table.pool.mu.Unlock()
	if s := r.pool.Stats(); s.InUse != documents {
		r.t.Errorf("%d bytes still pinned", s.InUse-documents)
	}
}

func (r *rig) state() *State {
	r.t.Helper()
	st, err := r.array.State(r.t.Context(), time.Time{})
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

// window returns a window on the whole array in C order.
func (r *rig) window() *Window {
	r.t.Helper()
	st := r.state()
	order := make([]int, st.Schema.Rank())
	for i := range order {
		order[i] = i
	}
	w, err := r.array.Window(st, View{Transform: st.Transform, Order: order})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(w.Close)
	return w
}

// read returns n elements from first on.
func read(ctx context.Context, w *Window, bound time.Time, first, n int64) ([]uint16, error) {
	buf := make([]byte, 2*n)
	if _, err := w.ReadAt(ctx, bound, first, buf, nil); err != nil {
		return nil, err
	}
	out := make([]uint16, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint16(buf[2*i:])
	}
	return out, nil
}

var kvWrite kvstore.WriteOptions

// counting gives the element at index at of a one-dimensional array its index.
func counting(at []int64) (uint16, bool) { return uint16(at[0]), true }
