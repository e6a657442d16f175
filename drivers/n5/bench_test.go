package n5

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
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
	for _, c := range []struct{ name, compression string }{
		{"raw", `{"type":"raw"}`},
		{"gzip", `{"type":"gzip","level":1}`},
		{"zlib", `{"type":"gzip","level":1,"useZlib":true}`},
		{"bzip2", `{"type":"bzip2"}`},
		{"xz", `{"type":"xz","preset":1}`},
		{"lz4", `{"type":"lz4"}`},
		{"zstd", `{"type":"zstd"}`},
		{"blosc-lz4", `{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := open(b, attributes("dimensions", "[64,64,64]", "blockSize", "[64,64,64]", "compression", c.compression))
			chunk := make([]byte, d.schema.ChunkBytes())
			microscope(chunk)
			enc, err := d.Encode(nil, chunk, []int64{0, 0, 0})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(chunk))/float64(len(enc)), "ratio")
			decode(b, d, enc)
		})
	}
	b.Run("raw-edge", func(b *testing.B) {
		edge := open(b, attributes("dimensions", "[60,63,61]", "blockSize", "[60,63,61]"))
		enc, err := edge.Encode(nil, make([]byte, edge.schema.ChunkBytes()), []int64{0, 0, 0})
		if err != nil {
			b.Fatal(err)
		}
		decode(b, open(b, attributes("dimensions", "[64,64,64]", "blockSize", "[64,64,64]")), enc)
	})
}

func decode(b *testing.B, d *dataset, enc []byte) {
	chunk, cell := make([]byte, d.schema.ChunkBytes()), []int64{0, 0, 0}
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(chunk, enc, cell); err != nil {
			b.Fatal(err)
		}
	}
}
