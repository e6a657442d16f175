package tree

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
)

// writable returns a world with an array of 4x6 numbers in chunks of 2x3 that
// count up, and its tree.
func writable(t *testing.T, cfg Config, rules ...faulty.Rule) (*world, *Tree) {
	w := newWorld(t)
	w.count("a/", []int64{4, 6}, []int64{2, 3})
	w.over = faulty.New(w.store, rules...)
	cfg.Writable = true
	return w, w.mount("a/", cfg)
}

type writingHandle interface {
	Handle
	Writer
}

func openToWrite(t *testing.T, tree *Tree, path string, truncate bool) writingHandle {
	t.Helper()
	h, err := find[File](t, tree, path).Open(context.Background(), OpenOptions{Write: true, Truncate: truncate})
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h.(writingHandle)
}

func writeAt(t *testing.T, h Writer, off int64, p ...byte) {
	t.Helper()
	if err := h.WriteAt(t.Context(), p, off); err != nil {
		t.Fatalf("write at %d: %v", off, err)
	}
}

func flushAll(t *testing.T, h Writer) {
	t.Helper()
	if err := h.Flush(t.Context()); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

func count24() []uint16 {
	list := make([]uint16, 24)
	for i := range list {
		list[i] = uint16(i)
	}
	return list
}

func wantElements(t *testing.T, tree *Tree, path string, want ...uint16) {
	t.Helper()
	if got := elements(t, tree, path); !equal(got, want) {
		t.Errorf("%s: got %v, want %v", path, got, want)
	}
}

func equal(a, b []uint16) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestWritesAreSeenByEveryFileAndStored(t *testing.T) {
	w, tree := writable(t, Config{})
	h := openToWrite(t, tree, "array.raw", false)
	want := count24()
	want[1], want[2], want[23] = 0x0201, 0x0403, 0x0623
	writeAt(t, h, 2, 1, 2, 3, 4)
	writeAt(t, h, 46, 0x23)
	writeAt(t, h, 47, 6)
	wantElements(t, tree, "array.raw", want...)
	if got := content(t, tree, "array.npy"); !bytes.HasPrefix(got[len(got)-48:], []byte{0, 0, 1, 2, 3, 4, 3, 0}) {
		t.Errorf("array.npy ends in %v", got[len(got)-48:])
	}
	at := openToWrite(t, tree, "at/1,2:4/array.raw", false)
	writeAt(t, at, 0, 100, 0, 101, 0)
	want[8], want[9] = 100, 101
	wantElements(t, tree, "at/1,2:4/array.raw", 100, 101)
	flushAll(t, h)
	other := w.mount("a/", Config{Writable: true})
	wantElements(t, other, "array.raw", want...)
}

func TestWritesThatAFileCannotTake(t *testing.T) {
	_, tree := writable(t, Config{})
	raw, npy := openToWrite(t, tree, "array.raw", false), openToWrite(t, tree, "array.npy", false)
	st, err := npy.Stat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	header := content(t, tree, "array.npy")[:st.Size-48]
	for name, c := range map[string]struct {
		h    Writer
		p    []byte
		off  int64
		want error
	}{
		"across the end":       {raw, make([]byte, 2), 47, ErrPastEnd},
		"behind the end":       {raw, make([]byte, 1), 48, ErrPastEnd},
		"far behind":           {raw, make([]byte, 1), 1<<63 - 1, ErrPastEnd},
		"negative":             {raw, make([]byte, 1), -1, fs.ErrInvalid},
		"another header":       {npy, bytes.Replace(header, []byte("(4, 6)"), []byte("(6, 4)"), 1), 0, fs.ErrInvalid},
		"another, and numbers": {npy, append(bytes.Replace(header, []byte("(4, 6)"), []byte("(6, 4)"), 1), 9, 9), 0, fs.ErrInvalid},
	} {
		if err := c.h.WriteAt(t.Context(), c.p, c.off); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	wantElements(t, tree, "array.raw", count24()...)
	writeAt(t, npy, 0, append(bytes.Clone(header), 9, 0)...)
	flushAll(t, npy)
	if got := elements(t, tree, "array.raw"); got[0] != 9 {
		t.Errorf("got %v", got)
	}
	writeAt(t, npy, 60, 'x') // incomplete: judged at the flush, and then for good
	for range 2 {
		if err := npy.Flush(t.Context()); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("got %v, want that it is invalid", err)
		}
	}
	flushAll(t, raw)
}

func TestReadOnlyMountsTakeNoWriters(t *testing.T) {
	w := newWorld(t)
	w.count("a/", []int64{4, 6}, []int64{2, 3})
	tree := w.mount("a/", Config{})
	_, err := find[File](t, tree, "array.raw").Open(t.Context(), OpenOptions{Write: true, Truncate: true})
	if !errors.Is(err, kvstore.ErrReadOnly) {
		t.Errorf("got %v, want ErrReadOnly", err)
	}
	wantElements(t, tree, "array.raw", count24()...)
}

func TestTruncationShowsFillAtOnce(t *testing.T) {
	var log bytes.Buffer
	w, tree := writable(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	reader := open(t, tree, "array.raw")
	h := openToWrite(t, tree, "at/1:3,::2/array.raw", true) // 2x3
	want := count24()
	for _, i := range []int{6, 8, 10, 12, 14, 16} {
		want[i] = 7
	}
	wantElements(t, tree, "array.raw", want...)
	p := make([]byte, 2)
	if _, err := reader.ReadAt(t.Context(), p, 12); err != nil || p[0] != 7 {
		t.Errorf("a handle that was open: got %v, %v", p, err)
	}
	writeAt(t, h, 2, 80, 0)
	want[8] = 80
	flushAll(t, h)
	if got := log.String(); !strings.Contains(got, "bytes=10") {
		t.Errorf("logged %q, want that 10 bytes are missing", got)
	}
	log.Reset()
	flushAll(t, h)
	if log.Len() > 0 {
		t.Errorf("logged again: %s", log.String())
	}
	wantElements(t, w.mount("a/", Config{}), "array.raw", want...)
	whole := openToWrite(t, tree, "array.npy", true)
	flushAll(t, whole)
	for e, err := range w.store.List(t.Context(), kvstore.ListOptions{Prefix: "a/"}) {
		if err != nil || e.Key != "a/.zarray" {
			t.Errorf("%s is still stored (%v)", e.Key, err)
		}
	}
}

func TestAFlushThatFailsCanBeRepeated(t *testing.T) {
	w, tree := writable(t, Config{}, faulty.Rule{Methods: faulty.Write, Count: 2, Err: syscall.ENOSPC})
	h := openToWrite(t, tree, "array.raw", false)
	writeAt(t, h, 0, 1, 1)
	for range 2 {
		if err := h.Flush(t.Context()); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v, want ENOSPC", err)
		}
	}
	flushAll(t, h)
	if got := elements(t, w.mount("a/", Config{}), "array.raw"); got[0] != 0x0101 {
		t.Errorf("got %v", got)
	}
}

func TestTheLossOfAnArrayStaysWithTheHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, tree := writable(t, Config{})
		h := openToWrite(t, tree, "array.raw", false)
		writeAt(t, h, 0, 1, 1)
		if _, err := w.store.Delete(t.Context(), "a/.zarray", kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		for range 2 {
			if err := h.Flush(t.Context()); err == nil {
				t.Error("the flush succeeded")
			}
		}
		w.array("a/", []int64{4, 6}, []int64{2, 3}) // the same one again
		time.Sleep(2 * time.Second)
		for range 2 {
			if err := h.Flush(t.Context()); err == nil {
				t.Error("the flush succeeded: what was written is lost all the same")
			}
			writeAt(t, h, 2, 5) // the file is in a new state now
		}
		fresh := openToWrite(t, tree, "array.raw", false)
		flushAll(t, fresh)
		if got := elements(t, tree, "array.raw"); got[0] != 0 || got[1] != 5 {
			t.Errorf("got %v, want what was written to the new array", got)
		}
	})
}
