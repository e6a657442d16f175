package cache

import (
	"context"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tsmount/arrayview"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
)

// TestWritingModel runs random sequences of writes, reads, erasures, flushes,
// faults and crashes through several windows of two engines, which share the
// chunks of one array but no element, and compares every byte that is read with
// a plain array. More: go test ./cache -run WritingModel -rapid.checks=10000
func TestWritingModel(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				m := newModel(rt, k)
				defer m.close()
				for range rapid.IntRange(5, 40).Draw(rt, "steps") {
					m.step()
				}
				m.settle()
			})
		})
	}
}

// model is an array and who writes to it.
type model struct {
	rt       *rapid.T
	kind     kind
	mem      *memory.Store
	box      arrayview.Box
	elements []element
	engines  [2]*writer
}

// element is what the plain array knows of one element. Engines write little-
// endian bytes here.
type element struct {
	now   uint16
	maybe []uint16 // what may be stored: the value at the last flush and those since
}

// writer is one daemon: two opens of the array in one engine.
type writer struct {
	owned  []part1 // what it writes, by dimension
	store  *faulty.Store
	engine *Engine
	arrays [2]*Array
	views  []*viewer
	broken bool
}

// part1 is count indices of a dimension from first on.
type part1 struct{ first, step, count int64 }

// viewer is a window and the elements that it shows, in the file's order.
type viewer struct {
	w     *Window
	at    []int
	big   bool
	owner bool // every element is the engine's to write
}

func newModel(rt *rapid.T, k kind) *model {
	m := &model{rt: rt, kind: k, mem: memory.New()}
	var shape, chunk []int64
	for range k.rank {
		shape = append(shape, rapid.Int64Range(1, 20/int64(k.rank)).Draw(rt, "extent"))
		chunk = append(chunk, rapid.Int64Range(1, 4).Draw(rt, "chunk"))
	}
	if k.rank == 4 {
		shape[3], chunk[3] = min(shape[3], 2), min(shape[3], 2)
	}
	doc := k.doc(shape, chunk, rapid.Int64Range(1, 3).Draw(rt, "chunks of a shard"))
	m.mem.Preload(map[string][]byte{k.key: []byte(doc)})
	whole := make([]part1, k.rank)
	for i := range m.engines {
		m.engines[i] = &writer{}
		m.start(m.engines[i])
	}
	st, err := m.engines[0].arrays[0].State(context.Background(), time.Time{})
	if err != nil {
		rt.Fatal(err)
	}
	m.box = st.Schema.Domain.Box()
	n, _ := m.box.Elements()
	m.elements = slices.Repeat([]element{{k.fill, []uint16{k.fill}}}, int(n))
	for d := range whole {
		whole[d] = part1{m.box.Min[d], 1, m.box.Shape[d]}
	}
	m.share(whole)
	for _, e := range m.engines {
		for range 3 {
			m.open(e)
		}
	}
	return m
}

// share divides the elements among the engines.
func (m *model) share(whole []part1) {
	d := rapid.IntRange(0, len(whole)-1).Draw(m.rt, "shared dimension")
	first, second := slices.Clone(whole), slices.Clone(whole)
	n := whole[d].count
	switch cut := rapid.Int64Range(0, n).Draw(m.rt, "cut"); {
	case rapid.Bool().Draw(m.rt, "interleaved"):
		first[d] = part1{whole[d].first, 2, (n + 1) / 2}
		second[d] = part1{whole[d].first + 1, 2, n / 2}
	default:
		first[d].count = cut
		second[d] = part1{whole[d].first + cut, 1, n - cut}
	}
	m.engines[0].owned, m.engines[1].owned = first, second
}

