package cache

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestWritersOfSharedChunks lets goroutines write elements of their own through
// windows of their own, all in the same chunks, while others read, flush, refresh
// and erase what nobody writes; another program does the same. Every writer sees
// at each moment what it wrote last, and in the end all of it is stored.
func TestWritersOfSharedChunks(t *testing.T) {
	for name, c := range map[string]config{
		"chunks":           {},
		"chunks, no limit": {limit: 1 << 20, queue: 1 << 20},
		"shards":           {format: shardFormat{per: 3}},
		"shards, a little": {format: shardFormat{per: 3}, limit: 100, queue: 50},
		"little in use":    {engine: Config{InUseLimit: 20, TransientLimit: 20}},
	} {
		c.meta = line(60, 7)
		c.without = c.limit == 0
		t.Run(name, func(t *testing.T) {
			w := newWriting(t, c)
			c.mem = w.mem
			outside := newWriting(t, c)
			raceWriters(t, w, outside)
		})
	}
}

const (
	raceWritersN = 4 // of each program, and one part for erasures
	raceRounds   = 40
)

// raceWriters gives writer k the elements k, k+step, ...
func raceWriters(t *testing.T, programs ...*writing) {
	const step = 2*raceWritersN + 2
	n := int64(60)
	final := make([]uint16, n)
	var mu sync.Mutex
	var writers, others sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	for p, w := range programs {
		for k := range raceWritersN {
			first := int64(p*raceWritersN + k)
			win := w.part(first, step, (n-1-first)/step+1)
			writers.Go(func() {
				last := ownElements(t, win, uint64(first))
				mu.Lock()
				defer mu.Unlock()
				for i, v := range last {
					final[first+int64(i)*step] = v
				}
			})
		}
		first := int64(2*raceWritersN + p)
		rest, whole := w.part(first, step, (n-1-first)/step+1), w.window()
		others.Go(func() { disturb(ctx, t, w, rest, whole) })
		for i := first; i < n; i += step {
			final[i] = gridFill
		}
	}
	writers.Wait()
	stop()
	others.Wait()
	for _, w := range programs {
		win := w.window()
		flush(t, win)
		win.Close()
	}
	for _, w := range programs {
		w.wantStored(final...)
		wantNow(t, w.window(), final...)
	}
}

// ownElements writes random parts of a window, reads them, and returns what it
// has written to each element in the end.
func ownElements(t *testing.T, win *Window, seed uint64) []uint16 {
	r := rand.New(rand.NewPCG(seed, 1))
	now := make([]uint16, win.total)
	put(t, win, 0, now...)
	for range raceRounds {
		lo := r.IntN(len(now))
		hi := lo + 1 + r.IntN(len(now)-lo)
		for i := lo; i < hi; i++ {
			now[i] = uint16(r.Uint32())
		}
		if err := write(win, int64(lo), now[lo:hi]...); err != nil {
			t.Errorf("write: %v", err)
			return now
		}
		bound := boundOf(r.IntN(2))
		got, err := read(context.Background(), win, bound, 0, win.total)
		if err != nil {
			t.Errorf("read: %v", err)
			return now
		}
		for i := range got {
			if got[i] != now[i] {
				t.Errorf("element %d of writer %d: got %d, want %d", i, seed, got[i], now[i])
				return now
			}
		}
		if r.IntN(8) == 0 {
			if err := win.Flush(context.Background()); err != nil {
				t.Errorf("flush: %v", err)
			}
		}
	}
	return now
}

// disturb does everything else.
func disturb(ctx context.Context, t *testing.T, w *writing, own, whole *Window) {
	r := rand.New(rand.NewPCG(7, 7))
	for ctx.Err() == nil {
		var err error
		switch r.IntN(5) {
		case 0:
			err = own.Erase(context.Background())
		case 1:
			err = whole.Flush(context.Background())
		case 2:
			w.array.Refresh()
		case 3:
			short, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(1000))*time.Microsecond)
			_ = whole.Flush(short) // it may be too short
			cancel()
		default:
			_, err = read(context.Background(), whole, boundOf(r.IntN(2)), 0, whole.total)
		}
		if err != nil {
			t.Errorf("disturbing: %v", err)
			return
		}
	}
	erase(t, own)
}
