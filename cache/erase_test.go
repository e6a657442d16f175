package cache

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/arrayview"
	"tsmount/kvstore/faulty"
)

func erase(t testing.TB, w *Window) {
	t.Helper()
	if err := w.Erase(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// erased is a line of n that counts up, with the fill value at first, first+step, ...
func erased(n, first, step, count int64) []uint16 {
	list := countUp(n)
	for i := range count {
		list[first+i*step] = gridFill
	}
	return list
}

// TestErasures erases views of a line of 18 elements in chunks of 4, the last of
// which is half outside, of which chunk 3 is missing.
func TestErasures(t *testing.T) {
	for name, c := range map[string]struct {
		first, step, count int64
		read               int      // chunks that a reader needs
		flush              requests // of the flush, after a reader
	}{
		"whole":          {0, 1, 18, 0, requests{reads: 1, deletes: 5, lists: 1}},
		"slice":          {4, 1, 8, 3, requests{deletes: 2, lists: 1}},
		"inside":         {5, 1, 2, 5, requests{writes: 1}},
		"strided":        {1, 2, 9, 5, requests{writes: 4, deletes: 1, lists: 1}},
		"two of many":    {1, 9, 2, 5, requests{writes: 2, lists: 1}},
		"reversed":       {11, -1, 8, 3, requests{deletes: 2, lists: 1}},
		"one":            {6, 1, 1, 5, requests{writes: 1}},
		"only missing":   {12, 1, 4, 4, requests{deletes: 1}},
		"beyond the cut": {16, 1, 2, 4, requests{reads: 1, deletes: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWriting(t, config{meta: line(18, 4)})
				if _, err := w.mem.Delete(t.Context(), "c3", kvWrite); err != nil {
					t.Fatal(err)
				}
				want := erased(18, c.first, c.step, c.count)
				copy(want[12:16], repeated(gridFill, 4))
				win := w.window()
				w.wantCalls(requests{}, func() { erase(t, w.part(c.first, c.step, c.count)) })
				w.wantCalls(requests{reads: c.read}, func() { wantOnce(t, win, want...) })
				w.wantCalls(c.flush, func() { flush(t, win) })
				w.wantCalls(requests{}, func() { flush(t, win) })
				wantRead(t, win, want...)
				w.wantStored(want...)
			})
		})
	}
}

// wantOnce checks what a window shows with the bound that anything meets.
func wantOnce(t testing.TB, win *Window, want ...uint16) {
	t.Helper()
	got, err := read(t.Context(), win, time.Time{}, 0, win.total)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got, want)
			return
		}
	}
}

func TestErasuresAndWritesCountInTheirOrder(t *testing.T) {
	w := newWriting(t, config{})
	win := w.window()
	put(t, win, 0, 100, 101, 102, 103, 104) // lost
	erase(t, w.part(0, 1, 8))
	put(t, win, 1, 50) // stays
	erase(t, w.part(2, 1, 2))
	erase(t, w.part(2, 1, 2))
	erase(t, w.part(12, 2, 2))
	put(t, win, 14, 60, 61)
	erase(t, w.part(15, -3, 2)) // 15 and 12
	want := []uint16{7, 50, 7, 7, 7, 7, 7, 7, 8, 9, 10, 11, 7, 13, 60, 7}
	wantRead(t, win, want...)
	flush(t, win)
	wantRead(t, win, want...)
	w.wantStored(want...)
	erase(t, win)
	put(t, win, 5, 1, 2, 3)
	w.array.Refresh()
	want = with(repeated(gridFill, 16), 5, 1, 2, 3)
	wantRead(t, win, want...)
	w.wantCalls(requests{writes: 1, deletes: 3, lists: 1}, func() { flush(t, win) })
	w.wantStored(want...)
}

