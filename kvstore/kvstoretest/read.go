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

const sample = "0123456789"

func testRead(t *testing.T, h *Harness) {
	s := h.Open(t)
	key := h.key()
	t.Run("missing", func(t *testing.T) { readMissing(t, s, key) })
	h.put(t, s, key, sample)
	t.Run("whole", func(t *testing.T) { readWhole(t, s, key) })
	t.Run("stat", func(t *testing.T) { readStat(t, s, key) })
	t.Run("ranges", func(t *testing.T) { readRanges(t, s, key) })
	t.Run("outside", func(t *testing.T) { readOutside(t, s, key) })
	t.Run("too large", func(t *testing.T) { readTooLarge(t, s, key) })
	t.Run("conditions", func(t *testing.T) { readConditions(t, h, s, key) })
	t.Run("private", func(t *testing.T) { readPrivate(t, s, key) })
	t.Run("buffer", func(t *testing.T) { readBuffer(t, s, key) })
	t.Run("cancelled", func(t *testing.T) { readCancelled(t, s, key) })
	t.Run("foreign change", func(t *testing.T) { readForeignChange(t, h, s) })
	t.Run("glance", func(t *testing.T) { readGlance(t, h, s) })
}

// readMissing: "Missing is a result, not an error."
func readMissing(t *testing.T, s kvstore.Store, key string) {
	for name, opt := range map[string]kvstore.ReadOptions{
		"plain": {}, "stat": {StatOnly: true}, "range": {Range: kvstore.Span(5, 9)}, "last": {Range: kvstore.Last(3)},
		"IfEqual Absent": {IfEqual: kvstore.Absent}, "IfNotEqual other": {IfNotEqual: "other"},
	} {
		res := read(t, s, key, opt)
		if res.State != kvstore.Missing || res.Stamp.Generation != kvstore.Absent || res.Value != nil {
			t.Errorf("%s: got %+v, want Missing", name, res)
		}
	}
	res := read(t, s, key, kvstore.ReadOptions{IfNotEqual: kvstore.Absent})
	if res.State != kvstore.Unchanged {
		t.Errorf("IfNotEqual Absent: got state %v, want Unchanged", res.State)
	}
	_, err := s.Read(context.Background(), key, kvstore.ReadOptions{IfEqual: "other"})
	if !errors.Is(err, kvstore.ErrMismatch) {
		t.Errorf("IfEqual other: got error %v, want ErrMismatch", err)
	}
}

func readWhole(t *testing.T, s kvstore.Store, key string) {
	start := time.Now()
	res := read(t, s, key, kvstore.ReadOptions{})
	end := time.Now()
	if res.State != kvstore.Present || string(res.Value) != sample || res.Size != int64(len(sample)) {
		t.Errorf("got %+v", res)
	}
	if g := res.Stamp.Generation; g == "" || g == kvstore.Absent {
		t.Errorf("got generation %q", g)
	}
	if st := res.Stamp.Time; st.Before(start) || st.After(end) {
		t.Errorf("the stamp's time %v is not between %v and %v", st, start, end)
	}
}

func readStat(t *testing.T, s kvstore.Store, key string) {
	res := read(t, s, key, kvstore.ReadOptions{StatOnly: true})
	if res.State != kvstore.Present || res.Value != nil || res.Size != int64(len(sample)) {
		t.Errorf("got %+v, want Present, no value and the size", res)
	}
	if _, err := s.Read(context.Background(), key, kvstore.ReadOptions{IfEqual: res.Stamp.Generation}); err != nil {
		t.Errorf("the generation of a stat does not suit a read: %v", err)
	}
}

func readRanges(t *testing.T, s kvstore.Store, key string) {
	for _, test := range []struct {
		r    kvstore.ByteRange
		want string
	}{
		{kvstore.Span(0, 10), sample}, {kvstore.Span(1, 3), "12"}, {kvstore.Span(9, 10), "9"},
		{kvstore.From(0), sample}, {kvstore.From(1), sample[1:]}, {kvstore.From(10), ""},
		{kvstore.Last(1), "9"}, {kvstore.Last(2), "89"}, {kvstore.Last(10), sample},
		{kvstore.Span(0, 0), ""}, {kvstore.Span(4, 4), ""}, {kvstore.Span(10, 10), ""}, {kvstore.Last(0), ""},
	} {
		res := read(t, s, key, kvstore.ReadOptions{Range: test.r})
		if res.State != kvstore.Present || string(res.Value) != test.want || res.Size != int64(len(sample)) {
			t.Errorf("%v: got %+v, want %q", test.r, res, test.want)
		}
	}
}

// readOutside: "The error of a byte range that does not lie inside the value is
// ErrRange", and errors name the key.
func readOutside(t *testing.T, s kvstore.Store, key string) {
	for _, r := range []kvstore.ByteRange{
		kvstore.Span(0, 11), kvstore.Span(10, 11), kvstore.Span(11, 11), kvstore.Span(3, 2), kvstore.Span(-1, 2),
		kvstore.From(11), kvstore.From(-1), kvstore.Last(11), kvstore.Last(-1),
	} {
		_, err := s.Read(context.Background(), key, kvstore.ReadOptions{Range: r})
		if !errors.Is(err, kvstore.ErrRange) {
			t.Errorf("%v: got error %v, want ErrRange", r, err)
		} else if !strings.Contains(err.Error(), key) {
			t.Errorf("%v: the error does not name the key: %v", r, err)
		}
	}
}