// start opens the array in a new engine, as after a crash.
func (m *model) start(e *writer) {
	limits := []int64{0, 10, 100, 1 << 20}
	e.store = faulty.New(m.mem)
	e.engine = New(Config{InUseLimit: rapid.SampledFrom([]int64{1, 60, 1 << 20}).Draw(m.rt, "in use")})
	pool := newPool(rapid.SampledFrom(limits).Draw(m.rt, "pool"), rapid.SampledFrom(limits).Draw(m.rt, "queue"))
	keep := rapid.Bool().Draw(m.rt, "keep fill")
	for i := range e.arrays {
		a, err := e.engine.Open(context.Background(), OpenRequest{
			Format: m.kind.format, Want: want(m.kind.format, "{}"), Store: e.store, Pool: pool, KeepFill: keep,
			Mode: OpenMode{Open: true}, Bound: time.Now(),
		})
		if err != nil {
			m.rt.Fatal(err)
		}
		e.arrays[i] = a
	}
}

// open opens one more file of e: as a rule a view of what is its own, now and
// then of everything.
func (m *model) open(e *writer) {
	rt := m.rt
	e.heal()
	v := &viewer{owner: rapid.IntRange(0, 3).Draw(rt, "owner") > 0, big: rapid.Bool().Draw(rt, "big")}
	t := &arrayview.Transform{}
	var shape []int64
	for d, p := range e.owned {
		if !v.owner {
			p = part1{m.box.Min[d], 1, m.box.Shape[d]}
		}
		switch rapid.IntRange(0, 4).Draw(rt, "part") {
		case 0:
			p = sub(rt, p, 1)
		case 1:
			p = sub(rt, p, rapid.Int64Range(1, 3).Draw(rt, "step"))
		case 2:
			p = part1{p.first + p.step*(p.count-1), -p.step, p.count}
		}
		t.Output = append(t.Output, arrayview.OutputMap{Kind: arrayview.MapInput, Offset: p.first, Stride: p.step, Dim: d})
		shape = append(shape, p.count)
	}
	b := arrayview.NewBox(len(shape))
	copy(b.Shape, shape)
	t.Input = arrayview.BoxDomain(b)
	order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 0)).Perm(len(shape))
	a := e.arrays[rapid.IntRange(0, 1).Draw(rt, "array")]
	st, err := a.State(context.Background(), time.Time{})
	if err != nil {
		rt.Fatal(err)
	}
	if v.w, err = a.Window(st, View{Transform: t, Order: order, BigEndian: v.big}); err != nil {
		rt.Fatal(err)
	}
	v.at = make([]int, v.w.total)
	at, stored := make([]int64, b.Rank()), make([]int64, b.Rank())
	natural := make([]int, b.Rank())
	for i := range natural {
		natural[i] = i
	}
	for i := range v.at {
		arrayview.LinearPoint(b, order, int64(i), at)
		if err := t.Apply(at, stored); err != nil {
			rt.Fatal(err)
		}
		v.at[i] = int(arrayview.LinearIndex(m.box, natural, stored))
	}
	e.views = append(e.views, v)
}

// sub returns a part of p.
func sub(rt *rapid.T, p part1, step int64) part1 {
	if p.count == 0 {
		return p
	}
	lo := rapid.Int64Range(0, p.count-1).Draw(rt, "low")
	n := rapid.Int64Range(0, (p.count-1-lo)/step+1).Draw(rt, "n")
	return part1{p.first + lo*p.step, p.step * step, n}
}

func (m *model) step() {
	rt := m.rt
	e := m.engines[rapid.IntRange(0, 1).Draw(rt, "engine")]
	v := e.views[rapid.IntRange(0, len(e.views)-1).Draw(rt, "file")]
	switch op := rapid.IntRange(0, 15).Draw(rt, "do"); {
	case op < 6:
		m.write(e, v)
	case op < 10:
		m.read(e, v)
	case op == 10:
		m.erase(v)
	case op == 11:
		m.flush(e, v.w.Flush(context.Background()))
	case op == 12:
		if left := e.arrays[0].Drain(context.Background()); len(left) == 0 {
			m.flush(e, nil)
		}
	case op == 13:
		e.arrays[1].Refresh()
	case op == 14:
		m.fault(e)
	case rapid.Bool().Draw(rt, "crash"):
		m.crash(e)
	default:
		i := slices.Index(e.views, v)
		v.w.Close()
		e.views = slices.Delete(e.views, i, i+1)
		m.open(e)
	}
}