// TestErasingKeepsWhatLiesBeyondTheDomain: another program has made the array
// larger, and has written to the chunk that was at its end.
func TestErasingKeepsWhatLiesBeyondTheDomain(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, w *writing, win *Window){
		"erased":          func(t *testing.T, _ *writing, win *Window) { erase(t, win) },
		"written":         func(t *testing.T, _ *writing, win *Window) { put(t, win, 0, repeated(7, 6)...) },
		"erased, written": func(t *testing.T, _ *writing, win *Window) { erase(t, win); put(t, win, 0, repeated(7, 6)...) },
		"once in chunks":  func(t *testing.T, w *writing, _ *Window) { rewrite(t, w, 0, 7); put(t, w.part(4, 1, 2), 0, 7, 7) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWriting(t, config{meta: line(6, 4)})
			win := w.window()
			w.mem.Preload(map[string][]byte{"meta": meta(line(8, 4))})
			w.outside(func(o *Window) { put(t, o, 6, 66, 77) })
			change(t, w, win)
			flush(t, win)
			w.wantStored(7, 7, 7, 7, 7, 7, 66, 77)
			if w.keys() != "c1" {
				t.Errorf("%s are stored, want c1 alone", w.keys())
			}
		})
	}
}

func TestErasingAHugeGridAsksWhatExists(t *testing.T) {
	w := newWriting(t, config{meta: line(1<<20, 4), empty: true})
	some := []int64{3, 77777, 1 << 17, 1<<18 - 1}
	w.outside(func(o *Window) {
		for _, c := range some {
			put(t, o, 4*c, 1, 2, 3, 4)
		}
	})
	win := w.window()
	if got, err := read(t.Context(), win, time.Time{}, 40, 1); err != nil || got[0] != gridFill {
		t.Fatalf("got %v, %v", got, err)
	}
	w.wantCalls(requests{deletes: len(some) - 1, writes: 1, lists: 1}, func() {
		erase(t, win)
		put(t, win, 4*some[1], 9, 9, 9, 9)
		flush(t, win)
	})
	if w.keys() != "c77777" {
		t.Errorf("%s are stored", w.keys())
	}
	if n := win.layout.unstored.Load(); n != 0 {
		t.Errorf("%d things are left to be stored", n)
	}
}

func TestErasingShardsDeletesThemUnread(t *testing.T) {
	w := newWriting(t, config{meta: line(32, 2), format: shardFormat{per: 4}})
	win := w.window()
	w.wantCalls(requests{deletes: 3, reads: 3, writes: 1, lists: 1}, func() { // two reads for the chunk that is written in part
		erase(t, w.part(8, 1, 24))
		put(t, win, 2, 55)
		flush(t, win)
	})
	if w.keys() != "s0" {
		t.Errorf("%s are stored, want s0 alone", w.keys())
	}
	w.wantCalls(requests{reads: 1, writes: 1}, func() { // two chunks of a shard of four
		erase(t, w.part(0, 1, 4))
		flush(t, win)
	})
	want := with(repeated(gridFill, 32), 4, 4, 5, 6)
	want[7] = 7
	wantRead(t, win, want...)
	w.wantStored(want...)
}

func TestErasingThroughIndexArrays(t *testing.T) {
	w := newWriting(t, config{})
	b := arrayview.NewBox(1)
	b.Shape[0] = 3
	st, err := w.array.State(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	win, err := w.array.Window(st, View{Order: []int{0}, Transform: &arrayview.Transform{
		Input: arrayview.BoxDomain(b),
		Output: []arrayview.OutputMap{{Kind: arrayview.MapArray, Stride: 1,
			Array: &arrayview.IndexArray{Min: -arrayview.Inf, Max: arrayview.Inf, Shape: []int64{3}, Values: []int64{9, 2, 3}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer win.Close()
	erase(t, win)
	want := with(countUp(16), 2, 7, 7)
	want[9] = 7
	wantRead(t, w.window(), want...)
	flush(t, win)
	w.wantStored(want...)
}

func TestAnErasureThatCannotBeStoredStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fails := range []faulty.Method{faulty.List, faulty.Delete} {
			w := newWriting(t, config{meta: line(64, 4)})
			win := w.window()
			erase(t, win)
			put(t, win, 10, 1)
			w.store.Add(faulty.Rule{Methods: fails, Err: errDisk})
			for range 2 {
				if err := win.Flush(t.Context()); !errors.Is(err, errDisk) {
					t.Errorf("got %v", err)
				}
			}
			want := with(repeated(gridFill, 64), 10, 1)
			wantOnce(t, win, want...)
			w.heal()
			time.Sleep(31 * time.Second) // nobody flushes
			w.wantStored(want...)
			wantRead(t, win, want...)
		}
	})
}
