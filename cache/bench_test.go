package cache

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"tsmount/drivers"
	"tsmount/drivers/zarr"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/kvstore/memory"
	"tsmount/resources"
)

// volume stores a 128 x 256 x 256 uint16 zarr array of 64^3 chunks in memory:
// smooth values with noise, as cameras make them.
func volume(b *testing.B, compressor string) kvstore.Store {
	b.Helper()
	spec := `{"metadata":{"shape":[128,256,256],"chunks":[64,64,64],"dtype":"<u2","fill_value":0,"order":"C","compressor":` + compressor + `}}`
	v, err := strictjson.Parse([]byte(spec), "bench")
	if err != nil {
		b.Fatal(err)
	}
	o, _ := v.Object()
	members, err := zarr.Format{}.Members(o)
	if err != nil {
		b.Fatal(err)
	}
	docs, ds, err := zarr.Format{}.Create("", nil, drivers.Constraints{Rank: -1, Members: members})
	if err != nil {
		b.Fatal(err)
	}
	store := memory.New()
	store.Preload(docs)
	rng := rand.New(rand.NewPCG(1, 2))
	chunk := make([]byte, ds.Schema().ChunkBytes())
	for i := 0; i < len(chunk); i += 2 {
		binary.LittleEndian.PutUint16(chunk[i:], uint16(400+i>>12+int(20*rng.NormFloat64())))
	}
	for cell := range indices(ds.Schema().GridBox()) {
		enc, err := ds.Encode(nil, chunk, cell)
		if err != nil {
			b.Fatal(err)
		}
		store.Preload(map[string][]byte{ds.ChunkKey(cell): enc})
	}
	return store
}

// BenchmarkStream reads a whole file of an array in steps of 1 MiB, each round
// with a new file and an empty pool.
func BenchmarkStream(b *testing.B) {
	for name, compressor := range map[string]string{
		"raw": "null", "blosc": `{"id":"blosc","cname":"lz4","clevel":5,"shuffle":1,"blocksize":0}`, "zstd": `{"id":"zstd","level":3}`,
	} {
		b.Run(name, func(b *testing.B) {
			store := volume(b, compressor)
			e := New(Config{})
			defer e.Close()
			buf := make([]byte, 1<<20)
			total := int64(128 * 256 * 256 * 2)
			b.SetBytes(total)
			b.ReportAllocs()
			for b.Loop() {
				a, w := openWhole(b, e, store, newPool(0, 0))
				for off := int64(0); off < total; off += int64(len(buf)) {
					if _, err := w.ReadAt(b.Context(), time.Time{}, off/2, buf, nil); err != nil {
						b.Fatal(err)
					}
				}
				w.Close()
				a.Close()
			}
		})
	}
}

// BenchmarkWarm4K reads 4 KiB at a time from a warm pool.
func BenchmarkWarm4K(b *testing.B) {
	store := volume(b, "null")
	e := New(Config{})
	defer e.Close()
	a, w := openWhole(b, e, store, newPool(1<<30, 0))
	defer a.Close()
	defer w.Close()
	all := make([]byte, 128*256*256*2)
	if _, err := w.ReadAt(b.Context(), time.Time{}, 0, all, nil); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(buf)))
	rng := rand.New(rand.NewPCG(3, 4))
	for b.Loop() {
		first := rng.Int64N(128*256*256 - 2048)
		if _, err := w.ReadAt(b.Context(), time.Time{}, first, buf, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func openWhole(b *testing.B, e *Engine, store kvstore.Store, pool *Pool) (*Array, *Window) {
	b.Helper()
	a, err := e.Open(b.Context(), OpenRequest{
		Format: zarr.Format{}, Want: drivers.Constraints{Rank: -1}, Store: store, Pool: pool,
		DataCopy: resources.NewLimiter("data_copy", runtime.GOMAXPROCS(0)), Mode: OpenMode{Open: true}, Bound: time.Now(),
	})
	if err != nil {
		b.Fatal(err)
	}
	st, err := a.State(b.Context(), time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	w, err := a.Window(st, View{Transform: st.Transform, Order: []int{0, 1, 2}})
	if err != nil {
		b.Fatal(err)
	}
	return a, w
}
