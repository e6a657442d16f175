package shard_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers/codec"
	"tsmount/kvstore"
	"tsmount/kvstore/kvstoretest"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

var uint64Layouts = map[string]shard.Uint64{
	"one shard":         {},
	"minishards":        {PreshiftBits: 1, MinishardBits: 2, ShardBits: 2, Prefix: "8_8_8/"},
	"gzip index":        {PreshiftBits: 2, MinishardBits: 1, ShardBits: 7, GzipIndex: true, Prefix: "a/b/"},
	"murmur":            {PreshiftBits: 1, Murmur: true, MinishardBits: 3, ShardBits: 4, GzipIndex: true, Chunks: 2000},
	"every chunk alone": {ShardBits: 64},
}

func openUint64(t testing.TB, base kvstore.Store, f shard.Uint64) kvstore.Store {
	t.Helper()
	s, err := shard.NewUint64(base, newMemo(), f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func uint64Maker(f shard.Uint64) kvstoretest.Maker {
	return func(testing.TB) kvstoretest.Harness {
		base := memory.New()
		return kvstoretest.Harness{
			Open: func(t testing.TB) kvstore.Store { return openUint64(t, base, f) },
			Keys: func(n int) []string {
				keys := make([]string, n)
				for i := range keys {
					keys[i] = f.Key(uint64(i))
				}
				return keys
			},
			Features: kvstoretest.Features{EmptyValue: true, Writable: true, ConditionalWrite: true, StrictGenerations: true},
		}
	}
}

func TestUint64Store(t *testing.T) {
	for name, f := range uint64Layouts {
		t.Run(name, func(t *testing.T) { kvstoretest.Run(t, uint64Maker(f)) })
	}
}

func BenchmarkUint64Store(b *testing.B) {
	kvstoretest.Bench(b, uint64Maker(uint64Layouts["gzip index"]))
}

func words(numbers ...uint64) (b []byte) {
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

// tensorStoreShard is the shard of TensorStore's ShardEncoderTest.Raw.
var tensorStoreShard = slices.Concat(words(7, 55, 57, 81),
	[]byte{1, 2, 3, 4, 6, 7, 8}, words(2, 6, 0, 0, 4, 3), []byte{9, 10}, words(3, 55, 2))

func TestUint64ShardIsTensorStores(t *testing.T) {
	base := memory.New()
	f := shard.Uint64{MinishardBits: 1}
	s := openUint64(t, base, f)
	puts := []kvstore.Put{
		{Key: "0.shard#8", Value: []byte{6, 7, 8}}, {Key: "0.shard#3", Value: []byte{9, 10}}, {Key: "0.shard#2", Value: []byte{1, 2, 3, 4}},
	}
	results, err := kvstore.WriteBatch(context.Background(), s, puts)
	if err != nil || results[0].Err != nil {
		t.Fatal(results, err)
	}
	r, err := base.Read(context.Background(), "0.shard", kvstore.ReadOptions{})
	if err != nil || !bytes.Equal(r.Value, tensorStoreShard) {
		t.Errorf("got %x, %v, want %x", r.Value, err, tensorStoreShard)
	}
	for _, p := range puts {
		if r, err := s.Read(context.Background(), p.Key, kvstore.ReadOptions{}); err != nil || !bytes.Equal(r.Value, p.Value) {
			t.Errorf("%s: got %x, %v", p.Key, r.Value, err)
		}
	}
	for _, p := range puts {
		if _, err := s.Delete(context.Background(), p.Key, kvstore.WriteOptions{}); err != nil {
			t.Error(err)
		}
	}
	if base.Len() != 0 {
		t.Error("a shard without chunks is still there")
	}
}

// TestUint64Places holds what formats say about hashes and names.
func TestUint64Places(t *testing.T) {
	for _, c := range []struct {
		f    shard.Uint64
		id   uint64
		want string
	}{
		{shard.Uint64{PreshiftBits: 2, MinishardBits: 1, ShardBits: 5}, 1000, "1d.shard#1000"},
		{shard.Uint64{MinishardBits: 3, ShardBits: 11, Murmur: true}, 0x1234, "395.shard#4660"},
		{shard.Uint64{ShardBits: 64, Murmur: true}, 0, "4772b084e028ae41.shard#0"},
		{shard.Uint64{ShardBits: 64, Murmur: true}, 1, "e8bd67d616d4ce9a.shard#1"},
		{shard.Uint64{ShardBits: 64, Murmur: true}, 42, "c20b94f95119f47a.shard#42"},
		{shard.Uint64{ShardBits: 64, Murmur: true}, 0x0123456789abcdef, "708036264c109d93.shard#81985529216486895"},
		{shard.Uint64{PreshiftBits: 64, ShardBits: 9}, 1<<64 - 1, "000.shard#18446744073709551615"},
		{shard.Uint64{Prefix: "k/"}, 5, "k/0.shard#5"},
	} {
		if got := c.f.Key(c.id); got != c.want {
			t.Errorf("%+v: got %s, want %s", c.f, got, c.want)
		}
	}
}

func TestUint64KeysHaveOneSpelling(t *testing.T) {
	s := openUint64(t, memory.New(), shard.Uint64{MinishardBits: 1, ShardBits: 4, Prefix: "k/"})
	for _, key := range []string{"k/0.shard#2", "k/1.shard#02", "1.shard#2", "k/1.shard", "k/1.shard#", "k/01.shard#2", "k/1.shard#-2", "#2", ""} {
		if _, err := s.Read(context.Background(), key, kvstore.ReadOptions{}); err == nil {
			t.Errorf("%q: no error", key)
		}
	}
	if _, err := s.Read(context.Background(), "k/1.shard#2", kvstore.ReadOptions{}); err != nil {
		t.Error(err)
	}
}

func TestBrokenUint64ShardsAreCorrupt(t *testing.T) {
	change := func(at int, n uint64) []byte {
		b := bytes.Clone(tensorStoreShard)
		binary.LittleEndian.PutUint64(b[at:], n)
		return b
	}
	entry := 32 + 7 // of the index of minishard 0: two ids, two starts, two sizes
	for _, c := range []struct {
		name string
		raw  []byte
		bad  []uint64 // chunks that cannot be read
		text string
	}{
		{"empty", nil, []uint64{2, 3, 8}, "shorter than its index"},
		{"cut in the pairs", tensorStoreShard[:31], []uint64{2, 3, 8}, "shard"},
		{"pair turned round", change(0, 60), []uint64{2, 8}, "[60:55]"},
		{"index beyond the end", change(8, 1<<62), []uint64{2, 8}, "does not lie"},
		{"index of 47 bytes", change(8, 54), []uint64{2, 8}, "multiple of 24"},
		{"chunk beyond the end", change(entry+40, 1000), []uint64{8}, "chunk 8"},
		{"chunk that wraps around", change(entry+40, 1<<64-2), []uint64{8}, "chunk 8"},
		{"start that wraps around", change(entry+16, 1<<64-40), []uint64{2}, "chunk 2"},
	} {
		base := memory.New()
		base.Preload(map[string][]byte{"0.shard": c.raw})
		s := openUint64(t, base, shard.Uint64{MinishardBits: 1, Chunks: 100})
		for _, id := range []uint64{2, 3, 8} {
			r, err := s.Read(context.Background(), fmt.Sprintf("0.shard#%d", id), kvstore.ReadOptions{})
			if !slices.Contains(c.bad, id) {
				if c.name != "start that wraps around" && (err != nil || r.State != kvstore.Present) {
					t.Errorf("%s: chunk %d: %v", c.name, id, err)
				}
				continue
			}
			if !errors.Is(err, codec.ErrCorrupt) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s: chunk %d: got %v, want ErrCorrupt with %q", c.name, id, err, c.text)
			}
		}
		if _, err := s.Write(context.Background(), "0.shard#5", []byte("x"), kvstore.WriteOptions{}); !errors.Is(err, codec.ErrCorrupt) {
			t.Errorf("%s: rewritten although it is broken: %v", c.name, err)
		}
	}
}

func TestUint64ListedTwiceReadsTheFirst(t *testing.T) {
	raw := slices.Concat(words(2, 50), []byte{1, 2}, words(7, 0, 0, 0, 1, 1))
	base := memory.New()
	base.Preload(map[string][]byte{"0.shard": raw})
	r, err := openUint64(t, base, shard.Uint64{}).Read(context.Background(), "0.shard#7", kvstore.ReadOptions{})
	if err != nil || !bytes.Equal(r.Value, []byte{1}) {
		t.Errorf("got %v, %v", r.Value, err)
	}
}

func FuzzUint64Shard(f *testing.F) {
	f.Add(tensorStoreShard, uint64(2))
	f.Add(slices.Concat(words(2, 50), []byte{1, 2}, words(7, 0, 0, 0, 1, 1)), uint64(7))
	f.Fuzz(func(t *testing.T, raw []byte, id uint64) {
		for _, layout := range []shard.Uint64{{MinishardBits: 1}, {GzipIndex: true, Chunks: 64}} {
			base := memory.New()
			base.Preload(map[string][]byte{"0.shard": raw})
			s := openUint64(t, base, layout)
			_, readErr := s.Read(context.Background(), layout.Key(id), kvstore.ReadOptions{})
			_, err := s.Write(context.Background(), layout.Key(id), []byte("new"), kvstore.WriteOptions{})
			for _, err := range []error{readErr, err} {
				if err != nil && !errors.Is(err, codec.ErrCorrupt) {
					t.Errorf("got %v, want ErrCorrupt", err)
				}
			}
			if err != nil {
				continue
			}
			r, err := s.Read(context.Background(), layout.Key(id), kvstore.ReadOptions{})
			if err != nil || string(r.Value) != "new" {
				t.Errorf("got %q, %v after a write", r.Value, err)
			}
		}
	})
}
