package shard_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers/codec"
	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vectors are shards of uint16 1, 2, 3, 4, two per chunk, as TensorStore and
// zarr-python write them.
var vectors = []struct {
	name   string
	layout shard.Indexed
	chunks [2]string // hex; "-" missing
	shard  string
}{
	{"end", shard.Indexed{Entries: 2, Checksums: 1}, [2]string{"01000200", "03000400"},
		"01000200 03000400 0000000000000000 0400000000000000 0400000000000000 0400000000000000 f6ff6f8f"},
	{"first missing", shard.Indexed{Entries: 2, Checksums: 1}, [2]string{"-", "03000400"},
		"03000400 ffffffffffffffff ffffffffffffffff 0000000000000000 0400000000000000 d4ffeaee"},
	{"start", shard.Indexed{Entries: 2, Checksums: 1, AtStart: true}, [2]string{"01000200", "03000400"},
		"2400000000000000 0400000000000000 2800000000000000 0400000000000000 df3706b7 01000200 03000400"},
	{"transposed index", shard.Indexed{Entries: 2, Shape: []int64{2, 2}, Order: []int{1, 0}}, [2]string{"01000200", "03000400"},
		"01000200 03000400 0000000000000000 0400000000000000 0400000000000000 0400000000000000"},
	{"big-endian index", shard.Indexed{Entries: 2, BigEndian: true}, [2]string{"01000200", "-"},
		"01000200 0000000000000000 0000000000000004 ffffffffffffffff ffffffffffffffff"},
}

func TestShardsAsOthersWriteThem(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			base := memory.New()
			base.Preload(map[string][]byte{"s": unhex(t, v.shard)})
			written := memory.New()
			var puts []kvstore.Put
			for i, chunk := range v.chunks {
				key := shard.Key("s", int64(i))
				res, err := open(t, base, v.layout).Read(t.Context(), key, kvstore.ReadOptions{})
				switch {
				case err != nil:
					t.Error(err)
				case chunk == "-" && res.State != kvstore.Missing:
					t.Errorf("%s: got state %v, want Missing", key, res.State)
				case chunk != "-" && !bytes.Equal(res.Value, unhex(t, chunk)):
					t.Errorf("%s: got %x, want %s", key, res.Value, chunk)
				}
				if chunk != "-" {
					puts = append(puts, kvstore.Put{Key: key, Value: unhex(t, chunk)})
				}
			}
			if _, err := kvstore.WriteBatch(t.Context(), open(t, written, v.layout), puts); err != nil {
				t.Fatal(err)
			}
			got, err := written.Read(t.Context(), "s", kvstore.ReadOptions{})
			if err != nil || !bytes.Equal(got.Value, unhex(t, v.shard)) {
				t.Errorf("wrote %x, %v, want %s", got.Value, err, v.shard)
			}
		})
	}
}

