package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
)

// at returns what fstat could tell of a file last changed at changed.
func at(changed time.Time) info {
	return info{mode: unix.S_IFREG, dev: 1, ino: 2, size: 3, mtime: changed.UnixNano(), ctime: changed.UnixNano()}
}

// A file is settled only when no later change can look the same.
func TestFresh(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	coarse := now.Truncate(time.Second)
	for name, test := range map[string]struct {
		in    info
		fresh bool
	}{
		"just now":                    {at(now), true},
		"19 ms ago":                   {at(now.Add(-19 * time.Millisecond)), true},
		"21 ms ago":                   {at(now.Add(-21 * time.Millisecond)), false},
		"a server's clock is ahead":   {at(now.Add(30 * time.Second)), true},
		"an old mistake":              {at(now.Add(time.Hour)), false},
		"whole seconds, 1 s ago":      {at(coarse.Add(-time.Second)), true},
		"whole seconds, 3 s ago":      {at(coarse.Add(-3 * time.Second)), false},
		"old mtime, ctime just now":   {info{mtime: 5, ctime: now.UnixNano()}, true},
		"mtime just now, ctime older": {info{mtime: now.UnixNano(), ctime: 5}, true},
	} {
		if got := test.in.isFresh(now); got != test.fresh {
			t.Errorf("%s: got fresh=%t, want %t", name, got, test.fresh)
		}
	}
}

// Each of the five numbers makes another generation.
func TestGenerationNumbers(t *testing.T) {
	then := time.Now().Add(-time.Hour)
	base := at(then)
	g := base.generation(time.Now(), nil)
	if len(g) != settledLen || !base.is(g) || !base.isSettled(g) {
		t.Fatalf("got %q", g)
	}
	for i, change := range []func(*info){
		func(in *info) { in.dev++ }, func(in *info) { in.ino++ }, func(in *info) { in.size++ },
		func(in *info) { in.mtime++ }, func(in *info) { in.ctime++ },
	} {
		other := base
		if change(&other); other.is(g) {
			t.Errorf("number %d is not in the generation", i)
		}
	}
	for _, strange := range []kvstore.Generation{"", "x", kvstore.Absent} {
		if base.is(strange) || base.isSettled(strange) {
			t.Errorf("%q is taken for a generation", strange)
		}
	}
}

// A value that was read within 20 ms of its last change is never Unchanged, even
// if the file has not changed at all: who could tell?
func TestFreshIsNeverUnchanged(t *testing.T) {
	dir := t.TempDir()
	s, err := New(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("one"), 0o666); err != nil {
		t.Fatal(err)
	}
	first, err := s.Read(t.Context(), "a", kvstore.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Stamp.Generation) == settledLen {
		t.Skip("the machine took more than 20 ms from write to read")
	}
	time.Sleep(2 * settleTime)
	again, err := s.Read(t.Context(), "a", kvstore.ReadOptions{IfNotEqual: first.Stamp.Generation})
	if err != nil || again.State != kvstore.Present {
		t.Errorf("a fresh generation: got state %v, %v, want Present", again.State, err)
	}
	again, err = s.Read(t.Context(), "a", kvstore.ReadOptions{IfNotEqual: again.Stamp.Generation})
	if err != nil || again.State != kvstore.Unchanged {
		t.Errorf("a settled generation: got state %v, %v, want Unchanged", again.State, err)
	}
}

// A fresh generation carries a hash, so that a change that left no other trace
// fails the condition of a write.
func TestHashIsChecked(t *testing.T) {
	dir := t.TempDir()
	s, err := New(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("one"), 0o666); err != nil {
		t.Fatal(err)
	}
	in, err := s.stat("a")
	if err != nil {
		t.Fatal(err)
	}
	justNow := time.Unix(0, in.ctime)
	same, other := in.generation(justNow, []byte("one")), in.generation(justNow, []byte("two"))
	for _, test := range []struct {
		g    kvstore.Generation
		want error
	}{{other, kvstore.ErrMismatch}, {same, nil}} {
		if _, err := s.Write(t.Context(), "a", []byte("new"), kvstore.WriteOptions{IfEqual: test.g}); !errors.Is(err, test.want) {
			t.Errorf("got error %v, want %v", err, test.want)
		}
	}
}

func keepsNanoseconds(t *testing.T) bool {
	path := filepath.Join(t.TempDir(), "a")
	odd := time.Unix(1_000_000_000, 123_456_789)
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, odd, odd); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(path)
	return err == nil && fi.ModTime().Equal(odd)
}

// What Write returns is settled at once.
func TestWrittenIsSettled(t *testing.T) {
	s, err := New(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	stamp, err := s.Write(t.Context(), "a", []byte("x"), kvstore.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !keepsNanoseconds(t) {
		t.Skip("the file system does not keep nanoseconds")
	}
	res, err := s.Read(t.Context(), "a", kvstore.ReadOptions{IfNotEqual: stamp.Generation})
	if err != nil || res.State != kvstore.Unchanged {
		t.Errorf("got %+v, %v, want Unchanged", res, err)
	}
}

// A file that ends before its size is one that changes under the reader.
func TestShrunkFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("0123"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := readFull(t.Context(), int(f.Fd()), make([]byte, 5), 0); err != errChanged {
		t.Errorf("got error %v, want errChanged", err)
	}
	if err := readFull(t.Context(), int(f.Fd()), make([]byte, 3), 1); err != nil {
		t.Error(err)
	}
}

// hookContext calls hook each time somebody asks whether it has ended.
type hookContext struct {
	context.Context
	hook func()
}

func (c hookContext) Err() error {
	c.hook()
	return c.Context.Err()
}

// A value that changes while it is read is read again: what comes out is one
// value, not the beginning of one and the end of another.
func TestChangeWhileReading(t *testing.T) {
	s, err := New(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(s.Location("a"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(piece + 1); err != nil {
		t.Fatal(err)
	}
	calls := 0
	ctx := hookContext{t.Context(), func() {
		if calls++; calls != 2 { // the second time is between the two pieces
			return
		}
		for _, at := range []int64{0, piece} {
			if _, err := f.WriteAt([]byte("x"), at); err != nil {
				t.Error(err)
			}
		}
	}}
	res, err := s.Read(ctx, "a", kvstore.ReadOptions{})
	if err != nil || calls < 2 {
		t.Fatalf("got %v after %d looks at the context", err, calls)
	}
	if first, last := res.Value[0], res.Value[piece]; first != 'x' || last != 'x' {
		t.Errorf("the value begins with %q and ends with %q", first, last)
	}
}

// A value that changes each time it is read is a temporary failure.
func TestChangesAlways(t *testing.T) {
	s, err := New(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	path := s.Location("a")
	size := int64(piece + 1)
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	ctx := hookContext{t.Context(), func() {
		size++
		if err := os.Truncate(path, size); err != nil {
			t.Error(err)
		}
	}}
	if _, err := s.Read(ctx, "a", kvstore.ReadOptions{Range: kvstore.From(0), Buffer: make([]byte, 2*piece)}); !errors.Is(err, kvstore.ErrTemporary) {
		t.Errorf("got error %v, want ErrTemporary", err)
	}
}
