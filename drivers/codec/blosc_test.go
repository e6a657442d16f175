package codec

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var bloscNames = []string{"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"}

func mustBlosc(t testing.TB, cname string, clevel, shuffle, typesize, blocksize int) Codec {
	t.Helper()
	c, err := NewBlosc(cname, clevel, shuffle, typesize, blocksize)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewBloscRefuses(t *testing.T) {
	for _, b := range []Blosc{
		{"", 5, 1, 2, 0}, {"lz5", 5, 1, 2, 0}, {"lz4", -1, 1, 2, 0}, {"lz4", 10, 1, 2, 0},
		{"lz4", 5, -2, 2, 0}, {"lz4", 5, 3, 2, 0}, {"lz4", 5, 1, 0, 0}, {"lz4", 5, 1, 2, -1},
	} {
		if _, err := NewBlosc(b.Cname, b.Clevel, b.Shuffle, b.TypeSize, b.BlockSize); err == nil {
			t.Errorf("%+v: no error", b)
		}
		if _, err := b.Encode(nil, nil); err == nil {
			t.Errorf("%+v: encoded", b)
		}
	}
}

func TestBloscRoundTrip(t *testing.T) {
	sizes := []int{0, 1, 127, 128, 129, 1000, 4095, 65536 + 24, 150001}
	for _, cname := range bloscNames {
		for i, typesize := range []int{1, 2, 3, 4, 7, 8, 12, 16, 17, 255, 300} {
			for j, n := range sizes {
				shuffle, clevel := (i+j)%4-1, []int{5, 1, 0, 3}[(i*5+j)%4]
				c := mustBlosc(t, cname, clevel, shuffle, typesize, []int{0, 512}[j%2])
				roundTripInto(t, fmt.Sprintf("%+v of %d bytes", c, n), c, sampleData((i+j)%4, n))
				c = mustBlosc(t, cname, clevel, 1+i%2, typesize, 0)
				roundTripInto(t, fmt.Sprintf("%+v of %d bytes", c, n), c, sampleData(j%4, n))
			}
		}
	}
}

// roundTripInto encodes and decodes data into buffers that are large enough, which
// must then be used, and without any.
func roundTripInto(t *testing.T, name string, c Codec, data []byte) {
	t.Helper()
	keep := bytes.Clone(data)
	enc, err := c.Encode(nil, data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	again, err := c.Encode(make([]byte, 3, len(data)+len(data)/8+256), data)
	if err != nil || !bytes.Equal(enc, again) {
		t.Fatalf("%s: a second encoding differs, %v", name, err)
	}
	buf := make([]byte, 5, len(data)+8)[:min(5, len(data))]
	dec, err := c.Decode(buf, enc, len(data))
	if err != nil || !bytes.Equal(dec, data) || !bytes.Equal(data, keep) {
		t.Fatalf("%s: decoded to other bytes, %v", name, err)
	}
	if len(dec) > 0 && &dec[0] != &buf[:1][0] {
		t.Fatalf("%s: did not decode into the buffer", name)
	}
	dec, err = c.Decode(nil, enc, len(data))
	if err != nil || !bytes.Equal(dec, data) || cap(dec) > max(len(data), 1)+64 {
		t.Fatalf("%s: decoded without a buffer: %d bytes in %d, %v", name, len(dec), cap(dec), err)
	}
}

// A container holds what makes its data at most 16 bytes longer.
func TestBloscStoresNoise(t *testing.T) {
	data := sampleData(3, 100000)
	for _, cname := range bloscNames {
		enc, err := mustBlosc(t, cname, 9, 1, 4, 0).Encode(nil, data)
		if err != nil || len(enc) != len(data)+16 || enc[2]&bloscStored == 0 {
			t.Errorf("%s: %d bytes of noise became %d, %v", cname, len(data), len(enc), err)
		}
	}
}

func TestBloscRefusesHeaders(t *testing.T) {
	data := sampleData(0, 70000)
	good, _ := mustBlosc(t, "lz4", 1, 1, 2, 0).Encode(nil, data)
	put := func(at int, v uint32) func([]byte) { return func(b []byte) { le.PutUint32(b[at:], v) } }
	for _, bad := range []struct {
		name   string
		damage func([]byte)
	}{
		{"version 1", func(b []byte) { b[0] = 1 }},
		{"version of the compressor", func(b []byte) { b[1] = 2 }},
		{"reserved flag", func(b []byte) { b[2] |= bloscReserved }},
		{"compressor 5", func(b []byte) { b[2] |= 5 << bloscFormatBit }},
		{"typesize 0", func(b []byte) { b[3] = 0 }},
		{"nbytes above max", put(4, 70001)},
		{"nbytes 2^31-1", put(4, 1<<31-1)},
		{"nbytes below 0", put(4, 1<<32-1)},
		{"blocksize 0", put(8, 0)},
		{"blocksize below 0", put(8, 1<<32-2)},
		{"blocksize above nbytes", put(8, 70002)},
		{"blocksize 1", put(8, 1)},
		{"cbytes", put(12, 17)},
		{"stored", func(b []byte) { b[2] |= bloscStored }},
		{"first block in the header", put(16, 4)},
		{"first block beyond", put(16, 1<<30)},
		{"first block at 2^32-1", put(16, 1<<32-1)},
		{"same block twice", func(b []byte) { copy(b[20:24], b[16:20]) }},
		{"length of a split", put(int(le.Uint32(good[16:])), 1<<31)},
	} {
		b := bytes.Clone(good)
		bad.damage(b)
		if got, err := (Blosc{}).Decode(nil, b, len(data)); !errors.Is(err, ErrCorrupt) || got != nil {
			t.Errorf("%s: %d bytes, %v", bad.name, len(got), err)
		}
	}
}

// Damage of any kind is ErrCorrupt or other data, never more than max, and
// never a panic.
func TestBloscDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, cname := range bloscNames {
		for shuffle := range 3 {
			data := sampleData(rng.IntN(3), 40000)
			good, _ := mustBlosc(t, cname, 5, shuffle, 2+2*rng.IntN(2), 2048).Encode(nil, data)
			for range 400 {
				b := damagedCopy(rng, good)
				if rng.IntN(4) > 0 && len(b) >= bloscHeader {
					le.PutUint32(b[12:], uint32(len(b)))
				}
				checkDamagedInto(t, cname, Blosc{}, b, len(data))
			}
		}
	}
}

// damagedCopy returns a copy of b, cut, or with some bits or a number changed.
func damagedCopy(rng *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	switch rng.IntN(4) {
	case 0:
		return b[:rng.IntN(len(b))]
	case 1:
		at := rng.IntN(max(len(b)-4, 1))
		copy(b[at:], []byte{byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.IntN(2) * 255), byte(rng.IntN(2) * 255)})
	default:
		for range 1 + rng.IntN(3) {
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
		}
	}
	return b
}