func readTooLarge(t *testing.T, s kvstore.Store, key string) {
	read(t, s, key, kvstore.ReadOptions{MaxBytes: 10})
	read(t, s, key, kvstore.ReadOptions{MaxBytes: 3, Range: kvstore.Last(3)})
	read(t, s, key, kvstore.ReadOptions{MaxBytes: 3, StatOnly: true})
	for _, opt := range []kvstore.ReadOptions{{MaxBytes: 9}, {MaxBytes: 3, Range: kvstore.From(6)}} {
		if _, err := s.Read(context.Background(), key, opt); !errors.Is(err, kvstore.ErrTooLarge) {
			t.Errorf("%+v: got error %v, want ErrTooLarge", opt, err)
		}
	}
}

func readConditions(t *testing.T, h *Harness, s kvstore.Store, key string) {
	h.settle()
	g := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation
	for _, opt := range []kvstore.ReadOptions{
		{IfNotEqual: g}, {IfNotEqual: g, StatOnly: true}, {IfNotEqual: g, IfEqual: g}, {IfNotEqual: g, Range: kvstore.From(3)},
	} {
		res := read(t, s, key, opt)
		if res.State != kvstore.Unchanged || res.Value != nil || res.Stamp.Generation != g {
			t.Errorf("%+v: got %+v, want Unchanged", opt, res)
		}
	}
	for _, opt := range []kvstore.ReadOptions{{IfEqual: g}, {IfNotEqual: "other"}, {IfNotEqual: kvstore.Absent}} {
		if res := read(t, s, key, opt); res.State != kvstore.Present || string(res.Value) != sample {
			t.Errorf("%+v: got %+v, want the value", opt, res)
		}
	}
	for _, want := range []kvstore.Generation{"other", kvstore.Absent} {
		_, err := s.Read(context.Background(), key, kvstore.ReadOptions{IfEqual: want})
		if !errors.Is(err, kvstore.ErrMismatch) {
			t.Errorf("IfEqual %q: got error %v, want ErrMismatch", want, err)
		}
	}
}

// readPrivate: "A returned slice belongs to the caller."
func readPrivate(t *testing.T, s kvstore.Store, key string) {
	for range 2 {
		v := read(t, s, key, kvstore.ReadOptions{}).Value
		if string(v) != sample {
			t.Fatalf("got %q, want %q", v, sample)
		}
		v = append(v, "grown"...)
		for i := range v {
			v[i] = 'X'
		}
	}
}

// readBuffer: the value may lie in the buffer, and nothing behind it is touched.
func readBuffer(t *testing.T, s kvstore.Store, key string) {
	for _, size := range []int{0, 3, 9, 10, 11, 4096} {
		buf := bytes.Repeat([]byte{'#'}, size+4)
		v := read(t, s, key, kvstore.ReadOptions{Buffer: buf[:size:size]}).Value
		if string(v) != sample {
			t.Errorf("buffer of %d bytes: got %q", size, v)
		}
		if string(buf[size:]) != "####" {
			t.Errorf("buffer of %d bytes: the bytes behind it were changed", size)
		}
	}
}

func readCancelled(t *testing.T, s kvstore.Store, key string) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Read(ctx, key, kvstore.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

// readForeignChange: a value that others change is never Unchanged, however soon
// after the last look and however alike the new value is.
func readForeignChange(t *testing.T, h *Harness, s kvstore.Store) {
	if h.RawPut == nil {
		t.Skip("no way past the store")
	}
	key := h.keys(2)[1]
	h.RawPut(t, key, []byte("000000"))
	g := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation
	for i := range 60 {
		want := strings.Repeat(string(rune('0'+i%10)), 6)
		h.RawPut(t, key, []byte(want))
		res := read(t, s, key, kvstore.ReadOptions{IfNotEqual: g})
		if i > 0 && (res.State != kvstore.Present || string(res.Value) != want) {
			t.Fatalf("change %d: got state %v and value %q, want %q", i, res.State, res.Value, want)
		}
		g = res.Stamp.Generation
	}
}

// readGlance: what a store tells at a glance is true. That it tells nothing is no
// fault.
func readGlance(t *testing.T, h *Harness, s kvstore.Store) {
	if !h.Features.Writable {
		t.Skip("the store has not the power Writable")
	}
	key := h.keys(3)[2]
	glance := func(when string, g kvstore.Generation, legal bool) {
		t.Helper()
		if kvstore.Glance(s, key, g) && !legal {
			t.Errorf("%s: generation %q is said to be current", when, g)
		}
	}
	glance("before the first write", "", false)
	glance("before the first write", "other", false)
	glance("before the first write", kvstore.Absent, true)
	var old []kvstore.Generation
	for i := range 40 {
		stamp, err := s.Write(context.Background(), key, []byte(strings.Repeat(string(rune('0'+i%10)), 6)), kvstore.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		glance("after a write", kvstore.Absent, false)
		glance("after a write", stamp.Generation, true)
		for _, g := range old {
			glance("after another write", g, false)
		}
		old = append(old, stamp.Generation)
	}
	if h.RawPut != nil {
		for i := range 40 {
			g := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation
			h.RawPut(t, key, []byte(strings.Repeat(string(rune('a'+i%10)), 6)))
			glance("after a foreign write", g, false)
		}
	}
	h.settle()
	g := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation
	if _, err := s.Delete(context.Background(), key, kvstore.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	glance("after a delete", g, false)
}