// TestTransposedIndexOfAGrid: number (r, c, part) of a grid of 2 x 3 is stored
// where the order [2, 0, 1] puts it, [part][r][c].
func TestTransposedIndexOfAGrid(t *testing.T) {
	f := shard.Indexed{Entries: 6, Shape: []int64{2, 3, 2}, Order: []int{2, 0, 1}}
	base := memory.New()
	s := open(t, base, f)
	for i := range int64(6) {
		if _, err := s.Write(t.Context(), shard.Key("s", i), bytes.Repeat([]byte{byte(i)}, int(i)), kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	res, err := base.Read(t.Context(), "s", kvstore.ReadOptions{Range: kvstore.Last(96)})
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{0, 0, 1, 3, 6, 10, 0, 1, 2, 3, 4, 5} // offsets, then lengths
	for i, n := range want {
		if res.Value[8*i] != n {
			t.Errorf("number %d is %d, want %d", i, res.Value[8*i], n)
		}
	}
	for i := range int64(6) {
		res, err := open(t, base, f).Read(t.Context(), shard.Key("s", i), kvstore.ReadOptions{})
		if err != nil || len(res.Value) != int(i) {
			t.Errorf("entry %d: got %x, %v", i, res.Value, err)
		}
	}
}

func TestBrokenEntriesLeaveOthersReadable(t *testing.T) {
	base := memory.New()
	base.Preload(map[string][]byte{
		"s": unhex(t, "aabb 0000000000000000 0300000000000000"+ // one byte into the index: allowed
			"0100000000000000 ffffffffffffffff ffffffffffffffff 0100000000000000"+
			"feffffffffffffff 2200000000000000 0100000000000000 0100000000000000"),
		"short": make([]byte, 79), "empty": {},
	})
	s := open(t, base, shard.Indexed{Entries: 5})
	for i, want := range []string{"aabb00", "", "", "", "bb"} {
		res, err := s.Read(t.Context(), shard.Key("s", int64(i)), kvstore.ReadOptions{})
		if want == "" && !errors.Is(err, codec.ErrCorrupt) {
			t.Errorf("entry %d: got %v, want ErrCorrupt", i, err)
		}
		if want != "" && (err != nil || hex.EncodeToString(res.Value) != want) {
			t.Errorf("entry %d: got %x, %v, want %s", i, res.Value, err, want)
		}
	}
	for _, key := range []string{"short#0", "empty#0"} {
		if _, err := s.Read(t.Context(), key, kvstore.ReadOptions{}); !errors.Is(err, codec.ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", key, err)
		}
	}
	if _, err := s.Write(t.Context(), "s#0", []byte("x"), kvstore.WriteOptions{}); !errors.Is(err, codec.ErrCorrupt) {
		t.Errorf("a write that would keep broken entries: got %v, want ErrCorrupt", err)
	}
	repair := []kvstore.Put{{Key: "s#1", Value: []byte("one")}, {Key: "s#2"}, {Key: "s#3"}}
	results, err := kvstore.WriteBatch(t.Context(), s, repair)
	if err != nil || results[0].Err != nil || results[1].Err != nil {
		t.Fatalf("replacing broken entries: got %v, %v", results, err)
	}
	for key, want := range map[string]string{"s#0": "\xaa\xbb\x00", "s#1": "one", "s#4": "\xbb"} {
		if res, err := s.Read(t.Context(), key, kvstore.ReadOptions{}); err != nil || string(res.Value) != want {
			t.Errorf("%s: got %q, %v, want %q", key, res.Value, err, want)
		}
	}
}

func TestOneRequestPerIndexAndPerChunk(t *testing.T) {
	base := faulty.New(memory.New())
	f := shard.Indexed{Entries: 8, Checksums: 1}
	s := open(t, base, f)
	var puts []kvstore.Put
	for i := range int64(8) {
		puts = append(puts, kvstore.Put{Key: shard.Key("s", i), Value: []byte{byte(i)}})
	}
	if _, err := kvstore.WriteBatch(t.Context(), s, puts); err != nil {
		t.Fatal(err)
	}
	if r, w := base.Calls(faulty.Read), base.Calls(faulty.Write); r != 0 || w != 1 {
		t.Errorf("a whole shard took %d reads and %d writes, want 0 and 1", r, w)
	}
	first, err := s.Read(t.Context(), "s#0", kvstore.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := base.Calls(faulty.Read)
	for i := range int64(8) {
		if _, err := s.Read(t.Context(), shard.Key("s", i), kvstore.ReadOptions{Bound: first.Stamp.Time.Add(-1e9)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := base.Calls(faulty.Read) - before; n != 8 {
		t.Errorf("8 chunks by a known index took %d reads, want 8", n)
	}
	before = base.Calls(faulty.Read)
	res, err := s.Read(t.Context(), "s#3", kvstore.ReadOptions{IfNotEqual: first.Stamp.Generation})
	if err != nil || res.State != kvstore.Unchanged || base.Calls(faulty.Read)-before != 1 {
		t.Errorf("got %+v, %v after %d reads, want Unchanged after 1", res, err, base.Calls(faulty.Read)-before)
	}
}

func TestChangedShardIsReadByItsOwnIndex(t *testing.T) {
	store := memory.New()
	f := shard.Indexed{Entries: 2, Checksums: 1}
	other := open(t, store, f)
	put := func(value string) {
		if _, err := other.Write(t.Context(), "s#1", []byte(value), kvstore.WriteOptions{}); err != nil {
			t.Error(err)
		}
	}
	put("old")
	base := faulty.New(store)
	s := open(t, base, f)
	known, err := s.Read(t.Context(), "s#1", kvstore.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	put("new and longer")
	res, err := s.Read(t.Context(), "s#1", kvstore.ReadOptions{Bound: known.Stamp.Time.Add(-1e9)})
	if err != nil || string(res.Value) != "new and longer" || res.Stamp.Generation == known.Stamp.Generation {
		t.Errorf("got %q, %v, want the new value", res.Value, err)
	}
}

func TestLostRaceIsRetriedForUnconditionalPuts(t *testing.T) {
	store := memory.New()
	f := shard.Indexed{Entries: 4}
	other := open(t, store, f)
	first, err := other.Write(t.Context(), "s#0", []byte("0"), kvstore.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	base := faulty.New(store, faulty.Rule{Methods: faulty.Write, Count: 1, Do: func(faulty.Method, string) error {
		_, err := other.Write(context.Background(), "s#3", []byte("3"), kvstore.WriteOptions{})
		return err
	}})
	results, err := kvstore.WriteBatch(t.Context(), open(t, base, f), []kvstore.Put{
		{Key: "s#1", Value: []byte("1")}, {Key: "s#0", Value: []byte("x"), IfEqual: first.Generation}, {Key: "s#2", Value: []byte("2"), IfEqual: kvstore.Absent},
	})
	if err != nil || results[0].Err != nil || !errors.Is(results[1].Err, kvstore.ErrMismatch) || results[2].Err != nil {
		t.Fatalf("got %v, %v", results, err)
	}
	for i := range int64(4) {
		res, err := other.Read(t.Context(), shard.Key("s", i), kvstore.ReadOptions{})
		if err != nil || string(res.Value) != string(rune('0'+i)) {
			t.Errorf("entry %d: got %q, %v", i, res.Value, err)
		}
	}
}

func TestLastChunkTakesItsShardAlong(t *testing.T) {
	store := memory.New()
	s := open(t, store, shard.Indexed{Entries: 4})
	for _, key := range []string{"s#0", "s#3"} {
		if _, err := s.Write(t.Context(), key, []byte("x"), kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, key := range []string{"s#0", "s#3", "s#3"} {
		if _, err := s.Delete(t.Context(), key, kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		if want := []int{1, 0, 0}[i]; store.Len() != want {
			t.Errorf("after delete %d: %d shards, want %d", i, store.Len(), want)
		}
	}
}

func TestKeysThatNameNoEntry(t *testing.T) {
	s := open(t, memory.New(), shard.Indexed{Entries: 4})
	for _, key := range []string{"s", "#0", "s#", "s#4", "s#-1", "s#01", "s#+1", "s#1x", "s#99999999999999999999"} {
		if _, err := s.Read(t.Context(), key, kvstore.ReadOptions{}); err == nil {
			t.Errorf("%q: got no error", key)
		}
	}
}

func TestLayoutsThatNoShardHas(t *testing.T) {
	for _, f := range []shard.Indexed{
		{}, {Entries: -1}, {Entries: shard.MaxEntries + 1}, {Entries: 1, Checksums: -1}, {Entries: 1, Checksums: 1000},
		{Entries: 2, Shape: []int64{2, 2}}, {Entries: 2, Shape: []int64{2, 2}, Order: []int{0, 0}}, {Entries: 3, Shape: []int64{2, 2}, Order: []int{1, 0}},
	} {
		if f.Check() == nil {
			t.Errorf("%+v: got no error", f)
		}
	}
}

// FuzzShardIndex reads and rewrites shards of any bytes: the result is
// ErrCorrupt, or entries that survive a change of another one.
func FuzzShardIndex(f *testing.F) {
	for i, v := range vectors {
		f.Add(uint8(i), unhex(f, v.shard))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		layout := vectors[int(which)%len(vectors)].layout
		base := memory.New()
		base.Preload(map[string][]byte{"s": data})
		s := open(t, base, layout)
		before, err := s.Read(t.Context(), "s#0", kvstore.ReadOptions{})
		if err != nil {
			if !errors.Is(err, codec.ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			return
		}
		value := slices.Clone(before.Value)
		if _, err := s.Write(t.Context(), "s#1", []byte("new"), kvstore.WriteOptions{}); err != nil {
			t.Fatalf("replacing the other entry: %v", err)
		}
		after, err := s.Read(t.Context(), "s#0", kvstore.ReadOptions{})
		if err != nil || after.State != before.State || !bytes.Equal(after.Value, value) {
			t.Errorf("got %v, %x, %v, want %v, %x", after.State, after.Value, err, before.State, value)
		}
	})
}

func BenchmarkShardReads(b *testing.B) {
	const entries, size = 512, 64 << 10
	base := memory.New()
	s := open(b, base, shard.Indexed{Entries: entries, Checksums: 1})
	var puts []kvstore.Put
	keys := make([]string, entries)
	for i := range keys {
		keys[i] = shard.Key("c/0/0/0", int64(i))
		puts = append(puts, kvstore.Put{Key: keys[i], Value: make([]byte, size)})
	}
	if _, err := kvstore.WriteBatch(b.Context(), s, puts); err != nil {
		b.Fatal(err)
	}
	first, err := s.Read(b.Context(), keys[0], kvstore.ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	opt := kvstore.ReadOptions{Bound: first.Stamp.Time.Add(-1e9), Buffer: make([]byte, size)}
	b.SetBytes(size)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Read(b.Context(), keys[i%entries], opt); err != nil {
			b.Fatal(err)
		}
	}
}
