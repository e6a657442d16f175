package cache

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/drivers/zarr"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
)

func TestWhatAStoreCosts(t *testing.T) {
	full, part := func(t *testing.T, w *Window) { put(t, w, 4, 1, 2, 3, 4) }, func(t *testing.T, w *Window) { put(t, w, 5, 1, 2) }
	fill := func(t *testing.T, w *Window) { put(t, w, 4, 7, 7, 7, 7) }
	for name, c := range map[string]struct {
		config
		write func(t *testing.T, w *Window)
		want  requests
		keys  string
	}{
		"in full":               {config{}, full, requests{writes: 1}, "c0 c1 c2 c3"},
		"in part":               {config{}, part, requests{reads: 1, writes: 1}, "c0 c1 c2 c3"},
		"in part, missing":      {config{empty: true}, part, requests{reads: 1, writes: 1}, "c1"},
		"fill in full":          {config{}, fill, requests{deletes: 1}, "c0 c2 c3"},
		"fill in full, kept":    {config{keepFill: true}, fill, requests{writes: 1}, "c0 c1 c2 c3"},
		"fill in part, missing": {config{empty: true}, func(t *testing.T, w *Window) { put(t, w, 5, 7) }, requests{reads: 1, deletes: 1}, ""},
		"the rest by two files": {config{}, func(t *testing.T, w *Window) { put(t, w, 6, 3, 4); put(t, w, 4, 1, 2) }, requests{writes: 1}, "c0 c1 c2 c3"},
		"bytes": {config{}, func(t *testing.T, w *Window) {
			_ = w.WriteAt(t.Context(), 9, []byte{1, 2, 3, 4, 5})
			_ = w.WriteAt(t.Context(), 8, []byte{6})
			_ = w.WriteAt(t.Context(), 14, []byte{6, 6})
		}, requests{writes: 1}, "c0 c1 c2 c3"},
		"border, new":             {config{meta: line(6, 4), empty: true}, func(t *testing.T, w *Window) { put(t, w, 4, 1, 2) }, requests{writes: 1}, "c1"},
		"border, there":           {config{meta: line(6, 4)}, func(t *testing.T, w *Window) { put(t, w, 4, 1, 2) }, requests{reads: 1, writes: 2}, "c0 c1"},
		"border, in part":         {config{meta: line(6, 4)}, func(t *testing.T, w *Window) { put(t, w, 5, 1) }, requests{reads: 1, writes: 1}, "c0 c1"},
		"a shard in full":         {config{format: shardFormat{per: 2}}, func(t *testing.T, w *Window) { put(t, w, 0, 1, 2, 3, 4, 5, 6, 7, 8) }, requests{writes: 1}, "s0 s1"},
		"chunks of a shard":       {config{format: shardFormat{per: 4}}, func(t *testing.T, w *Window) { put(t, w, 4, 1, 2, 3, 4, 5, 6, 7, 8) }, requests{reads: 1, writes: 1}, "s0"},
		"part of a missing shard": {config{format: shardFormat{per: 4}, empty: true}, part, requests{reads: 2, writes: 1}, "s0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWriting(t, c.config)
				win := w.window()
				w.wantCalls(requests{}, func() {
					c.write(t, win)
					synctest.Wait()
				})
				shows, err := read(t.Context(), win, time.Now(), 0, win.total)
				if err != nil {
					t.Fatal(err)
				}
				w.array.Refresh() // what was read does not count
				win.layout.chunks.drain()
				for _, g := range win.layout.dirtyGroups() {
					for d := range g.members {
						d.base = ""
					}
				}
				w.wantCalls(c.want, func() { flush(t, win) })
				w.wantCalls(requests{}, func() { flush(t, win) })
				w.wantStored(shows...)
				wantRead(t, win, shows...)
				if got := w.keys(); got != c.keys {
					t.Errorf("%s are stored, want %s", got, c.keys)
				}
			})
		})
	}
}

// TestBothWritersWin stores a part of a chunk while another program stores
// another part between our read and our write, also as a shard.
func TestBothWritersWin(t *testing.T) {
	for name, c := range map[string]config{"chunks": {}, "shards": {format: shardFormat{per: 4}}, "limits 0": {without: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWriting(t, c)
				win := w.window()
				n := uint16(0)
				w.store.Add(faulty.Rule{Methods: faulty.Write, Count: 3, Do: func(faulty.Method, string) error {
					n++
					w.outside(func(o *Window) { put(t, o, 2, 200+n) })
					return nil
				}})
				put(t, win, 0, 100)
				flush(t, win)
				put(t, win, 1, 101)
				flush(t, win)
				w.wantStored(with(countUp(16), 0, 100, 101, 203)...)
				wantNow(t, win, with(countUp(16), 0, 100, 101, 203)...)
				if s := w.engine.Stats(); name != "shards" && s.Merges != 3 {
					t.Errorf("merged %d times again, want 3", s.Merges)
				}
			})
		})
	}
}

