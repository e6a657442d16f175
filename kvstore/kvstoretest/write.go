package kvstoretest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"tsmount/kvstore"
)

func testWrite(t *testing.T, h *Harness) {
	s, other := h.Open(t), h.Open(t)
	key := h.key()
	t.Run("create and replace", func(t *testing.T) { writeReplace(t, h, s, other, key) })
	t.Run("generations", func(t *testing.T) { writeGenerations(t, h, s, key) })
	t.Run("empty", func(t *testing.T) { writeEmpty(t, h, s, key) })
	t.Run("large", func(t *testing.T) { writeLarge(t, h, s, other, key) })
	t.Run("reusable argument", func(t *testing.T) { writeReusable(t, s, key) })
	t.Run("delete", func(t *testing.T) { writeDelete(t, h, s, other, key) })
	t.Run("cancelled", func(t *testing.T) { writeCancelled(t, s, key) })
	t.Run("batch", func(t *testing.T) { writeBatch(t, h, s) })
	t.Run("empty key", func(t *testing.T) { emptyKey(t, s) })
	if err := kvstore.Writable(s); err != nil {
		t.Errorf("Writable: got %v", err)
	}
	if s.Identity() != other.Identity() {
		t.Errorf("two handles to one storage have the identities %q and %q", s.Identity(), other.Identity())
	}
}

func writeReplace(t *testing.T, h *Harness, s, other kvstore.Store, key string) {
	for _, value := range []string{"first value", "second", "the third, which is longer"} {
		start := time.Now()
		stamp := write(t, s, key, value)
		if stamp.Time.Before(start) || stamp.Time.After(time.Now()) {
			t.Errorf("the stamp's time %v is not during the call", stamp.Time)
		}
		wantValue(t, s, key, value)
		wantValue(t, other, key, value)
		if h.RawGet != nil {
			if raw, ok := h.RawGet(t, key); !ok || string(raw) != value {
				t.Errorf("past the store: got %q, %v, want %q", raw, ok, value)
			}
		}
	}
}

// writeGenerations: "Whoever writes a value gives it a generation that the key
// never had."
func writeGenerations(t *testing.T, h *Harness, s kvstore.Store, key string) {
	g := write(t, s, key, sample).Generation
	if _, err := s.Read(context.Background(), key, kvstore.ReadOptions{IfEqual: g}); err != nil {
		t.Errorf("the generation of a write does not suit a read: %v", err)
	}
	if !h.Features.StrictGenerations {
		t.Skip("the store has not the power StrictGenerations")
	}
	seen := map[kvstore.Generation]bool{}
	for range 100 {
		g := write(t, s, key, sample).Generation
		if seen[g] || g == "" {
			t.Fatalf("the generation %q was used twice", g)
		}
		seen[g] = true
		for old := range seen {
			_, err := s.Read(context.Background(), key, kvstore.ReadOptions{IfEqual: old, StatOnly: true})
			if old != g && !errors.Is(err, kvstore.ErrMismatch) {
				t.Fatalf("an old generation is current again: %v", err)
			}
		}
	}
}

