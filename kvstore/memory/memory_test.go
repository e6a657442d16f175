package memory_test

import (
	"testing"

	"tsmount/kvstore"
	"tsmount/kvstore/kvstoretest"
	"tsmount/kvstore/memory"
)

func harness(testing.TB) kvstoretest.Harness {
	store := memory.New()
	return kvstoretest.Harness{
		Open: func(testing.TB) kvstore.Store { return store },
		RawGet: func(t testing.TB, key string) ([]byte, bool) {
			res, err := store.Read(t.Context(), key, kvstore.ReadOptions{})
			return res.Value, err == nil && res.State == kvstore.Present
		},
		RawPut: func(_ testing.TB, key string, value []byte) {
			store.Preload(map[string][]byte{key: value})
		},
		Features: kvstoretest.All,
	}
}

func TestStore(t *testing.T)      { kvstoretest.Run(t, harness) }
func BenchmarkStore(b *testing.B) { kvstoretest.Bench(b, harness) }
