package shard_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tsmount/kvstore"
	"tsmount/kvstore/file"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

// BenchmarkLocalReads reads the chunks of one shard in their order from stores
// that answer at once.
func BenchmarkLocalReads(b *testing.B) {
	bases := map[string]func(b *testing.B) kvstore.Store{
		"memory": func(*testing.B) kvstore.Store { return memory.New() },
		"file": func(b *testing.B) kvstore.Store {
			base, err := file.New(b.TempDir(), file.Options{})
			if err != nil {
				b.Fatal(err)
			}
			return base
		},
	}
	for name, base := range bases {
		for _, readers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", name, readers), func(b *testing.B) { benchReaders(b, base(b), readers) })
		}
	}
}

func benchReaders(b *testing.B, base kvstore.Store, readers int) {
	const entries, size = 256, 64 << 10
	s := open(b, base, shard.Indexed{Entries: entries, Checksums: 1})
	keys := fill(b, s, entryKey, entries, size)
	first, err := s.Read(b.Context(), keys[0], kvstore.ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			opt := kvstore.ReadOptions{Bound: first.Stamp.Time.Add(-1e9), Buffer: make([]byte, size)}
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if _, err := s.Read(b.Context(), keys[i%entries], opt); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
