package shard_test

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/kvstoretest"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

const slowly = 40 * time.Millisecond

// far is a base that takes its time for a read.
type far struct {
	kvstore.Store
	delay     time.Duration
	reads     atomic.Int64
	cancelled atomic.Int64
}

func (f *far) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	f.reads.Add(1)
	select {
	case <-time.After(f.delay):
	case <-ctx.Done():
		f.cancelled.Add(1)
		return kvstore.ReadResult{}, ctx.Err()
	}
	return f.Store.Read(ctx, key, opt)
}

// queueing is a memo that loads one value at a time, as the cache does for each.
type queueing struct {
	token chan struct{}
	memo  *memo
}

func newQueueing() kvstore.Memo { return &queueing{make(chan struct{}, 1), newMemo()} }

func (q *queueing) Get(ctx context.Context, key string, bound time.Time, load kvstore.MemoLoad) (any, kvstore.Stamp, error) {
	select {
	case q.token <- struct{}{}:
	case <-ctx.Done():
		return nil, kvstore.Stamp{}, ctx.Err()
	}
	defer func() { <-q.token }()
	return q.memo.Get(ctx, key, bound, load)
}

// anyTime is a bound that every state meets.
var anyTime = time.Unix(0, 0)

// fill writes a shard of n chunks, each of its own bytes, and returns their keys.
func fill(t testing.TB, s kvstore.Store, key func(i int) string, n, size int) []string {
	t.Helper()
	keys := make([]string, n)
	puts := make([]kvstore.Put, n)
	for i := range keys {
		keys[i] = key(i)
		puts[i] = kvstore.Put{Key: keys[i], Value: chunk(i, size)}
	}
	results, err := kvstore.WriteBatch(t.Context(), s, puts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	return keys
}

func entryKey(i int) string { return shard.Key("c", int64(i)) }

// chunk returns what fill writes.
func chunk(i, size int) []byte { return bytes.Repeat([]byte{byte(i), byte(i >> 8)}, size/2) }

// filled returns a store over a slow base, with nothing known of it, and the
// keys of the n chunks of one shard.
func filled(t *testing.T, n, size int) (*far, kvstore.Store, []string) {
	f := shard.Indexed{Entries: int64(n), Checksums: 1}
	base := memory.New()
	keys := fill(t, open(t, base, f), entryKey, n, size)
	slow := &far{Store: base, delay: slowly}
	return slow, shard.New(slow, newQueueing(), f), keys
}

// readAll reads every step-th chunk, all at once.
func readAll(t *testing.T, s kvstore.Store, keys []string, size, step int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := 0; i < len(keys); i += step {
		wg.Go(func() { wantChunk(t, s, keys, i, size) })
	}
	wg.Wait()
}

func wantChunk(t *testing.T, s kvstore.Store, keys []string, i, size int) {
	room := make([]byte, size+1)
	res, err := s.Read(t.Context(), keys[i], kvstore.ReadOptions{Bound: anyTime, Buffer: room})
	if err != nil || !bytes.Equal(res.Value, chunk(i, size)) {
		t.Errorf("chunk %d: got %d bytes, %v", i, len(res.Value), err)
	} else if &res.Value[0] != &room[0] || cap(res.Value) != size {
		t.Errorf("chunk %d: the value has %d bytes of room or is not in the buffer", i, cap(res.Value))
	}
}

func TestNeighboursTakeOneRequest(t *testing.T) {
	for _, c := range []struct {
		name          string
		n, size, step int
		delay         time.Duration
		want          int64 // requests, that of the index included
	}{
		{"neighbours", 64, 64 << 10, 1, slowly, 1 + 1},
		{"small gaps", 64, 4 << 10, 2, slowly, 1 + 1},
		{"large gaps", 64, 64 << 10, 2, slowly, 1 + 32},
		{"in pieces", 32, 256 << 10, 1, slowly, 1 + 2},
		{"large chunks", 3, 2 << 20, 1, slowly, 1 + 3},
		{"as memory allows", 40, 1 << 20, 1, slowly, 1 + 8 + 8},
		{"alone", 1, 1 << 10, 1, slowly, 1 + 1},
		{"fast", 64, 64 << 10, 1, 0, 1 + 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base, s, keys := filled(t, c.n, c.size)
				base.delay = c.delay
				began := time.Now()
				readAll(t, s, keys, c.size, c.step)
				if n := base.reads.Load(); n != c.want {
					t.Errorf("%d requests, want %d", n, c.want)
				}
				if d := time.Since(began); d != 2*c.delay {
					t.Errorf("took %v, want %v", d, 2*c.delay)
				}
			})
		})
	}
}

func TestNeighboursOfUint64Shards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 16 << 10
		f := shard.Uint64{Chunks: 64}
		base := &far{Store: memory.New()}
		for _, delay := range []time.Duration{0, slowly} {
			base.delay = delay
			s, err := shard.NewUint64(base, newQueueing(), f)
			if err != nil {
				t.Fatal(err)
			}
			keys := make([]string, 64)
			for i := range keys {
				keys[i] = f.Key(uint64(i))
			}
			if delay == 0 {
				fill(t, s, func(i int) string { return keys[i] }, len(keys), size)
				base.reads.Store(0)
				continue
			}
			readAll(t, s, keys, size, 1)
		}
		if n := base.reads.Load(); n != 3 {
			t.Errorf("%d requests, want 2 for the index and 1", n)
		}
	})
}

// TestStreamOfNeighbours: merging must not make the readers of a stream take
// turns, be they as fast as one another or not.
func TestStreamOfNeighbours(t *testing.T) {
	for _, uneven := range []time.Duration{0, 100 * time.Microsecond, time.Millisecond} {
		t.Run(uneven.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testStream(t, uneven) })
		})
	}
}

// testStream reads chunks one after another by several readers, who pause for
// up to 7 times uneven after each.
func testStream(t *testing.T, uneven time.Duration) {
	const n, size, readers = 512, 1 << 10, 32
	base, s, keys := filled(t, n, size)
	began := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
				wantChunk(t, s, keys, int(i), size)
				time.Sleep(time.Duration(i*5%8) * uneven)
			}
		})
	}
	wg.Wait()
	const rounds = 1 + n/readers
	if d, most := time.Since(began), rounds*(slowly+slowly/8+7*uneven); d > most {
		t.Errorf("took %v, want at most %v", d, most)
	}
	if r := base.reads.Load(); r > n/3 {
		t.Errorf("%d requests for %d chunks", r, n)
	}
}

// merging is a store that takes its base for slow.
type merging struct{ kvstore.Store }

func (m merging) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	shard.SetLatency(m.Store, slowly)
	return m.Store.Read(ctx, key, opt)
}

func TestMergingStore(t *testing.T) {
	f := layouts["end"]
	kvstoretest.Run(t, maker(int(f.Entries), "", func(t testing.TB, base kvstore.Store) kvstore.Store {
		return merging{open(t, base, f)}
	}))
}
