package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

// shardFormat is gridFormat with one-dimensional shards of so many chunks.
type shardFormat struct {
	gridFormat
	per int64
}

func (f shardFormat) Parse(path string, docs map[string][]byte, want drivers.Constraints) (drivers.Dataset, error) {
	ds, err := f.gridFormat.Parse(path, docs, want)
	if err != nil {
		return nil, err
	}
	d := &shardDataset{ds.(*gridDataset), f.per}
	d.schema.WriteChunk = []int64{d.schema.Chunk[0] * f.per}
	return d, nil
}

type shardDataset struct {
	*gridDataset
	per int64
}

func (d *shardDataset) WriteGroup(cell []int64) string { return fmt.Sprintf("s%d", cell[0]/d.per) }
func (d *shardDataset) ChunkKey(cell []int64) string {
	return shard.Key(d.WriteGroup(cell), cell[0]%d.per)
}
func (d *shardDataset) Store(base kvstore.Store, m kvstore.Memo) kvstore.Store {
	return shard.New(base, m, shard.Indexed{Entries: d.per})
}

// writing is an array that is written to, over a store that counts and fails.
type writing struct {
	t      testing.TB
	format drivers.Format
	mem    *memory.Store
	store  *faulty.Store
	engine *Engine
	pool   *Pool
	array  *Array
	docs   atomic.Int64 // reads of documents
}

// heal removes all faults.
func (w *writing) heal() {
	w.store.Clear()
	count := func(faulty.Method, string) error { w.docs.Add(1); return nil }
	w.store.Add(faulty.Rule{Methods: faulty.Read, Key: "meta", Do: count}, faulty.Rule{Methods: faulty.Read, Key: "attrs", Do: count})
}

// config says what newWriting makes; zero values mean a line of uint16 in chunks
// of 4 elements.
type config struct {
	meta           gridMeta
	format         drivers.Format
	mem            *memory.Store // shared with another one
	limit, queue   int64
	keepFill       bool
	engine         Config
	without, empty bool // limits 0; nothing stored
}

// newWriting opens an array whose elements count up, unless c.empty.
func newWriting(t testing.TB, c config) *writing {
	t.Helper()
	w := &writing{t: t, format: c.format, mem: c.mem}
	if w.format == nil {
		w.format = gridFormat{}
	}
	if c.meta.Shape == nil {
		c.meta = line(16, 4)
	}
	if w.mem == nil {
		w.mem = memory.New()
		w.mem.Preload(map[string][]byte{"meta": meta(c.meta)})
	}
	if c.limit == 0 && !c.without {
		c.limit, c.queue = 1<<20, 1<<20
	}
	w.store, w.engine, w.pool = faulty.New(w.mem), New(c.engine), newPool(c.limit, c.queue)
	w.heal()
	a, err := w.engine.Open(context.Background(), w.request(c.keepFill))
	if err != nil {
		t.Fatal(err)
	}
	w.array = a
	if c.mem == nil && !c.empty {
		w.outside(func(o *Window) { put(t, o, 0, countUp(o.total)...) })
	}
	t.Cleanup(w.close)
	return w
}

func (w *writing) request(keepFill bool) OpenRequest {
	return OpenRequest{Format: w.format, Store: w.store, Pool: w.pool, Mode: OpenMode{Open: true}, Bound: time.Now(), KeepFill: keepFill}
}

// close checks that nothing is held any more once everything is stored.
func (w *writing) close() {
	w.heal()
	left := w.array.Drain(context.Background())
	w.array.Close()
	w.engine.Close()
	if len(left) > 0 {
		return
	}
	stats, pool := w.engine.Stats(), w.pool.Stats()
	if stats.Arrays != 0 || stats.InUseBytes != 0 || stats.TransientBytes != 0 {
		w.t.Errorf("the engine still holds %+v", stats)
	}
	if pool.Dirty != 0 || pool.Queued != 0 || pool.InUse != 0 || w.pool.queue.Len() != 0 {
		w.t.Errorf("the pool still holds %+v", pool)
	}
}

// window returns a window on the whole array in C order; it is closed at the end
// of the test.
func (w *writing) window() *Window { return windowOf(w.t, w.array) }

