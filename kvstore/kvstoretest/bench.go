package kvstoretest

import (
	"context"
	"fmt"
	"testing"

	"tsmount/kvstore"
)

// Bench measures a store.
func Bench(b *testing.B, newHarness Maker) {
	h := newHarness(b)
	s, key := h.Open(b), h.key()
	ctx := context.Background()
	for _, size := range []int{64 << 10, 512 << 10} {
		value := make([]byte, size)
		if _, err := s.Write(ctx, key, value, kvstore.WriteOptions{}); err != nil {
			b.Fatal(err)
		}
		h.settle()
		b.Run(fmt.Sprintf("Read%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(size))
			benchRead(b, s, key, kvstore.ReadOptions{Buffer: value}, kvstore.Present)
		})
	}
	g := read(b, s, key, kvstore.ReadOptions{}).Stamp.Generation
	b.Run("Unchanged", func(b *testing.B) {
		benchRead(b, s, key, kvstore.ReadOptions{IfNotEqual: g}, kvstore.Unchanged)
	})
	b.Run("Stat", func(b *testing.B) {
		benchRead(b, s, key, kvstore.ReadOptions{StatOnly: true}, kvstore.Present)
	})
	b.Run("Write64KiB", func(b *testing.B) { benchWrite(b, s, key) })
	if h.Features.List {
		fill(b, &h, 1000)
		b.Run("List1000", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := len(listed(b, s)); n != 1000 {
					b.Fatalf("got %d keys", n)
				}
			}
		})
	}
}

func benchRead(b *testing.B, s kvstore.Store, key string, opt kvstore.ReadOptions, want kvstore.State) {
	b.ReportAllocs()
	for b.Loop() {
		res, err := s.Read(context.Background(), key, opt)
		if err != nil || res.State != want {
			b.Fatalf("got state %v, %v", res.State, err)
		}
	}
}

func benchWrite(b *testing.B, s kvstore.Store, key string) {
	value := make([]byte, 64<<10)
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Write(context.Background(), key, value, kvstore.WriteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func listed(b *testing.B, s kvstore.Store) []kvstore.Entry {
	var all []kvstore.Entry
	for e, err := range s.List(context.Background(), kvstore.ListOptions{}) {
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}
