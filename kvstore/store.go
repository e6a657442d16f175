package kvstore

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Store maps keys to values. Keys are non-empty strings of any bytes that the
// implementation can hold; "/" has no meaning to the interface except through
// ListOptions.Delimiter. Implementations are safe for concurrent use.
type Store interface {
	// Read returns the value of key, or part of it, subject to opt. The error
	// of a byte range that does not lie inside the value is ErrRange.
	Read(ctx context.Context, key string, opt ReadOptions) (ReadResult, error)

	// Write stores value under key as a whole: readers see the old value or the
	// new one, never a mix, and after an error or a kill the old one is intact.
	// It returns the stamp of the new value.
	Write(ctx context.Context, key string, value []byte, opt WriteOptions) (Stamp, error)

	// Delete removes key. That the key is absent already is success. The
	// returned generation is Absent.
	Delete(ctx context.Context, key string, opt WriteOptions) (Stamp, error)

	// List yields the entries that opt selects in ascending order of their keys
	// (bytewise). A store that cannot list yields one error that wraps
	// errors.ErrUnsupported. The sequence ends after the first error.
	List(ctx context.Context, opt ListOptions) iter.Seq2[Entry, error]

	// Identity names the storage behind the store: equal strings mean the same
	// keys and values with the same rights, so that what is cached of one may
	// serve the other. It may contain a digest of credentials, never the
	// credentials. It is not for people. A store that is rooted further down
	// the same storage has the identity of this one with the way there
	// appended, as Prefixed does, so that both are known to be one.
	Identity() string

	// Location describes key for people, in logs and errors: a path or a URL
	// without secrets. The empty key describes the store itself.
	Location(key string) string
}

// ReadOptions modify a Read. The zero value reads the whole value whatever its
// generation.
type ReadOptions struct {
	// Range is the part of the value to return; the zero Range is all of it.
	Range ByteRange
	// StatOnly asks for state, size, time and generation without any bytes.
	StatOnly bool
	// IfNotEqual, when set, makes the answer Unchanged, without a value, if the
	// current generation equals it. Absent is a legal value.
	IfNotEqual Generation
	// IfEqual, when set, makes the read fail with ErrMismatch unless the
	// current generation equals it: pieces of one value are read with it.
	IfEqual Generation
	// Bound is the oldest Stamp.Time that is good enough. A store that talks to
	// caches between it and the data honours it; the zero value accepts only
	// what is current at the time of the call.
	Bound time.Time
	// MaxBytes, when positive, makes the read fail with ErrTooLarge instead of
	// fetching more than that many bytes: sizes of stored values are not to be
	// trusted, and who knows how large a value can be says so here.
	MaxBytes int64
	// Buffer is memory that the store may use for the value: the result's Value
	// may then be a slice of it. Its content is overwritten.
	Buffer []byte
	// Alloc, when set, gives the memory for a value that Buffer does not hold:
	// at least n bytes, asked for at most once and only when there is a value
	// to be read.
	Alloc func(n int64) []byte
}

// Select resolves opt.Range in a value of size bytes and checks what it selects
// against MaxBytes.
func (opt *ReadOptions) Select(size int64) (lo, hi int64, err error) {
	if lo, hi, err = opt.Range.Resolve(size); err != nil {
		return 0, 0, err
	}
	if opt.MaxBytes > 0 && hi-lo > opt.MaxBytes {
		return 0, 0, fmt.Errorf("%w: %d bytes, at most %d are expected", ErrTooLarge, hi-lo, opt.MaxBytes)
	}
	return lo, hi, nil
}

// Into returns n bytes for a value: the beginning of Buffer when it is large
// enough, else what Alloc gives, else new memory. The slice has no room behind
// its n bytes.
func (opt *ReadOptions) Into(n int64) []byte {
	if opt.Buffer != nil && int64(len(opt.Buffer)) >= n {
		return opt.Buffer[:n:n]
	}
	if opt.Alloc != nil {
		return opt.Alloc(n)[:n:n]
	}
	return make([]byte, n)
}

// State tells what a Read found.
type State uint8

const (
	// Missing: the key does not exist. Stamp.Generation is Absent.
	Missing State = iota
	// Present: the key exists; Value holds the bytes asked for.
	Present
	// Unchanged: the generation still equals ReadOptions.IfNotEqual.
	Unchanged
)

