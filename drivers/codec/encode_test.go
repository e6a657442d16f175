package codec

import (
	"bytes"
	"testing"
)

// TestEncodeIntoCapacity: what is written often is encoded into one buffer.
func TestEncodeIntoCapacity(t *testing.T) {
	src := u16Noise(100 << 10)
	codecs := map[string]Codec{
		"blosc-lz4": Blosc{"lz4", 5, BloscByteShuffle, 2, 0}, "blosc-zstd": Blosc{"zstd", 5, BloscBitShuffle, 2, 0},
		"gzip": Gzip{6}, "gzip1": Gzip{1}, "zlib": Zlib{5}, "zstd": Zstd{Level: 3}, "lz4": LZ4{1},
	}
	for name, c := range codecs {
		want, err := c.Encode(nil, src)
		if err != nil {
			t.Fatal(err)
		}
		room := make([]byte, 7, 2*len(src)+1024)
		got, err := c.Encode(room, src)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes instead of %d, %v", name, len(got), len(want), err)
		} else if &got[0] != &room[0] {
			t.Errorf("%s: encoded elsewhere", name)
		}
	}
}
