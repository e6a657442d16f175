package codec

import (
	"fmt"
	"testing"
)

// benchmarkBlosc runs do for 1 MiB of two kinds of data and every compressor
// and filter at level 5.
func benchmarkBlosc(b *testing.B, do func(b *testing.B, c Codec, data []byte)) {
	kinds := []struct {
		name           string
		kind, typesize int
	}{{"noise-u2", 0, 2}, {"labels-u8", 2, 8}}
	for _, cname := range bloscNames {
		for shuffle, filter := range []string{"none", "byte", "bit"} {
			for _, k := range kinds {
				b.Run(fmt.Sprintf("%s/%s/%s", cname, filter, k.name), func(b *testing.B) {
					data := sampleData(k.kind, 1<<20)
					b.SetBytes(int64(len(data)))
					do(b, mustBlosc(b, cname, 5, shuffle, k.typesize, 0), data)
				})
			}
		}
	}
}

func BenchmarkBloscDecode(b *testing.B) {
	benchmarkBlosc(b, func(b *testing.B, c Codec, data []byte) {
		enc, _ := c.Encode(nil, data)
		buf := make([]byte, len(data))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Decode(buf, enc, len(data)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(enc))/float64(len(data)), "ratio")
	})
}

func BenchmarkBloscEncode(b *testing.B) {
	benchmarkBlosc(b, func(b *testing.B, c Codec, data []byte) {
		buf := make([]byte, len(data)+bloscHeader)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Encode(buf, data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
