package shard

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tsmount/kvstore"
)

// Uint64 is the layout neuroglancer_uint64_sharded_v1 (neuroglancer,
// src/datasource/precomputed/sharded.md): chunks with 64-bit ids, of which a
// hash says in which shard and in which minishard of it they lie. A shard begins
// with a (start, end) pair of uint64 per minishard, the bytes of its index; all
// offsets count from the end of these pairs. What a minishard lists is three
// rows of uint64: ids, starts and sizes. Ids are differences to the one before,
// starts to the end of the chunk before.
type Uint64 struct {
	// Prefix stands before the name of a shard in its key: "" or ending in "/".
	Prefix string
	// PreshiftBits low bits of an id do not count in its hash: 0 to 64.
	PreshiftBits int
	// Murmur: the hash is MurmurHash3_x86_128, else the identity.
	Murmur bool
	// MinishardBits, 0 to 32, are the low bits of the hash, ShardBits, up to 64
	// in all, those above them.
	MinishardBits, ShardBits int
	// GzipIndex: the indexes of minishards are gzip streams.
	GzipIndex bool
	// Chunks, when positive, is how many ids there are: it bounds the indexes.
	Chunks uint64
}

const (
	maxPreshift      = 64
	maxMinishardBits = 32
	hashBits         = 64
)

// NewUint64 returns the chunks of the shards of base, whose indexes memo keeps.
// Keys are those of Key. Without a memo every read reads the index.
func NewUint64(base kvstore.Store, memo kvstore.Memo, f Uint64) (kvstore.Store, error) {
	if f.PreshiftBits < 0 || f.PreshiftBits > maxPreshift || f.MinishardBits < 0 || f.MinishardBits > maxMinishardBits ||
		f.ShardBits < 0 || f.ShardBits > hashBits-f.MinishardBits {
		return nil, fmt.Errorf("shard: impossible format %+v", f)
	}
	if memo == nil {
		memo = noMemo{}
	}
	return &store{base: base, memo: memo, format: f}, nil
}

// noMemo keeps nothing.
type noMemo struct{}

func (noMemo) Get(ctx context.Context, _ string, _ time.Time, load kvstore.MemoLoad) (any, kvstore.Stamp, error) {
	value, _, stamp, err := load(ctx, nil, "")
	return value, stamp, err
}

var _ format = Uint64{}

// split64 is where a chunk lies: its shard and the minishard there.
func (f Uint64) split64(id uint64) (shard, minishard uint64) {
	hash := id >> f.PreshiftBits // 0 when all bits are shifted out
	if f.Murmur {
		hash = murmur3(hash)
	}
	minishard = hash & (1<<f.MinishardBits - 1)
	return hash >> f.MinishardBits & (1<<f.ShardBits - 1), minishard
}

// Shard returns the key of the shard that holds the chunk: its number in
// hexadecimal, with as many digits as the largest one.
func (f Uint64) Shard(id uint64) string {
	shard, _ := f.split64(id)
	digits := strconv.FormatUint(shard, 16)
	if missing := (f.ShardBits+3)/4 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	return f.Prefix + digits + ".shard"
}

// Key returns the key of a chunk: that of its shard and the id.
func (f Uint64) Key(id uint64) string {
	return f.Shard(id) + string(Separator) + strconv.FormatUint(id, 10)
}

// split takes a key apart. The id alone decides; the rest must agree with it.
func (f Uint64) split(key string) (place, error) {
	i := strings.LastIndexByte(key, Separator)
	if i < 0 {
		return place{}, kvstore.BadKey(key, "expected the key of a shard, #, and the id of a chunk")
	}
	id, err := strconv.ParseUint(key[i+1:], 10, 64)
	if err != nil || f.Key(id) != key {
		return place{}, kvstore.BadKey(key, "it names no chunk of the shard")
	}
	return place{key[:i], int64(id)}, nil
}

// full: how many chunks a shard can have depends on which ids exist.
func (f Uint64) full() int64 { return -1 }

func (f Uint64) identity() string { return fmt.Sprintf("uint64 shards %+v", f) }

// pairsSize returns the bytes of the pairs that a shard begins with.
func (f Uint64) pairsSize() int64 { return pairSize << f.MinishardBits }

