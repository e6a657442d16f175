package shard

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"tsmount/kvstore"
)

// Separator stands between the key of a shard and the number of an entry.
const Separator = '#'

// Key returns the key of an entry of a shard.
func Key(shard string, entry int64) string {
	var buf [80]byte
	return string(AppendKey(append(buf[:0], shard...), entry))
}

// AppendKey makes the key of a shard that of one of its entries.
func AppendKey(shard []byte, entry int64) []byte {
	return strconv.AppendInt(append(shard, Separator), entry, 10)
}

// format is one layout of shards.
type format interface {
	// split takes a key apart.
	split(key string) (place, error)
	// locate finds an entry, by an index no older than what from asks for.
	locate(ctx context.Context, from source, at place) (location, error)
	// unpack returns the entries of a shard. Those that keep rejects may be
	// broken; their values are nil.
	unpack(shard []byte, keep func(entry int64) bool) (map[int64][]byte, error)
	// pack makes a shard of entries, of which there is at least one.
	pack(entries map[int64][]byte) ([]byte, error)
	// full is the number of entries that a shard can have.
	full() int64
	// identity tells formats apart in which a key means different chunks.
	identity() string
}

// place is an entry of a shard.
type place struct {
	shard string // key of the base
	entry int64
}

// location is where an entry lies in its shard.
type location struct {
	stamp  kvstore.Stamp // of the shard
	found  bool          // the shard holds the entry
	lo, hi int64         // bytes of the shard
}

// store is the adapter for one format.
type store struct {
	base   kvstore.Store
	memo   kvstore.Memo
	format format
	merge  merger
}

var (
	_ kvstore.Store       = (*store)(nil)
	_ kvstore.BatchWriter = (*store)(nil)
	_ kvstore.Writability = (*store)(nil)
)

// splitNumber takes apart a key that Key has made, for a shard of n entries.
func splitNumber(key string, n int64) (place, error) {
	i := strings.LastIndexByte(key, Separator)
	if i <= 0 {
		return place{}, kvstore.BadKey(key, "expected the key of a shard, #, and the number of an entry")
	}
	digits := key[i+1:]
	entry, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || entry < 0 || entry >= n || strconv.FormatInt(entry, 10) != digits {
		return place{}, kvstore.BadKey(key, fmt.Sprintf("the number of an entry is one of 0 to %d", n-1))
	}
	return place{key[:i], entry}, nil
}

// List answers that chunks cannot be listed.
func (s *store) List(_ context.Context, opt kvstore.ListOptions) iter.Seq2[kvstore.Entry, error] {
	return func(yield func(kvstore.Entry, error) bool) {
		yield(kvstore.Entry{}, fmt.Errorf("list chunks of shards %s: %w", s.Location(opt.Prefix), errors.ErrUnsupported))
	}
}

func (s *store) Writable() error { return kvstore.Writable(s.base) }

func (s *store) Identity() string { return s.format.identity() + " of " + s.base.Identity() }

func (s *store) Location(key string) string {
	at, err := s.format.split(key)
	if err != nil {
		return s.base.Location(key)
	}
	return Key(s.base.Location(at.shard), at.entry)
}