// write writes bytes, or all elements.
func (m *model) write(e *writer, v *viewer) {
	size := 2 * len(v.at)
	if !v.owner || size == 0 {
		return
	}
	lo, n := 0, size
	if rapid.IntRange(0, 2).Draw(m.rt, "whole") > 0 {
		lo = rapid.IntRange(0, size-1).Draw(m.rt, "offset")
		n = rapid.IntRange(1, size-lo).Draw(m.rt, "bytes")
	}
	p := make([]byte, n)
	seed := rapid.Uint64Range(0, 1<<20).Draw(m.rt, "values")
	for i := range p {
		if seed != 0 { // else zero, which may be the fill value
			p[i] = byte(rand.New(rand.NewPCG(seed, uint64(i))).Uint32())
		} else if int(m.kind.fill) != 0 && (i+lo)%2 == map[bool]int{true: 1}[v.big] {
			p[i] = byte(m.kind.fill)
		}
	}
	if err := v.w.WriteAt(context.Background(), int64(lo), p); err != nil {
		if !m.faulty(e) {
			m.rt.Fatalf("write: %v", err)
		}
		return
	}
	for first := lo / 2; first <= (lo+n-1)/2; first++ {
		el := &m.elements[v.at[first]]
		b := [2]byte{byte(el.now), byte(el.now >> 8)}
		for i := max(2*first, lo); i < min(2*first+2, lo+n); i++ {
			if at := i % 2; v.big {
				b[1-at] = p[i-lo]
			} else {
				b[at] = p[i-lo]
			}
		}
		el.set(uint16(b[0]) | uint16(b[1])<<8)
	}
}

func (el *element) set(v uint16) {
	el.now = v
	el.maybe = append(slices.Clip(el.maybe), v)
}

// read reads some elements of a view and compares them.
func (m *model) read(e *writer, v *viewer) {
	first := rapid.IntRange(0, len(v.at)).Draw(m.rt, "first")
	n := rapid.IntRange(0, len(v.at)-first).Draw(m.rt, "n")
	bound := boundOf(rapid.IntRange(0, 1).Draw(m.rt, "bound"))
	buf := make([]byte, 2*n)
	if _, err := v.w.ReadAt(context.Background(), bound, int64(first), buf, nil); err != nil {
		if !m.faulty(e) {
			m.rt.Fatalf("read: %v", err)
		}
		return
	}
	for i := range n {
		got := uint16(buf[2*i]) | uint16(buf[2*i+1])<<8
		if v.big {
			got = got>>8 | got<<8
		}
		el := &m.elements[v.at[first+i]]
		switch mine := m.owns(e, v.at[first+i]); {
		case mine && got != el.now:
			m.rt.Fatalf("element %d: got %d, want %d", v.at[first+i], got, el.now)
		case !mine && !bound.IsZero() && !slices.Contains(el.maybe, got):
			m.rt.Fatalf("element %d of the other engine: got %d, want one of %d", v.at[first+i], got, el.maybe)
		}
	}
}

// owns reports whether an element is e's to write.
func (m *model) owns(e *writer, element int) bool {
	at, natural := make([]int64, m.box.Rank()), make([]int, m.box.Rank())
	for i := range natural {
		natural[i] = i
	}
	arrayview.LinearPoint(m.box, natural, int64(element), at)
	for d, p := range e.owned {
		if x := at[d] - p.first; x < 0 || x%p.step != 0 || x/p.step >= p.count {
			return false
		}
	}
	return true
}

func (m *model) erase(v *viewer) {
	if !v.owner {
		return
	}
	if err := v.w.Erase(context.Background()); err != nil {
		m.rt.Fatalf("erase: %v", err)
	}
	for _, i := range v.at {
		m.elements[i].set(m.kind.fill)
	}
}

