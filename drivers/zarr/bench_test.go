package zarr

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
)

// microscope fills chunk with u2 elements like those of a camera: slopes with
// noise, of which one pixel in eight has more.
func microscope(chunk []byte) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i+1 < len(chunk); i += 2 {
		x := uint16(200 + i/4096)
		if r.IntN(8) == 0 {
			x += uint16(r.IntN(64))
		}
		binary.LittleEndian.PutUint16(chunk[i:], x)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct{ name, dtype, compressor, order string }{
		{"raw", "<u2", `null`, "C"},
		{"raw-big-endian", ">u2", `null`, "C"},
		{"blosc-lz4", "<u2", `{"id":"blosc","cname":"lz4","clevel":5,"shuffle":1}`, "C"},
		{"blosc-lz4-big-endian", ">u2", `{"id":"blosc","cname":"lz4","clevel":5,"shuffle":1}`, "C"},
		{"zstd", "<u2", `{"id":"zstd","level":3}`, "C"},
		{"zlib", "<u2", `{"id":"zlib","level":1}`, "C"},
	} {
		b.Run(c.name, func(b *testing.B) {
			doc := fmt.Sprintf(`{"zarr_format":2,"shape":[64,64,64],"chunks":[64,64,64],"dtype":%q,"compressor":%s,"fill_value":0,"order":%q,"filters":null}`,
				c.dtype, c.compressor, c.order)
			benchmarkDecode(b, doc, drivers.Constraints{Rank: -1})
		})
	}
	b.Run("record", func(b *testing.B) {
		doc := `{"zarr_format":2,"shape":[64,64,64],"chunks":[64,64,64],"dtype":[["a","<u2"],["b",">f4"]],"compressor":null,"fill_value":null,"order":"C","filters":null}`
		benchmarkDecode(b, doc, drivers.Constraints{Rank: -1, Members: &options{Selection: document.Selection{Field: "b"}}})
	})
}

func benchmarkDecode(b *testing.B, doc string, want drivers.Constraints) {
	ds, err := Format{}.Parse("", map[string][]byte{".zarray": []byte(doc)}, want)
	if err != nil {
		b.Fatal(err)
	}
	chunk, cell := make([]byte, ds.Schema().ChunkBytes()), []int64{0, 0, 0}
	microscope(chunk)
	enc, err := ds.Encode(nil, chunk, cell)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(chunk)))
	b.ReportMetric(float64(len(chunk))/float64(len(enc)), "ratio")
	b.ReportAllocs()
	for b.Loop() {
		if err := ds.Decode(chunk, enc, cell); err != nil {
			b.Fatal(err)
		}
	}
}
