package drivertest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/kvstore/memory"
)

// loadFolder returns a store with the regular files below dir.
func loadFolder(tb testing.TB, dir string) kvstore.Store {
	tb.Helper()
	store := memory.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		value, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		_, err = store.Write(context.Background(), filepath.ToSlash(key), value, kvstore.WriteOptions{})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// read returns the value of key, nil when it is missing.
func read(tb testing.TB, store kvstore.Store, key string) []byte {
	tb.Helper()
	value, err := tryRead(store, key)
	if err != nil {
		tb.Fatalf("%s: %v", key, err)
	}
	return value
}

func tryRead(store kvstore.Store, key string) ([]byte, error) {
	r, err := store.Read(context.Background(), key, kvstore.ReadOptions{})
	if err != nil || r.State != kvstore.Present {
		return nil, err
	}
	if r.Value == nil {
		return []byte{}, nil
	}
	return r.Value, nil
}

// documents returns the documents of the array at the root of the store.
func documents(tb testing.TB, f drivers.Format, store kvstore.Store, want drivers.Constraints) map[string][]byte {
	tb.Helper()
	docs := map[string][]byte{}
	for _, key := range f.MetadataKeys("", want) {
		if doc := read(tb, store, key); doc != nil {
			docs[key] = doc
		}
	}
	return docs
}

// forgetful is a Memo that keeps nothing.
type forgetful struct{}

var _ kvstore.Memo = forgetful{}

func (forgetful) Get(ctx context.Context, _ string, _ time.Time, load kvstore.MemoLoad) (any, kvstore.Stamp, error) {
	value, _, stamp, err := load(ctx, nil, "")
	return value, stamp, err
}
