package file_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"tsmount/kvstore"
	"tsmount/kvstore/file"
	"tsmount/kvstore/kvstoretest"
	"tsmount/resources"
)

// harness is a store in a directory that does not exist yet.
func harness(opt file.Options) kvstoretest.Maker {
	return func(t testing.TB) kvstoretest.Harness {
		dir := filepath.Join(t.TempDir(), "to/be/made")
		return kvstoretest.Harness{
			Open: func(t testing.TB) kvstore.Store { return open(t, dir, opt) },
			Limited: func(t testing.TB, limit *resources.Limiter) kvstore.Store {
				opt := opt
				opt.IO = limit
				return open(t, dir, opt)
			},
			RawGet: func(t testing.TB, key string) ([]byte, bool) {
				value, err := os.ReadFile(filepath.Join(dir, key))
				return value, err == nil
			},
			RawPut:   func(t testing.TB, key string, value []byte) { put(t, filepath.Join(dir, key), string(value)) },
			Settle:   settle,
			Features: kvstoretest.All,
		}
	}
}

func open(t testing.TB, dir string, opt file.Options) *file.Store {
	t.Helper()
	s, err := file.New(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put writes a file as any program does, in place.
func put(t testing.TB, path, value string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(value), 0o666); err != nil {
		t.Fatal(err)
	}
}

// settle waits longer than any clock tick of a file system.
func settle() { time.Sleep(30 * time.Millisecond) }

func TestStore(t *testing.T) { kvstoretest.Run(t, harness(file.Options{})) }

// TestWithoutOpenat2 runs the suite on the way through os.Root.
func TestWithoutOpenat2(t *testing.T) {
	kvstoretest.Run(t, func(t testing.TB) kvstoretest.Harness {
		h := harness(file.Options{})(t)
		plain := h.Open
		h.Open = func(t testing.TB) kvstore.Store { return plain(t).(*file.Store).WithoutOpenat2() }
		return h
	})
}

func BenchmarkStore(b *testing.B) { kvstoretest.Bench(b, harness(file.Options{})) }
