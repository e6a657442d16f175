package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/resources"
)

// rewriteBytes is how many bytes of one array are stored at a time: dozens of
// chunks, but a few shards only, each of which is read and written as a whole.
const rewriteBytes = 256 << 20

// layout is the chunks of an array under one form of its metadata: everything
// that decides how stored bytes become elements.
type layout struct {
	engine   *Engine
	owner    *shared
	ds       drivers.Dataset
	want     drivers.Constraints // that ds was parsed with
	assumed  atomic.Bool         // ds is what a spec says, whatever is stored
	base     kvstore.Store       // rooted at the array's path
	store    kvstore.Store       // its keys are those of ds.ChunkKey
	dataCopy *resources.Limiter
	modified *modified // of the array
	chunks   *table
	memo     *table
	bytes    int64        // of a decoded chunk
	encoded  atomic.Int64 // size of the largest stored chunk seen
	latency  atomic.Int64 // of reads from the store, nanoseconds, smoothed
	pace     pace         // of stores

	newest   atomic.Pointer[drivers.Schema]
	checked  atomic.Uint64 // the version of the documents that ds agrees with
	written  atomic.Bool   // something was written, ever
	unstored atomic.Int64  // dirty chunks and erasures
	lost     atomic.Int64  // dirty chunks that will never be stored
	retrying atomic.Bool
	rewrites *budget                // of the groups that are being stored
	groups   map[string]*writeGroup // guarded by pool.mu
	erased   atomic.Pointer[[]*erasure]
	erasing  sync.Mutex // held to replace erased
}

func (s *shared) newLayout(ds drivers.Dataset, want drivers.Constraints) *layout {
	bytes := ds.Schema().ChunkBytes()
	l := &layout{
		engine: s.engine, owner: s, ds: ds, want: want, dataCopy: s.dataCopy, modified: s.modified,
		memo: newTable(s.pool, 0, nil), bytes: bytes,
		base: kvstore.Prefixed(s.store, s.path), groups: make(map[string]*writeGroup),
		rewrites: newBudget("rewriting", rewriteBytes),
	}
	l.chunks = newTable(s.pool, bytes, l.glance)
	l.store = ds.Store(l.base, memo{engine: s.engine, table: l.memo})
	return l
}

// pin returns the entry of a cell, pinned.
func (l *layout) pin(cell []int64) *entry {
	var room [8 * 8]byte
	key := room[:0]
	for _, c := range cell {
		key = binary.BigEndian.AppendUint64(key, uint64(c))
	}
	return l.chunks.pin(key, l.loader)
}

// loader returns the load of the chunk whose entry has the given key.
func (l *layout) loader(key string) loadFunc {
	return func(ctx context.Context, bound time.Time, _ any, gen kvstore.Generation) (loaded, error) {
		return l.load(ctx, bound, cellOfKey(key), gen)
	}
}

// glance is the glanceFunc of chunks.
func (l *layout) glance(key string, _ any, gen kvstore.Generation) bool {
	if _, ok := l.store.(kvstore.Glancer); !ok {
		return false
	}
	return kvstore.Glance(l.store, l.ds.ChunkKey(cellOfKey(key)), gen)
}

// maxStored is the most bytes that a stored chunk may have: no codec makes a
// chunk more than twice as large, headers aside.
func (l *layout) maxStored() int64 { return 2*l.bytes + 1<<20 }

