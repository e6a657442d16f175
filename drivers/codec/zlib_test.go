package codec

import (
	stdadler "hash/adler32"
	"math/rand/v2"
	"testing"
)

func TestAdler32IsThatOfTheStandardLibrary(t *testing.T) {
	full := make([]byte, 5000)
	for i := range full {
		full[i] = 0xff
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		p := full[:r.IntN(len(full))]
		if got, want := adler32(p), stdadler.Checksum(p); got != want {
			t.Fatalf("%d bytes: got %#x, want %#x", len(p), got, want)
		}
		full[r.IntN(len(full))] = byte(r.Uint32())
	}
}

func BenchmarkAdler32(b *testing.B) {
	data := u16Noise(1 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		adler32(data)
	}
}