func windowOf(t testing.TB, a *Array) *Window {
	t.Helper()
	st, err := a.State(context.Background(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	order := make([]int, st.Transform.Input.Rank())
	for i := range order {
		order[i] = i
	}
	win, err := a.Window(st, View{Transform: st.Transform, Order: order})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(win.Close)
	return win
}

// part returns a window on first, first+step, ... of a line, count of them.
func (w *writing) part(first, step, count int64) *Window {
	w.t.Helper()
	st, err := w.array.State(context.Background(), time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	b := arrayview.NewBox(1)
	b.Shape[0] = count
	win, err := w.array.Window(st, View{Order: []int{0}, Transform: &arrayview.Transform{
		Input:  arrayview.BoxDomain(b),
		Output: []arrayview.OutputMap{{Kind: arrayview.MapInput, Offset: first, Stride: step}},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(win.Close)
	return win
}

// outside lets another program write to the array.
func (w *writing) outside(f func(*Window)) {
	w.t.Helper()
	e := New(Config{})
	defer e.Close()
	a, err := e.Open(context.Background(), OpenRequest{Format: w.format, Store: w.mem, Pool: newPool(1<<20, 1<<20), Mode: OpenMode{Open: true}, Bound: time.Now()})
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Close()
	win := windowOf(w.t, a)
	defer win.Close()
	f(win)
	if err := win.Flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// stored returns the elements as another program sees them.
func (w *writing) stored() (list []uint16) {
	w.t.Helper()
	w.outside(func(o *Window) {
		var err error
		if list, err = read(context.Background(), o, time.Now(), 0, o.total); err != nil {
			w.t.Fatal(err)
		}
	})
	return list
}

// keys returns the keys of stored chunks or shards.
func (w *writing) keys() string {
	var list []string
	for e, err := range w.mem.List(context.Background(), kvstore.ListOptions{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Key != "meta" && e.Key != "attrs" {
			list = append(list, e.Key)
		}
	}
	return strings.Join(list, " ")
}

func (w *writing) wantStored(want ...uint16) {
	w.t.Helper()
	if got := w.stored(); !slices.Equal(got, want) {
		w.t.Errorf("%v is stored, want %v", got, want)
	}
}

// wantRead checks what a window shows now and with any bound.
func wantRead(t testing.TB, win *Window, want ...uint16) {
	t.Helper()
	for _, bound := range []time.Time{{}, time.Now()} {
		got, err := read(context.Background(), win, bound, 0, win.total)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("bound %v: got %v, %v, want %v", bound, got, err, want)
		}
	}
}

// calls returns the calls that the store gets for chunks while f runs.
func (w *writing) calls(f func()) (c requests) {
	count := func() requests {
		return requests{w.store.Calls(faulty.Read | faulty.Stat), w.store.Calls(faulty.Write), w.store.Calls(faulty.Delete), w.store.Calls(faulty.List)}
	}
	before, docs := count(), w.docs.Load()
	f()
	after := count()
	return requests{after.reads - before.reads - int(w.docs.Load()-docs), after.writes - before.writes, after.deletes - before.deletes, after.lists - before.lists}
}

type requests struct{ reads, writes, deletes, lists int }

func (w *writing) wantCalls(want requests, f func()) {
	w.t.Helper()
	if got := w.calls(f); got != want {
		w.t.Errorf("got %+v, want %+v", got, want)
	}
}

// put writes elements from first on.
func put(t testing.TB, w *Window, first int64, values ...uint16) {
	t.Helper()
	if err := write(w, first, values...); err != nil {
		t.Fatal(err)
	}
}

func write(w *Window, first int64, values ...uint16) error {
	var p []byte
	for _, v := range values {
		p = binary.LittleEndian.AppendUint16(p, v)
	}
	return w.WriteAt(context.Background(), 2*first, p)
}

func flush(t testing.TB, w *Window) {
	t.Helper()
	if err := w.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func countUp(n int64) []uint16 {
	list := make([]uint16, n)
	for i := range list {
		list[i] = uint16(i)
	}
	return list
}

// with returns list with values in place of those from first on.
func with(list []uint16, first int, values ...uint16) []uint16 {
	list = slices.Clone(list)
	copy(list[first:], values)
	return list
}

func repeated(v uint16, n int) []uint16 { return slices.Repeat([]uint16{v}, n) }

var (
	errDisk = errors.New("the disk is on fire")
	kvRead  kvstore.ReadOptions
)