// load reads and decodes one chunk.
func (l *layout) load(ctx context.Context, bound time.Time, cell []int64, gen kvstore.Generation) (loaded, error) {
	e := l.engine
	if err := e.loading.Acquire(ctx); err != nil {
		return loaded{}, err
	}
	defer e.loading.Release()
	expect := l.expectStored()
	if err := e.transient.reserve(ctx, l.bytes+expect); err != nil {
		return loaded{}, err
	}
	defer e.transient.release(l.bytes + expect)
	var room *buffer // nil until there is a value to be read
	defer func() { room.drop() }()
	alloc := func(n int64) []byte {
		room = e.buffers.get(int(l.room(n)))
		return room.data
	}

	key := l.ds.ChunkKey(cell)
	began := time.Now()
	r, err := l.store.Read(ctx, key, kvstore.ReadOptions{IfNotEqual: gen, Bound: storeBound(bound), MaxBytes: l.maxStored(), Alloc: alloc})
	if err != nil {
		return loaded{}, l.readError(key, err)
	}
	l.noteLatency(time.Since(began))
	out := loaded{stamp: r.Stamp}
	switch {
	case r.State == kvstore.Unchanged:
		out.unchanged = true
		return out, nil
	case r.State == kvstore.Missing:
		if gen != "" && gen != kvstore.Absent {
			l.modified.note(r.Stamp.Time) // when it was removed is not known
		}
		return out, nil
	}
	l.modified.note(r.Modified)
	l.noteStored(int64(len(r.Value)))
	out.weight = l.bytes
	if l.ds.Schema().Verbatim && int64(len(r.Value)) == l.bytes && room != nil && &r.Value[0] == &room.data[0] {
		room.data = room.data[:l.bytes]
		out.value, room = room, nil
		return out, nil
	}
	chunk, err := l.decode(ctx, r.Value, cell)
	if err != nil {
		return loaded{}, fmt.Errorf("%s (generation %q): cell %v: %w", l.store.Location(key), r.Stamp.Generation, cell, err)
	}
	out.value = chunk
	return out, nil
}

// decode decodes enc into a new buffer under a data-copy token.
func (l *layout) decode(ctx context.Context, enc []byte, cell []int64) (*buffer, error) {
	e := l.engine
	chunk := e.buffers.get(int(l.bytes))
	if err := l.dataCopy.Acquire(ctx); err != nil {
		chunk.drop()
		return nil, err
	}
	err := l.ds.Decode(chunk.data, enc, cell)
	l.dataCopy.Release()
	if err != nil {
		chunk.drop()
		return nil, err
	}
	e.decodes.Add(1)
	e.decodedBytes.Add(l.bytes)
	e.encodedBytes.Add(int64(len(enc)))
	return chunk, nil
}

// expectStored is how large a stored chunk may be expected to be: as a decoded
// one, or more if larger ones have been seen.
func (l *layout) expectStored() int64 { return max(l.bytes, l.encoded.Load()) }

// sameClass is the size up to which stored chunks get the room of decoded ones.
const sameClass = 16 << 20

// room returns the size of the buffer for a stored chunk of n bytes: that of a
// decoded chunk, so that both are recycled together, unless that is huge or far
// too large: new memory costs more than reading into it.
func (l *layout) room(n int64) int64 {
	switch {
	case n > 0 && n < l.bytes/4:
		return 1 << bits.Len64(uint64(n-1))
	case l.bytes > sameClass:
		return n
	}
	return max(n, l.bytes)
}

func (l *layout) noteStored(n int64) {
	for old := l.encoded.Load(); n > old; old = l.encoded.Load() {
		if l.encoded.CompareAndSwap(old, n) {
			return
		}
	}
}

// storeBound returns bound as stores take it, to whom the zero time means "now".
func storeBound(bound time.Time) time.Time {
	if bound.IsZero() {
		return time.Unix(0, 0)
	}
	return bound
}

// noteLatency smooths, and believes short times sooner than long ones: with all
// processors busy, many a read from a fast store takes long because it has to
// wait for one. A lost update does no harm.
func (l *layout) noteLatency(d time.Duration) {
	old := l.latency.Load()
	weight := int64(32)
	switch {
	case old == 0:
		weight = 1
	case int64(d) < old:
		weight = 2
	}
	l.latency.Store(old + (int64(d)-old)/weight)
}

// slow reports whether the store's latency is what makes readers wait.
func (l *layout) slow() bool { return time.Duration(l.latency.Load()) > slowStore }

// width is how many chunks one reader loads at a time: a few from a local store,
// whose limits on I/O and decoding would only make more of them wait, and many
// from one that answers slowly.
func (l *layout) width() int {
	if d := time.Duration(l.latency.Load()); d > 0 && d < slowStore {
		return 2 * max(4, resources.Processors())
	}
	return maxLoading
}

// readError names the chunk. A value of an impossible size is corrupt; "not
// found" in the depths of a store is not: a missing chunk is a result.
func (l *layout) readError(key string, err error) error {
	where := l.store.Location(key)
	switch {
	case errors.Is(err, kvstore.ErrTooLarge):
		return fmt.Errorf("%s: %w: %w", where, drivers.ErrCorrupt, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: unreadable: %v", where, err)
	}
	return fmt.Errorf("reading %s: %w", where, err)
}
