package shard_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
	"tsmount/kvstore/shard"
)

// putAll returns puts of the values, in the order of the entries; nil deletes.
func putAll(values ...[]byte) []kvstore.Put {
	puts := make([]kvstore.Put, len(values))
	for i, v := range values {
		puts[i] = kvstore.Put{Key: shard.Key("s", int64(i)), Value: v}
	}
	return puts
}

func TestAShardThatIsReplacedAsAWholeIsNotRead(t *testing.T) {
	some := []byte("x")
	for name, c := range map[string]struct {
		puts                   []kvstore.Put
		before                 bool // something is stored
		reads, writes, deletes int
		want                   int // shards
	}{
		"all written":         {puts: putAll(some, some, some, some), before: true, writes: 1, want: 1},
		"all deleted":         {puts: putAll(nil, nil, nil, nil), before: true, deletes: 1},
		"nothing to delete":   {puts: putAll(nil, nil, nil, nil), deletes: 1},
		"written and deleted": {puts: putAll(nil, some, nil, some), before: true, writes: 1, want: 1},
		"one is left alone":   {puts: putAll(nil, some, nil), before: true, reads: 1, writes: 1, want: 1},
		"one has a condition": {puts: append(putAll(nil, nil, nil), kvstore.Put{Key: "s#3", Value: some, IfEqual: kvstore.Absent}), reads: 1, writes: 1, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.New()
			f := shard.Indexed{Entries: 4}
			if c.before {
				if _, err := open(t, store, f).Write(t.Context(), "s#1", []byte("old"), kvstore.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			base := faulty.New(store)
			results, err := kvstore.WriteBatch(t.Context(), open(t, base, f), c.puts)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				if wantAbsent := c.puts[i].Value == nil; r.Err != nil || wantAbsent != (r.Stamp.Generation == kvstore.Absent) || r.Stamp.Time.IsZero() {
					t.Errorf("entry %d: got %+v", i, r)
				}
			}
			if r, w, d := base.Calls(faulty.Read), base.Calls(faulty.Write), base.Calls(faulty.Delete); r != c.reads || w != c.writes || d != c.deletes {
				t.Errorf("got %d reads, %d writes, %d deletes, want %d, %d, %d", r, w, d, c.reads, c.writes, c.deletes)
			}
			if store.Len() != c.want {
				t.Errorf("%d shards are stored, want %d", store.Len(), c.want)
			}
			for i, p := range c.puts {
				wantStored(t, open(t, store, f), int64(i), p.Value)
			}
		})
	}
}

func wantStored(t *testing.T, s kvstore.Store, entry int64, want []byte) {
	t.Helper()
	r, err := s.Read(t.Context(), shard.Key("s", entry), kvstore.ReadOptions{})
	if err != nil || (r.State == kvstore.Present) != (want != nil) || string(r.Value) != string(want) {
		t.Errorf("entry %d: got %q, %v, want %q", entry, r.Value, err, want)
	}
}

// A broken shard can be replaced, and deleted, as a whole.
func TestABrokenShardCanBeReplaced(t *testing.T) {
	for _, value := range [][]byte{nil, []byte("x")} {
		store := memory.New()
		store.Preload(map[string][]byte{"s": []byte("junk")})
		s := open(t, store, shard.Indexed{Entries: 2})
		if results, err := kvstore.WriteBatch(t.Context(), s, putAll(value, nil)); err != nil || results[0].Err != nil || results[1].Err != nil {
			t.Errorf("got %v, %v", results, err)
		}
		wantStored(t, s, 0, value)
		wantStored(t, s, 1, nil)
	}
}

// TestBatchesModel compares random batches, some of which replace whole shards,
// with a map.
func TestBatchesModel(t *testing.T) {
	const entries = 3
	rapid.Check(t, func(rt *rapid.T) {
		store := memory.New()
		s := shard.New(store, newMemo(), shard.Indexed{Entries: entries, Checksums: 1})
		model := map[string]string{}
		for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			chosen := map[string]bool{}
			var puts []kvstore.Put
			var want []bool // takes place
			next := maps.Clone(model)
			for range rapid.IntRange(1, 2*entries).Draw(rt, "puts") {
				key := shard.Key(fmt.Sprintf("s%d", rapid.IntRange(0, 1).Draw(rt, "shard")), rapid.Int64Range(0, entries-1).Draw(rt, "entry"))
				if chosen[key] {
					continue
				}
				chosen[key] = true
				p, there := kvstore.Put{Key: key}, model[key] != ""
				if rapid.Bool().Draw(rt, "write") {
					p.Value = fmt.Appendf(nil, "%d", step)
				}
				if rapid.IntRange(0, 5).Draw(rt, "condition") == 0 {
					p.IfEqual = kvstore.Absent
				}
				puts, want = append(puts, p), append(want, p.IfEqual == "" || !there)
				switch {
				case !want[len(want)-1]:
				case p.Value == nil:
					delete(next, key)
				default:
					next[key] = string(p.Value)
				}
			}
			results, err := kvstore.WriteBatch(context.Background(), s, puts)
			if err != nil {
				rt.Fatal(err)
			}
			for i, r := range results {
				if (r.Err == nil) != want[i] {
					rt.Fatalf("step %d: %+v: got %v", step, puts[i], r.Err)
				}
			}
			model = next
			checkShards(rt, s, model, entries)
		}
	})
}

func checkShards(rt *rapid.T, s kvstore.Store, model map[string]string, entries int64) {
	for sh := range 2 {
		for i := range entries {
			key := shard.Key(fmt.Sprintf("s%d", sh), i)
			r, err := s.Read(context.Background(), key, kvstore.ReadOptions{})
			if err != nil || string(r.Value) != model[key] {
				rt.Fatalf("%s: got %q, %v, want %q", key, r.Value, err, model[key])
			}
		}
	}
}
