package zarr3

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"tsmount/drivers"
)

// microscope fills chunk with uint16 elements like those of a camera: slopes
// with noise, of which one pixel in eight has more.
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
	const little, big = `{"name":"bytes","configuration":{"endian":"little"}}`, `{"name":"bytes","configuration":{"endian":"big"}}`
	const zstd = `{"name":"zstd","configuration":{"level":3}}`
	const blosc = `{"name":"blosc","configuration":{"cname":"lz4","clevel":5,"shuffle":"shuffle","typesize":2,"blocksize":0}}`
	for _, c := range []struct{ name, codecs string }{
		{"raw", little},
		{"raw-big-endian", big},
		{"transposed", `{"name":"transpose","configuration":{"order":[2,1,0]}},` + little},
		{"crc32c", little + `,{"name":"crc32c"}`},
		{"blosc-lz4", little + "," + blosc},
		{"zstd", little + "," + zstd},
		{"zstd-crc32c", little + "," + zstd + `,{"name":"crc32c"}`},
		{"gzip", little + `,{"name":"gzip","configuration":{"level":1}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			doc := fmt.Sprintf(`{"zarr_format":3,"node_type":"array","shape":[64,64,64],"data_type":"uint16","fill_value":0,
				"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[64,64,64]}},"chunk_key_encoding":"default","codecs":[%s]}`, c.codecs)
			benchmarkDecode(b, doc)
		})
	}
}

func benchmarkDecode(b *testing.B, doc string) {
	ds, err := Format{}.Parse("", map[string][]byte{nodeKey: []byte(doc)}, drivers.Constraints{Rank: -1})
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
