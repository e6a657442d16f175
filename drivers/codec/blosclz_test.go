package codec

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestBlosclzRoundTrip(t *testing.T) {
	for kind := range 4 {
		for _, n := range []int{1, 15, 16, 66, 100, 4096, 100000, 300000} {
			for level := 1; level <= 9; level++ {
				data := sampleData(kind, n)
				enc := make([]byte, n)
				size := encodeBlosclz(enc, data, level, level%2 == 0)
				if size == 0 {
					continue
				}
				got := make([]byte, n)
				if err := decodeBlosclz(got, enc[:size]); err != nil || !bytes.Equal(got, data) {
					t.Fatalf("kind %d, %d bytes, level %d: %v", kind, n, level, err)
				}
			}
		}
	}
}

// Matches that are far, long or overlap their own copy.
func TestBlosclzMatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	noise := noiseBytes(rng, 80000)
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"far", append(bytes.Clone(noise[:70000]), noise[:60000]...)},
		{"near the end", append(bytes.Clone(noise[:8190]), noise[:8190]...)},
		{"at the limit", append(bytes.Clone(noise[:8191]), noise[:8191]...)},
		{"beyond the limit", append(bytes.Clone(noise[:8192]), noise[:8192]...)},
		{"period 1", bytes.Repeat(noise[:1], 70000)},
		{"period 3", bytes.Repeat(noise[:3], 70000)},
		{"period 9", bytes.Repeat(noise[:9], 7000)},
	} {
		e := blosclzEncoder{src: c.data, dst: make([]byte, len(c.data)), log: blosclzHashLog, shift: 4, level: 9}
		if !e.run(new([1 << blosclzHashLog]uint32)) || !e.rest() {
			t.Errorf("%s: does not fit", c.name)
			continue
		}
		got := make([]byte, len(c.data))
		if err := decodeBlosclz(got, e.dst[:e.op]); err != nil || !bytes.Equal(got, c.data) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.name != "near the end" && e.op > len(c.data)*9/10 {
			t.Logf("%s: %d bytes of %d", c.name, e.op, len(c.data))
		}
	}
}

func TestBlosclzRefuses(t *testing.T) {
	for _, bad := range []struct {
		name, stream string
		size         int
	}{
		{"nothing", "", 4},
		{"literals cut", "03 010203", 4},
		{"too many literals", "03 01020304", 3},
		{"too few literals", "03 01020304", 5},
		{"match at the end", "03 01020304 2000", 7},
		{"match before the start", "03 01020304 2004 00 05", 8},
		{"match too long", "03 01020304 2000 00 05", 7},
		{"length cut", "03 01020304 e0ffff", 600},
		{"distance cut", "03 01020304 3fff01", 600},
	} {
		if err := decodeBlosclz(make([]byte, bad.size), hexBytes(t, bad.stream)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", bad.name, err)
		}
	}
}

func FuzzBlosclz(f *testing.F) {
	for kind := range 3 {
		data, enc := sampleData(kind, 2000), make([]byte, 2000)
		f.Add(enc[:encodeBlosclz(enc, data, 9, false)], len(data))
	}
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		n &= 1<<16 - 1
		all := bytes.Repeat([]byte{0x5a}, n+64)
		if err := decodeBlosclz(all[:n:n], b); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
		if bytes.Count(all[n:], []byte{0x5a}) != 64 {
			t.Fatal("wrote beyond the buffer")
		}
		enc := make([]byte, len(b))
		for level := 1; level <= 9; level += 4 {
			if size := encodeBlosclz(enc, b, level, n%2 == 0); size > 0 {
				got := make([]byte, len(b))
				if err := decodeBlosclz(got, enc[:size]); err != nil || !bytes.Equal(got, b) {
					t.Fatalf("level %d: %v", level, err)
				}
			}
		}
	})
}

func BenchmarkBlosclz(b *testing.B) {
	for kind, name := range []string{"noise", "zeros", "labels"} {
		data := sampleData(kind, 256<<10)
		enc, dec := make([]byte, len(data)), make([]byte, len(data))
		size := encodeBlosclz(enc, data, 9, true)
		b.Run(fmt.Sprintf("encode/%s", name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				encodeBlosclz(enc, data, 9, true)
			}
		})
		if size == 0 {
			continue
		}
		b.Run(fmt.Sprintf("decode/%s", name), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := decodeBlosclz(dec, enc[:size]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