func writeEmpty(t *testing.T, h *Harness, s kvstore.Store, key string) {
	if !h.Features.EmptyValue {
		t.Skip("the store has not the power EmptyValue")
	}
	for _, empty := range [][]byte{nil, {}} {
		if _, err := s.Write(context.Background(), key, empty, kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		res := read(t, s, key, kvstore.ReadOptions{})
		if res.State != kvstore.Present || res.Value == nil || len(res.Value) != 0 || res.Size != 0 {
			t.Errorf("got %+v, want Present with a value of 0 bytes", res)
		}
	}
}

func writeLarge(t *testing.T, h *Harness, s, other kvstore.Store, key string) {
	value := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	if _, err := s.Write(context.Background(), key, value, kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, other, key, kvstore.ReadOptions{}).Value; !bytes.Equal(got, value) {
		t.Errorf("8 MiB came back as %d other bytes", len(got))
	}
	if got := read(t, other, key, kvstore.ReadOptions{Range: kvstore.Span(5<<20, 5<<20+16)}).Value; string(got) != "0123456789abcdef" {
		t.Errorf("a range of 8 MiB: got %q", got)
	}
}

// writeReusable: "An argument may be reused as soon as the call has returned."
func writeReusable(t *testing.T, s kvstore.Store, key string) {
	value := []byte(sample)
	if _, err := s.Write(context.Background(), key, value, kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	copy(value, "XXXXXXXXXX")
	wantValue(t, s, key, sample)
}

func writeDelete(t *testing.T, h *Harness, s, other kvstore.Store, key string) {
	write(t, s, key, sample)
	before := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation
	for range 2 { // "That the key is absent already is success."
		stamp, err := s.Delete(context.Background(), key, kvstore.WriteOptions{})
		if err != nil || stamp.Generation != kvstore.Absent {
			t.Fatalf("got %+v, %v, want Absent", stamp, err)
		}
		wantMissing(t, s, key)
		wantMissing(t, other, key)
	}
	if h.RawGet != nil {
		if _, ok := h.RawGet(t, key); ok {
			t.Error("past the store the value is still there")
		}
	}
	write(t, s, key, sample)
	if after := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation; h.Features.StrictGenerations && after == before {
		t.Errorf("a value that was deleted and made again has its old generation %q", after)
	}
}

func writeCancelled(t *testing.T, s kvstore.Store, key string) {
	write(t, s, key, sample)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Write(ctx, key, []byte("new"), kvstore.WriteOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Write: got error %v, want context.Canceled", err)
	}
	if _, err := s.Delete(ctx, key, kvstore.WriteOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: got error %v, want context.Canceled", err)
	}
	wantValue(t, s, key, sample)
}

func writeBatch(t *testing.T, h *Harness, s kvstore.Store) {
	keys := h.keys(5)
	write(t, s, keys[1], "old")
	write(t, s, keys[2], "old")
	puts := []kvstore.Put{
		{Key: keys[0], Value: []byte("new 0")}, {Key: keys[1], Value: []byte("new 1")}, {Key: keys[2]}, {Key: keys[3]},
	}
	if h.Features.ConditionalWrite {
		puts = append(puts, kvstore.Put{Key: keys[4], Value: []byte("never"), IfEqual: "other"})
	}
	results, err := kvstore.WriteBatch(context.Background(), s, puts)
	if err != nil || len(results) != len(puts) {
		t.Fatalf("got %d results, %v", len(results), err)
	}
	for i, r := range results[:4] {
		if r.Err != nil || (r.Stamp.Generation == kvstore.Absent) != (puts[i].Value == nil) {
			t.Errorf("put %d: got %+v", i, r)
		}
	}
	wantValue(t, s, keys[0], "new 0")
	wantValue(t, s, keys[1], "new 1")
	wantMissing(t, s, keys[2])
	wantMissing(t, s, keys[3])
	wantMissing(t, s, keys[4])
	if h.Features.ConditionalWrite && !errors.Is(results[4].Err, kvstore.ErrMismatch) {
		t.Errorf("a put whose condition fails: got %v, want ErrMismatch", results[4].Err)
	}
}

func testReadOnly(t *testing.T, h *Harness) {
	if h.Features.Writable {
		t.Skip("the store has the power Writable")
	}
	s := h.Open(t)
	if err := kvstore.Writable(s); !errors.Is(err, kvstore.ErrReadOnly) {
		t.Errorf("Writable: got %v, want ErrReadOnly", err)
	}
	_, err := s.Write(context.Background(), h.key(), []byte("x"), kvstore.WriteOptions{})
	if !errors.Is(err, kvstore.ErrReadOnly) || !strings.Contains(err.Error(), h.key()) {
		t.Errorf("Write: got %v, want ErrReadOnly and the key", err)
	}
	if _, err := s.Delete(context.Background(), h.key(), kvstore.WriteOptions{}); !errors.Is(err, kvstore.ErrReadOnly) {
		t.Errorf("Delete: got %v, want ErrReadOnly", err)
	}
}

// testConditions: "A failed condition of a write is ErrMismatch, and nothing has
// changed."
func testConditions(t *testing.T, h *Harness) {
	s, key := h.Open(t), h.key()
	ctx := context.Background()
	put := func(value string, cond kvstore.Generation) (kvstore.Generation, error) {
		stamp, err := s.Write(ctx, key, []byte(value), kvstore.WriteOptions{IfEqual: cond})
		return stamp.Generation, err
	}
	mismatch := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, kvstore.ErrMismatch) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: got error %v, want ErrMismatch and the key", what, err)
		}
	}
	_, err := put("x", "other")
	mismatch("an absent key that should be another", err)
	wantMissing(t, s, key)

	first, err := put("first", kvstore.Absent)
	if err != nil {
		t.Fatalf("create only: %v", err)
	}
	_, err = put("x", kvstore.Absent)
	mismatch("create only what exists", err)
	wantValue(t, s, key, "first")

	second, err := put("second", first)
	if err != nil {
		t.Fatalf("replace what was written: %v", err)
	}
	_, err = put("x", first)
	mismatch("replace what was replaced", err)
	wantValue(t, s, key, "second")

	_, err = s.Delete(ctx, key, kvstore.WriteOptions{IfEqual: first})
	mismatch("delete what was replaced", err)
	_, err = s.Delete(ctx, key, kvstore.WriteOptions{IfEqual: kvstore.Absent})
	mismatch("delete what should be absent", err)
	wantValue(t, s, key, "second")

	if g := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation; g != second {
		if _, err := put("second", g); err != nil {
			t.Fatalf("replace what was read: %v", err)
		}
		second = read(t, s, key, kvstore.ReadOptions{StatOnly: true}).Stamp.Generation
	}
	if _, err := s.Delete(ctx, key, kvstore.WriteOptions{IfEqual: second}); err != nil {
		t.Errorf("delete what was read: %v", err)
	}
	wantMissing(t, s, key)
	_, err = put("x", second)
	mismatch("replace what was deleted", err)
	if _, err := s.Delete(ctx, key, kvstore.WriteOptions{IfEqual: kvstore.Absent}); err != nil {
		t.Errorf("delete what is absent and should be: %v", err)
	}
}
