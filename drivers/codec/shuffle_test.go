package codec

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// naiveShuffle is the definition of byte shuffle.
func naiveShuffle(src []byte, ts int) []byte {
	out, n := bytes.Clone(src), len(src)/ts
	for i := range n * ts {
		out[i%ts*n+i/ts] = src[i]
	}
	return out
}

// naiveBitshuffle is the definition of bit shuffle.
func naiveBitshuffle(src []byte, ts int) []byte {
	out, n := bytes.Clone(src), len(src)/ts
	if n%8 != 0 {
		return out
	}
	clear(out[:n*ts])
	for i := range n {
		for bit := range 8 * ts {
			if src[i*ts+bit/8]>>(bit%8)&1 != 0 {
				out[bit*(n/8)+i/8] |= 1 << (i % 8)
			}
		}
	}
	return out
}

func noiseBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// fencedBytes returns n bytes at an odd place between two guards, and a function
// that reports whether the guards were written to.
func fencedBytes(rng *rand.Rand, n int) ([]byte, func() bool) {
	at := 64 + rng.IntN(33)
	all := bytes.Repeat([]byte{0xa5}, at+n+64)
	return all[at : at+n : at+n], func() bool {
		return bytes.Count(all[:at], []byte{0xa5}) == at && bytes.Count(all[at+n:], []byte{0xa5}) == 64
	}
}

func testShuffles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sizes := []int{1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 17, 20, 24, 255}
	kinds := []struct {
		name         string
		want         func([]byte, int) []byte
		there, again func(dst, src []byte, ts int)
	}{
		{"byte", naiveShuffle, shuffle, unshuffle},
		{"bit", naiveBitshuffle, bitshuffle, bitunshuffle},
	}
	for _, k := range kinds {
		for _, ts := range sizes {
			for _, n := range []int{0, 1, 7, 8, 31, 32, 40, 64, 72, 255, 256, 257, 264, 1000, 2048, 4096 + 8} {
				tail := rng.IntN(ts)
				src := noiseBytes(rng, 1+n*ts+tail)[1:]
				got, ok := fencedBytes(rng, len(src))
				if k.there(got, src, ts); !bytes.Equal(got, k.want(src, ts)) || !ok() {
					t.Fatalf("%s shuffle of %d x %d + %d bytes: wrong", k.name, n, ts, tail)
				}
				back, ok := fencedBytes(rng, len(src))
				if k.again(back, got, ts); !bytes.Equal(back, src) || !ok() {
					t.Fatalf("%s unshuffle of %d x %d + %d bytes: wrong", k.name, n, ts, tail)
				}
			}
		}
	}
}

func TestShuffles(t *testing.T) {
	eachKernel(t, testShuffles)
}

func BenchmarkShuffle(b *testing.B) {
	kinds := []struct {
		name string
		do   func(dst, src []byte, ts int)
	}{{"shuffle", shuffle}, {"unshuffle", unshuffle}, {"bitshuffle", bitshuffle}, {"bitunshuffle", bitunshuffle}}
	src, dst := noiseBytes(rand.New(rand.NewPCG(1, 2)), 256<<10), make([]byte, 256<<10)
	for _, k := range kinds {
		for _, ts := range []int{1, 2, 4, 8, 16, 12} {
			if ts == 1 && k.name[0] != 'b' {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", k.name, ts), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					k.do(dst, src, ts)
				}
			})
		}
	}
}
