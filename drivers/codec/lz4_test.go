package codec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// Chunk 0.2 of an array that zarr-python wrote.
func TestLZ4Vectors(t *testing.T) {
	for _, v := range []struct{ enc, data string }{
		{"10000000 f001 00000100020003000400050006000700", "00000100020003000400050006000700"},
		{"04000000 40 00010002", "00010002"},
		{
			"78000000d315a113e5db8461c018a0e16b000100c3f541abf32f215cc21099f24d1300d400b8a2195cb364527e34dfc8741400949e000000a9000000b41100c1000000a3000000ae000000b90e00020200f005a8000000b3000000be0000000000000000000000",
			"15a113e5db8461c018a0e16b0000000000000000f541abf32f215cc21099f24d0000000000000000b8a2195cb364527e34dfc87400000000000000009e000000a9000000b40000000000000000000000a3000000ae000000b90000000000000000000000a8000000b3000000be0000000000000000000000",
		},
	} {
		data, want := hexBytes(t, v.data), hexBytes(t, v.enc)
		got, err := LZ4{}.Decode(nil, want, len(data))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: got %x, %v", v.enc, got, err)
		}
		enc, err := LZ4{Acceleration: 1}.Encode(nil, data)
		if err != nil || !bytes.Equal(enc, want) {
			t.Errorf("got %x, %v, want %x", enc, err, want)
		}
	}
}

// The first is the example of the lz4-java format, the second a block of an N5
// dataset.
func TestLZ4JavaVectors(t *testing.T) {
	for _, v := range []struct {
		enc  string
		data []byte
	}{
		{
			"4c5a34426c6f636b 26 10000000 78000000 64e68301 6f010203040506 06005a 50 0203040506 4c5a34426c6f636b 16 000000000000000000000000",
			bytes.Repeat([]byte{1, 2, 3, 4, 5, 6}, 20),
		},
		{
			"4c5a34426c6f636b163800000038000000af064b06fa21080b00c700d2777fd14b00d100dc6e54dfe900db00e6a1b6d38f00e600f17b85d90f00f100fce367005a00fc0107cb78ff86010701124c5a34426c6f636b16000000000000000000000000",
			hexBytes(t, "fa21080b00c700d2777fd14b00d100dc6e54dfe900db00e6a1b6d38f00e600f17b85d90f00f100fce367005a00fc0107cb78ff8601070112"),
		},
	} {
		want := hexBytes(t, v.enc)
		got, err := LZ4Java{}.Decode(nil, want, len(v.data))
		if err != nil || !bytes.Equal(got, v.data) {
			t.Errorf("%s: got %x, %v", v.enc, got, err)
		}
		enc, err := LZ4Java{}.Encode(nil, v.data)
		if err != nil || !bytes.Equal(enc, want) {
			t.Errorf("got %x, %v, want %x", enc, err, want)
		}
	}
}

// From the specification of xxHash and its sanity checks.
func TestXXH32(t *testing.T) {
	for _, v := range []struct {
		in   string
		seed uint32
		want uint32
	}{
		{"", 0, 0x02cc5d05}, {"a", 0, 0x550d7456}, {"abc", 0, 0x32d153ff},
		{"Nobody inspects the spammish repetition", 0, 0xe2293b2f},
	} {
		if got := xxh32([]byte(v.in), v.seed); got != v.want {
			t.Errorf("%q: got %#x, want %#x", v.in, got, v.want)
		}
	}
}

var lz4Codecs = []Codec{LZ4{}, LZ4{Acceleration: 20}, LZ4Java{}, LZ4Java{BlockSize: 64}, LZ4Java{BlockSize: 1000}, LZ4Java{BlockSize: 1 << 25}}

func TestLZ4RoundTrip(t *testing.T) {
	for _, c := range lz4Codecs {
		for kind := range 4 {
			for _, n := range []int{0, 1, 12, 63, 64, 65, 1000, 65536, 65537, 300000} {
				roundTripInto(t, "lz4", c, sampleData(kind, n))
			}
		}
	}
	for _, size := range []int{-1, 63, 1<<25 + 1} {
		if _, err := (LZ4Java{BlockSize: size}).Encode(nil, nil); err == nil {
			t.Errorf("blocks of %d bytes: no error", size)
		}
	}
}

func TestLZ4Damaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, c := range lz4Codecs {
		data := sampleData(2, 5000)
		good, _ := c.Encode(nil, data)
		for range 500 {
			checkDamagedInto(t, "lz4", c, damagedCopy(rng, good), len(data))
		}
		if _, err := c.Decode(nil, good, len(data)-1); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%+v: decoded to more than the limit, %v", c, err)
		}
		if _, err := c.Decode(nil, append(good, 0), len(data)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%+v: a byte too many, %v", c, err)
		}
	}
}

// A checksum finds what LZ4 alone cannot.
func TestLZ4JavaFindsDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	data := sampleData(3, 5000)
	good, _ := LZ4Java{BlockSize: 512}.Encode(nil, data)
	for range 500 {
		b := bytes.Clone(good)
		b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		// Four bits of each checksum and the lower bits of each token are unused.
		if got, err := (LZ4Java{}).Decode(nil, b, len(data)); err == nil && !bytes.Equal(got, data) {
			t.Fatal("damage went unnoticed")
		}
	}
}

// A claim of much data allocates only what the input can hold.
func TestLZ4Claims(t *testing.T) {
	if _, err := (LZ4{}).Decode(nil, hexBytes(t, "0000007e 00"), 1<<31-1); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
	claim := hexBytes(t, "4c5a34426c6f636b 2f 01000000 00000002 00000000 00")
	if _, err := (LZ4Java{}).Decode(nil, claim, 1<<31-1); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

func FuzzLZ4Java(f *testing.F) {
	for kind := range 3 {
		enc, _ := LZ4Java{BlockSize: 256}.Encode(nil, sampleData(kind, 1000))
		f.Add(enc)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 16
		got, err := LZ4Java{}.Decode(nil, b, limit)
		if err != nil && !errors.Is(err, ErrCorrupt) || cap(got) > limit {
			t.Fatalf("%d bytes in %d, %v", len(got), cap(got), err)
		}
	})
}

func BenchmarkLZ4(b *testing.B) {
	for _, c := range []Codec{LZ4{}, LZ4Java{}} {
		name := "numcodecs"
		if _, ok := c.(LZ4Java); ok {
			name = "java"
		}
		data := sampleData(2, 1<<20)
		enc, _ := c.Encode(nil, data)
		buf := make([]byte, len(data)+len(data)/8)
		b.Run("decode/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := c.Decode(buf, enc, len(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encode/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := c.Encode(buf, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