// flush notes that everything of e is stored, unless err says otherwise.
func (m *model) flush(e *writer, err error) {
	if err != nil {
		if !m.faulty(e) {
			m.rt.Fatalf("flush: %v", err)
		}
		return
	}
	for i := range m.elements {
		if m.owns(e, i) {
			m.elements[i].maybe = []uint16{m.elements[i].now}
		}
	}
}

// fault breaks the store of e, or heals it.
func (m *model) fault(e *writer) {
	if m.faulty(e) {
		e.heal()
		return
	}
	r := faulty.Rule{
		Methods: rapid.SampledFrom([]faulty.Method{faulty.Read, faulty.Write, faulty.Delete, faulty.List, faulty.All}).Draw(m.rt, "method"),
		Skip:    rapid.IntRange(0, 3).Draw(m.rt, "skip"), Late: rapid.Bool().Draw(m.rt, "late"), Err: syscall.EIO,
	}
	e.broken = true
	e.store.Add(r)
}

func (m *model) faulty(e *writer) bool { return e.broken }

// heal removes all faults, and waits for what still suffers from them.
func (e *writer) heal() {
	e.store.Clear()
	e.broken = false
	s := e.arrays[0].shared
	var under []<-chan struct{}
	s.pool.mu.Lock()
	tables := []*table{s.docs.table}
	for _, l := range s.layouts {
		tables = append(tables, l.chunks, l.memo)
		for _, g := range l.groups {
			if g.run != nil {
				under = append(under, g.run.done)
			}
		}
	}
	for _, t := range tables {
		for _, entry := range t.entries {
			if entry.flight != nil {
				under = append(under, entry.flight.done)
			}
		}
	}
	s.pool.mu.Unlock()
	for _, done := range under {
		<-done
	}
}

// crash throws an engine away, with all that is not stored.
func (m *model) crash(e *writer) {
	e.engine.Close()
	for i, got := range m.stored() {
		if el := &m.elements[i]; m.owns(e, i) {
			if !slices.Contains(el.maybe, got) {
				m.rt.Fatalf("after a crash, element %d is %d, want one of %d", i, got, el.maybe)
			}
			*el = element{got, []uint16{got}}
		}
	}
	e.broken = false
	n := len(e.views)
	e.views = nil
	m.start(e)
	for range n {
		m.open(e)
	}
}

// stored returns what a third program sees.
func (m *model) stored() []uint16 {
	engine := New(Config{})
	defer engine.Close()
	a, err := engine.Open(context.Background(), OpenRequest{
		Format: m.kind.format, Want: want(m.kind.format, "{}"), Store: m.mem, Pool: newPool(1<<20, 0), Mode: OpenMode{Open: true}, Bound: time.Now(),
	})
	if err != nil {
		m.rt.Fatal(err)
	}
	defer a.Close()
	st, err := a.State(context.Background(), time.Time{})
	if err != nil {
		m.rt.Fatal(err)
	}
	order := make([]int, m.box.Rank())
	for i := range order {
		order[i] = i
	}
	w, err := a.Window(st, View{Transform: st.Transform, Order: order})
	if err != nil {
		m.rt.Fatal(err)
	}
	defer w.Close()
	list, err := read(context.Background(), w, time.Now(), 0, w.total)
	if err != nil {
		m.rt.Fatal(err)
	}
	return list
}

// settle heals and flushes everything and compares what is stored.
func (m *model) settle() {
	for _, e := range m.engines {
		e.heal()
		m.flush(e, e.views[0].w.Flush(context.Background()))
	}
	for i, got := range m.stored() {
		if got != m.elements[i].now {
			m.rt.Fatalf("element %d: %d is stored, want %d", i, got, m.elements[i].now)
		}
	}
	for _, e := range m.engines {
		for _, v := range e.views {
			v.w.Close()
		}
		for _, a := range e.arrays {
			a.Close()
		}
		e.engine.Close()
		if s := e.engine.Stats(); s.Arrays != 0 || s.InUseBytes != 0 || s.TransientBytes != 0 {
			m.rt.Fatalf("still held: %+v", s)
		}
	}
}

func (m *model) close() {
	for _, e := range m.engines {
		e.engine.Close()
	}
}