func wantNow(t testing.TB, win *Window, want ...uint16) {
	t.Helper()
	if got, err := read(context.Background(), win, time.Now(), 0, win.total); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// TestReadYourWritesAtEveryMoment looks every 100 ms while loads and stores take
// a second each.
func TestReadYourWritesAtEveryMoment(t *testing.T) {
	for name, c := range map[string]config{"chunks": {}, "shards": {format: shardFormat{per: 4}}, "limits 0": {without: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWriting(t, c)
				win, other := w.window(), w.window()
				w.store.Add(faulty.Rule{Methods: faulty.All, Delay: time.Second})
				early := make(chan error, 1)
				go func() { // began before anything was written
					_, err := read(context.Background(), other, time.Now(), 0, 8)
					early <- err
				}()
				time.Sleep(500 * time.Millisecond)
				put(t, win, 1, 100)
				put(t, win, 4, 1, 2, 3, 4)
				want := with(with(countUp(8), 1, 100), 4, 1, 2, 3, 4)
				done := make(chan struct{})
				for _, bound := range []func() time.Time{time.Now, func() time.Time { return time.Time{} }} {
					go func() {
						for began := time.Now(); time.Since(began) < 15*time.Second; time.Sleep(100 * time.Millisecond) {
							got, err := read(context.Background(), other, bound(), 0, 8)
							if err != nil || !slices.Equal(got, want) {
								t.Errorf("after %v: got %v, %v, want %v", time.Since(began), got, err, want)
							}
						}
						done <- struct{}{}
					}()
				}
				time.Sleep(300 * time.Millisecond)
				flush(t, win)
				flush(t, win)
				w.array.Refresh()
				<-done
				<-done
				if err := <-early; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAllChunksOfAShardAreStoredTogether(t *testing.T) {
	w := newWriting(t, config{meta: line(64, 4), format: shardFormat{per: 8}})
	win := w.window()
	for _, at := range []int64{0, 5, 9, 30} {
		put(t, win, at, 77)
	}
	put(t, win, 12, 1, 2, 3, 4)
	put(t, win, 60, 5)
	calls := w.calls(func() { flush(t, win) })
	if calls.writes != 2 || calls.deletes != 0 {
		t.Errorf("got %+v, want one write for each of the two shards", calls)
	}
}

// TestFieldsShareTheirChunk writes two fields of a structured array, one of which
// has an inner dimension.
func TestFieldsShareTheirChunk(t *testing.T) {
	mem := memory.New()
	mem.Preload(map[string][]byte{".zarray": []byte(zarrDoc([]int64{6}, []int64{4}, `[["a","<u2"],["b","|u1",[3]],["c","<u2"]]`, "C", "null", `"BwAAAAAJAA=="`))})
	store := faulty.New(mem)
	e, pool := New(Config{}), newPool(1<<20, 1<<20)
	defer e.Close()
	open := func(e *Engine, p *Pool, field string) *Window {
		a, err := e.Open(t.Context(), OpenRequest{Format: zarr.Format{}, Want: want(zarr.Format{}, `{"field":"`+field+`"}`), Store: store, Pool: p, Mode: OpenMode{Open: true}, Bound: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		return windowOf(t, a)
	}
	a, b, c := open(e, pool, "a"), open(e, pool, "b"), open(e, pool, "c")
	put(t, a, 0, 1, 2, 3, 4, 5, 6)
	put(t, c, 1, 50, 51)
	if err := b.WriteAt(t.Context(), 4, []byte{200, 201, 202, 203}); err != nil {
		t.Fatal(err)
	}
	erase(t, open(e, pool, "c"))
	put(t, c, 5, 60)
	flush(t, a)
	flush(t, b)
	second, fresh := New(Config{}), newPool(1<<20, 1<<20)
	defer second.Close()
	for field, want := range map[string][]uint16{"a": {1, 2, 3, 4, 5, 6}, "c": {9, 9, 9, 9, 9, 60}} {
		wantNow(t, open(second, fresh, field), want...)
		wantNow(t, open(e, pool, field), want...)
	}
	got := make([]byte, 18)
	if _, err := open(second, fresh, "b").ReadAt(t.Context(), time.Now(), 0, got, nil); err != nil || !slices.Equal(got[3:9], []byte{0, 200, 201, 202, 203, 0}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A flush stores many chunks at a time, but only as many shards as their bytes
// allow, and one that is larger than the limit alone.
func TestFewShardsAreRewrittenAtATime(t *testing.T) {
	for limit, most := range map[int64]int{64: 2, 40: 1, 1: 1} { // a shard has 32 bytes
		synctest.Test(t, func(t *testing.T) {
			w := newWriting(t, config{meta: line(128, 4), format: shardFormat{per: 4}})
			win := w.window()
			defer win.Close()
			win.layout.rewrites.limit = limit
			var mu sync.Mutex
			now, peak := 0, 0
			w.store.Add(faulty.Rule{Methods: faulty.Write, Do: func(faulty.Method, string) error {
				mu.Lock()
				now++
				peak = max(peak, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				return nil
			}})
			put(t, win, 0, repeated(3, 128)...)
			flush(t, win)
			if peak != most {
				t.Errorf("limit %d: %d shards at a time, want %d", limit, peak, most)
			}
			w.wantStored(repeated(3, 128)...)
		})
	}
}
