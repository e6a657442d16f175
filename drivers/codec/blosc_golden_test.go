package codec

import (
	"bytes"
	"encoding/hex"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func hexBytes(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// counting returns n little-endian integers of size bytes, 0, 1, 2...
func counting(n, size int) []byte {
	b := make([]byte, n*size)
	for i := range n {
		for j := range min(size, 8) {
			b[i*size+j] = byte(uint64(i) >> (8 * j))
		}
	}
	return b
}

// bloscVectors were written by c-blosc 1.21.3; same tells that ours must be
// the same bytes.
var bloscVectors = []struct {
	codec Blosc
	data  []byte
	want  string
	same  bool
}{
	{Blosc{"lz4", 5, 1, 2, 0}, nil, "02013302 00000000 01000000 10000000", true},
	{Blosc{"lz4", 5, 1, 2, 0}, counting(5, 2)[2:], "02013302 08000000 08000000 18000000 0100020003000400", true},
	{Blosc{"lz4", 5, -1, 2, 0}, counting(8, 2), "0201330210000000100000002000000000000100020003000400050006000700", true},
	{Blosc{"lz4", 5, 1, 2, 0}, make([]byte, 256),
		"02012102 00010000 00010000 32000000 14000000 0b000000 1f0001006750 0000000000 0b000000 1f0001006750 0000000000", true},
	{Blosc{"blosclz", 5, 2, 1, 0}, make([]byte, 300),
		"02010401 2c010000 2c010000 25000000 14000000 0d000000 2300000000e0ff1d0302000000", true},
	{Blosc{"zlib", 5, 2, 2, 0}, counting(128, 2),
		"02016402 00010000 00010000 49000000 14000000 21000000 785e5bb50a159c41031fd000c37f34c8f01f0d8348541ac646e6c30000341746410c000000785e63601858000000800001", false},
}

func TestBloscVectors(t *testing.T) {
	for _, v := range bloscVectors {
		want := hexBytes(t, v.want)
		got, err := Blosc{}.Decode(nil, want, len(v.data))
		if err != nil || !bytes.Equal(got, v.data) {
			t.Errorf("%+v of %d bytes: decoded %x, %v", v.codec, len(v.data), got, err)
		}
		enc, err := v.codec.Encode(nil, v.data)
		if err != nil || v.same && !bytes.Equal(enc, want) {
			t.Errorf("%+v of %d bytes: got %x, %v, want %x", v.codec, len(v.data), enc, err, want)
		}
	}
}

// int32 0 to 1023 is one block of four splits, of which the first is stored.
func TestBloscStoresASplit(t *testing.T) {
	data := counting(1024, 4)
	enc, err := Blosc{"blosclz", 5, 1, 4, 0}.Encode(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	if want := hexBytes(t, "02010104 00100000 00100000 60040000 14000000 00040000 00010203"); len(enc) != 1120 || !bytes.HasPrefix(enc, want) {
		t.Errorf("got %d bytes %x..., want 1120 %x...", len(enc), enc[:28], want)
	}
}

// A forced block size counts before blocks grow for their splits.
func TestBloscForcedBlockSize(t *testing.T) {
	enc, err := Blosc{"lz4", 5, 1, 4, 1024}.Encode(nil, make([]byte, 1<<20))
	if err != nil || le.Uint32(enc[8:]) != 64<<10 {
		t.Errorf("blocks of %d bytes, %v, want 65536", le.Uint32(enc[8:]), err)
	}
	enc, err = Blosc{"zstd", 5, 1, 4, 1000}.Encode(nil, make([]byte, 1<<20))
	if err != nil || le.Uint32(enc[8:]) != 1000 {
		t.Errorf("blocks of %d bytes, %v, want 1000", le.Uint32(enc[8:]), err)
	}
}

func TestBloscFiles(t *testing.T) {
	files := []struct {
		name string
		size int
		sum  uint32
	}{
		{"lz4-u2", 1088, 0x66126935},
		{"snappy-u8", 3200, 0xc6e547ec},
		{"zlib-f8", 2880, 0xd6c0866d},
		{"zstd-bit-u1-stored", 1650, 0x66535910},
		{"zstd-bit-u1", 1650, 0x6c7c4e20},
		{"lz4-bit-f4", 12800, 0x7adc5617},
		{"zstd-c16", 2304, 0x035aef6a},
		{"blosclz-f4", 1600, 0x31a0685c},
		{"int32-1.11.1-zstd", 4000000, crc32.ChecksumIEEE(counting(1000000, 4))},
	}
	for _, f := range files {
		enc, err := os.ReadFile(filepath.Join("testdata", "blosc", f.name+".blosc"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Blosc{}.Decode(nil, enc, f.size)
		if err != nil || len(got) != f.size || crc32.ChecksumIEEE(got) != f.sum {
			t.Errorf("%s: %d bytes, sum %#08x, %v", f.name, len(got), crc32.ChecksumIEEE(got), err)
		}
		if _, err := (Blosc{}).Decode(nil, enc, f.size-1); err == nil {
			t.Errorf("%s: decoded to more than the limit", f.name)
		}
	}
}

// sampleData returns n bytes: 16-bit noise around a slope, zeros, labels in
// runs, or noise, by kind 0 to 3.
func sampleData(kind, n int) []byte {
	rng := rand.New(rand.NewPCG(uint64(kind), uint64(n)))
	b := make([]byte, n)
	label := uint32(0)
	for i := 0; i < n; i++ {
		switch kind {
		case 0:
			if v := 1000 + i/512 + rng.IntN(48); i%2 == 0 {
				b[i] = byte(v)
			} else {
				b[i] = byte(v >> 8)
			}
		case 2:
			if i%8 == 0 && rng.IntN(20) == 0 {
				label = rng.Uint32()
			}
			if i%8 < 4 {
				b[i] = byte(label >> (8 * (i % 8)))
			}
		case 3:
			b[i] = byte(rng.Uint32())
		}
	}
	return b
}
