package shard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/shard"
)

// begin starts a read of every chunk; the request for all of them is under way
// when it returns.
func begin(t *testing.T, s kvstore.Store, keys []string) (results []kvstore.ReadResult, errs []error, cancels []context.CancelFunc, wait func()) {
	results, errs = make([]kvstore.ReadResult, len(keys)), make([]error, len(keys))
	var wg sync.WaitGroup
	for i, key := range keys {
		ctx, cancel := context.WithCancel(t.Context())
		cancels = append(cancels, cancel)
		wg.Go(func() { results[i], errs[i] = s.Read(ctx, key, kvstore.ReadOptions{Bound: anyTime}) })
	}
	time.Sleep(slowly + slowly/2)
	synctest.Wait()
	return results, errs, cancels, wg.Wait
}

func TestReadersThatLeave(t *testing.T) {
	const n, size = 8, 1 << 10
	for _, leave := range []int{1, n - 1, n} {
		t.Run(fmt.Sprint(leave), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base, s, keys := filled(t, n, size)
				results, errs, cancels, wait := begin(t, s, keys)
				for _, cancel := range cancels[:leave] {
					cancel()
				}
				synctest.Wait()
				if got, want := base.cancelled.Load() == 1, leave == n; got != want {
					t.Errorf("the request was cancelled: %v, want %v", got, want)
				}
				wait()
				for i := range keys {
					if i < leave && !errors.Is(errs[i], context.Canceled) {
						t.Errorf("chunk %d: got error %v, want that of the context", i, errs[i])
					}
					if i >= leave && (errs[i] != nil || !bytes.Equal(results[i].Value, chunk(i, size))) {
						t.Errorf("chunk %d: got %d bytes, %v", i, len(results[i].Value), errs[i])
					}
				}
				for _, cancel := range cancels {
					cancel()
				}
			})
		})
	}
}

func TestNeighboursOfAShardThatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, size = 8, 1 << 10
		base, s, keys := filled(t, n, size)
		results, errs, cancels, wait := begin(t, s, keys)
		fill(t, open(t, base.Store, shard.Indexed{Entries: n, Checksums: 1}), func(i int) string { return keys[n-1-i] }, n, size)
		wait()
		for i := range keys {
			if errs[i] != nil || !bytes.Equal(results[i].Value, chunk(n-1-i, size)) {
				t.Errorf("chunk %d: got %d bytes, %v", i, len(results[i].Value), errs[i])
			}
			cancels[i]()
		}
		if r := base.reads.Load(); r != 2+2 {
			t.Errorf("%d requests, want 4", r)
		}
	})
}

// panicking is a base that has no bytes of chunks.
type panicking struct{ kvstore.Store }

func (p panicking) Read(ctx context.Context, key string, opt kvstore.ReadOptions) (kvstore.ReadResult, error) {
	if opt.IfEqual != "" {
		panic("no bytes")
	}
	return p.Store.Read(ctx, key, opt)
}

func TestNeighboursOfABrokenBase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, size = 8, 1 << 10
		base, _, keys := filled(t, n, size)
		whole := base.Store
		for name, broken := range map[string]kvstore.Store{
			"short":  faulty.New(whole, faulty.Rule{Methods: faulty.Read, Skip: 1, Cut: 1}),
			"panics": panicking{whole},
		} {
			base.Store = broken
			s := shard.New(base, newQueueing(), shard.Indexed{Entries: n, Checksums: 1})
			_, errs, cancels, wait := begin(t, s, keys)
			wait()
			for i, err := range errs {
				if err == nil {
					t.Errorf("%s: chunk %d: got no error", name, i)
				}
				cancels[i]()
			}
		}
	})
}