func (f Uint64) locate(ctx context.Context, from source, at place) (location, error) {
	id := uint64(at.entry)
	_, minishard := f.split64(id)
	m, stamp, err := f.minishard(ctx, from, at.shard, minishard)
	if err != nil {
		return location{}, err
	}
	where := location{stamp: stamp}
	where.lo, where.hi, where.found, err = m.find(id)
	return where, err
}

// minishard returns the index of a minishard, by way of the memo.
func (f Uint64) minishard(ctx context.Context, from source, shard string, number uint64) (*minishard, kvstore.Stamp, error) {
	key := shard + string(Separator) + strconv.FormatUint(number, 10)
	value, stamp, err := from.memo.Get(ctx, key, from.bound, func(ctx context.Context, old any, known kvstore.Generation) (any, int64, kvstore.Stamp, error) {
		before, ok := old.(*minishard)
		if !ok {
			known = ""
		}
		m, stamp, err := f.fetch(ctx, from, shard, number, known)
		if err == nil && m == nil {
			m = before
		}
		return m, m.weight(), stamp, err
	})
	if err != nil {
		return nil, kvstore.Stamp{}, err
	}
	m, ok := value.(*minishard)
	if !ok {
		return nil, kvstore.Stamp{}, fmt.Errorf("the memo holds a %T for a minishard of %q", value, shard)
	}
	return m, stamp, nil
}

// fetch reads the index of a minishard. It returns nil if the generation is
// still known.
func (f Uint64) fetch(ctx context.Context, from source, shard string, number uint64, known kvstore.Generation) (m *minishard, stamp kvstore.Stamp, err error) {
	for range maxTries {
		if m, stamp, err = f.fetchOnce(ctx, from, shard, number, known); !errors.Is(err, errMoved) {
			break
		}
		from.bound = time.Now()
	}
	return m, stamp, err
}

// fetchOnce reads the index of a minishard in two steps, the second on condition
// that the shard is still that of the first.
func (f Uint64) fetchOnce(ctx context.Context, from source, shard string, number uint64, known kvstore.Generation) (*minishard, kvstore.Stamp, error) {
	at := int64(number) * pairSize
	r, err := from.base.Read(ctx, shard, kvstore.ReadOptions{Range: kvstore.Span(at, at+pairSize), IfNotEqual: known, Bound: from.bound})
	if errors.Is(err, kvstore.ErrRange) {
		return nil, kvstore.Stamp{}, corruptf("shard %q is shorter than its index: %v", shard, err)
	}
	if err != nil {
		return nil, kvstore.Stamp{}, fmt.Errorf("index: %w", err)
	}
	switch r.State {
	case kvstore.Unchanged:
		return nil, r.Stamp, nil
	case kvstore.Missing:
		return &minishard{}, r.Stamp, nil
	}
	lo, hi, err := f.pair(r.Value, r.Size)
	if err != nil {
		return nil, kvstore.Stamp{}, fmt.Errorf("minishard %d of %q: %w", number, shard, err)
	}
	if lo == hi {
		return &minishard{size: r.Size}, r.Stamp, nil
	}
	raw, err := from.base.Read(ctx, shard, kvstore.ReadOptions{Range: kvstore.Span(lo, hi), IfEqual: r.Stamp.Generation, Bound: from.bound})
	if errors.Is(err, kvstore.ErrMismatch) || err == nil && raw.State != kvstore.Present {
		return nil, kvstore.Stamp{}, errMoved
	}
	if err != nil {
		return nil, kvstore.Stamp{}, fmt.Errorf("index of minishard %d: %w", number, err)
	}
	m, err := f.decodeMinishard(raw.Value, r.Size)
	if err != nil {
		return nil, kvstore.Stamp{}, fmt.Errorf("minishard %d of %q (generation %q): %w", number, shard, r.Stamp.Generation, err)
	}
	return m, r.Stamp, nil
}

// pair returns the bytes [lo, hi) of a minishard's index in a shard of size
// bytes.
func (f Uint64) pair(b []byte, size int64) (lo, hi int64, err error) {
	start, end := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	if start == end {
		return 0, 0, nil
	}
	room := size - f.pairsSize()
	if room < 0 || start > end || end > uint64(room) {
		return 0, 0, corruptf("its index at [%d:%d] does not lie in a shard of %d bytes", start, end, size)
	}
	if n := end - start; n > uint64(f.maxStoredIndex()) {
		return 0, 0, corruptf("an index of %d bytes", n)
	}
	return f.pairsSize() + int64(start), f.pairsSize() + int64(end), nil
}