// checkDamagedInto decodes into a buffer between guards.
func checkDamagedInto(t *testing.T, name string, c Codec, b []byte, limit int) {
	t.Helper()
	all := bytes.Repeat([]byte{0x5a}, limit+64)
	got, err := c.Decode(all[:0:limit], b, limit)
	if err != nil && !errors.Is(err, ErrCorrupt) || len(got) > limit {
		t.Fatalf("%s: %d bytes of at most %d, %v\n%x", name, len(got), limit, err, b)
	}
	if bytes.Count(all[limit:], []byte{0x5a}) != 64 {
		t.Fatalf("%s: wrote beyond the buffer\n%x", name, b)
	}
}

// A decoder that is given its buffer leaves nothing for the garbage collector.
func TestBloscMakesNoGarbage(t *testing.T) {
	data := sampleData(0, 1<<20)
	for _, cname := range []string{"blosclz", "lz4", "lz4hc", "snappy"} {
		for shuffle := range 3 {
			enc, _ := mustBlosc(t, cname, 5, shuffle, 2, 0).Encode(nil, data)
			buf := make([]byte, len(data))
			if n := testing.AllocsPerRun(20, func() { _, _ = Blosc{}.Decode(buf, enc, len(buf)) }); n >= 1 {
				t.Errorf("%s, shuffle %d: %v allocations", cname, shuffle, n)
			}
		}
	}
}

func FuzzBlosc(f *testing.F) {
	for i, cname := range bloscNames {
		enc, _ := mustBlosc(f, cname, 5, i%3, 1<<(i%4), 256).Encode(nil, sampleData(i%3, 3000))
		f.Add(enc)
	}
	files, _ := filepath.Glob(filepath.Join("testdata", "blosc", "*.blosc"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 14
		if len(b) >= bloscHeader {
			b = bytes.Clone(b)
			le.PutUint32(b[12:], uint32(len(b)))
		}
		got, err := Blosc{}.Decode(nil, b, limit)
		if err != nil && !errors.Is(err, ErrCorrupt) || cap(got) > limit {
			t.Fatalf("%d bytes in %d, %v", len(got), cap(got), err)
		}
		all := bytes.Repeat([]byte{0x5a}, limit+64)
		again, err2 := Blosc{}.Decode(all[:0:limit], b, limit)
		if (err == nil) != (err2 == nil) || !bytes.Equal(got, again) || bytes.Count(all[limit:], []byte{0x5a}) != 64 {
			t.Fatalf("the buffer matters: %v, %v", err, err2)
		}
	})
}