// ReadResult is the answer of a Read.
type ReadResult struct {
	State    State
	Value    []byte    // the bytes of the range; nil unless Present
	Size     int64     // of the whole value in bytes, when Present
	Modified time.Time // last modification; zero when unknown
	Stamp    Stamp
}

// WriteOptions modify a Write or Delete.
type WriteOptions struct {
	// IfEqual, when set, lets the operation take place only if the current
	// generation equals it (Absent: only if the key does not exist); otherwise
	// it fails with ErrMismatch.
	IfEqual Generation
}

// ListOptions select what List yields. The zero value yields every key.
type ListOptions struct {
	// Prefix is what all keys begin with. It need not end at a "/".
	Prefix string
	// After, when set, leaves out all keys that are not greater than it.
	After string
	// Delimiter asks for one level: a key that contains "/" behind the prefix is
	// folded with all that share its name up to there into one Entry with Dir.
	// Its place in the order is that of its Key + "/": "a.b" comes before Dir "a".
	Delimiter bool
}

// Entry is one listed key, or with Dir one level of deeper keys.
type Entry struct {
	Key      string    // complete, prefix included; without the trailing "/" when Dir
	Dir      bool      // there are keys that begin with Key + "/"
	Size     int64     // in bytes; -1 when unknown or Dir
	Modified time.Time // zero when unknown
}

// Put is one operation of a batch: a write, or with a nil Value a delete.
type Put struct {
	Key     string
	Value   []byte
	IfEqual Generation
}

// PutResult is the outcome of one Put.
type PutResult struct {
	Stamp Stamp
	Err   error
}

// BatchWriter is an optional power of a Store: several keys that are stored in
// one place (the chunks of a shard) are written in one request.
type BatchWriter interface {
	// WriteBatch applies puts, which have different keys. The results are in
	// the order of puts. A lost race is retried inside for a Put without
	// IfEqual and is ErrMismatch for one with it.
	WriteBatch(ctx context.Context, puts []Put) ([]PutResult, error)
}

// WriteBatch applies puts in one request where store can, else one by one.
func WriteBatch(ctx context.Context, store Store, puts []Put) ([]PutResult, error) {
	if b, ok := store.(BatchWriter); ok {
		return b.WriteBatch(ctx, puts)
	}
	results := make([]PutResult, len(puts))
	for i, p := range puts {
		opt := WriteOptions{IfEqual: p.IfEqual}
		if p.Value == nil {
			results[i].Stamp, results[i].Err = store.Delete(ctx, p.Key, opt)
		} else {
			results[i].Stamp, results[i].Err = store.Write(ctx, p.Key, p.Value, opt)
		}
	}
	return results, nil
}

// Writability is an optional power of a Store: to say before the first write
// that there will be none.
type Writability interface {
	// Writable returns nil when conditional writes are possible, else the
	// reason, which wraps ErrReadOnly.
	Writable() error
}

// Writable returns why store cannot be written, or nil.
func Writable(store Store) error {
	if w, ok := store.(Writability); ok {
		return w.Writable()
	}
	return nil
}

// Glancer is an optional power of a Store: to tell at once that a value is the
// known one.
type Glancer interface {
	// Glance reports that the generation of key is gen beyond doubt, as of the
	// call. It waits for nothing that can hang, a network or a token, and so
	// needs no context. After false only Read can tell.
	Glance(key string, gen Generation) bool
}

// Glance reports that store can tell at once that gen is the generation of key.
func Glance(store Store, key string, gen Generation) bool {
	g, ok := store.(Glancer)
	return ok && gen != "" && g.Glance(key, gen)
}

// Memo keeps what an adapter has parsed (shard indexes) under the same rules of
// freshness and memory as chunks. It is given by the cache.
type Memo interface {
	// Get returns the value that load made for key, no older than bound. load
	// gets the cached value and its generation (nil and "" when there is none)
	// and may return the same value with a new stamp; weight is the memory that
	// the value takes, in bytes.
	Get(ctx context.Context, key string, bound time.Time, load MemoLoad) (value any, stamp Stamp, err error)
}

// MemoLoad makes or revalidates a memoised value.
type MemoLoad func(ctx context.Context, old any, generation Generation) (value any, weight int64, stamp Stamp, err error)
