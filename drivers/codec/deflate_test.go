package codec

import (
	"bytes"
	stdflate "compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// Whatever the encoder chooses for a kind of data, what it gives is what was
// there, and about as small as what a plain encoder of that level gives.
func TestDeflateIsAboutAsSmallAsThePlainOne(t *testing.T) {
	const n = 16 * sampleBytes
	bytesOfNoise := make([]byte, n) // six bits of eight
	r := rand.New(rand.NewPCG(1, 2))
	for i := range bytesOfNoise {
		bytesOfNoise[i] = byte(r.IntN(64))
	}
	half := append(bytesOfNoise[:n/2:n/2], make([]byte, n/2)...)
	for name, src := range map[string][]byte{
		"u2": u16Noise(n), "u1": bytesOfNoise, "labels": sampleData(2, n), "random": sampleData(3, n), "half": half,
	} {
		for level := 1; level <= 9; level++ {
			t.Run(fmt.Sprint(name, " ", level), func(t *testing.T) {
				enc, err := deflate([]byte("head"), src, "test", level)
				if err != nil || !bytes.HasPrefix(enc, []byte("head")) {
					t.Fatal(err)
				}
				enc = enc[4:]
				got, err := io.ReadAll(stdflate.NewReader(bytes.NewReader(enc)))
				if err != nil || !bytes.Equal(got, src) {
					t.Fatalf("does not come back: %v", err)
				}
				if plain := len(rawDeflate(t, src, level)); len(enc) > plain+plain/12 {
					t.Errorf("%d bytes, plain %d", len(enc), plain)
				}
			})
		}
	}
}

// labelVolume returns a 64 x 64 x 64 volume of uint64 labels: the cells around 40
// random points.
func labelVolume() []byte {
	r := rand.New(rand.NewPCG(3, 4))
	var points [40][4]int
	for i := range points {
		points[i] = [4]int{r.IntN(64), r.IntN(64), r.IntN(64), r.IntN(1 << 30)}
	}
	b := make([]byte, 0, 8<<18)
	for i := range 1 << 18 {
		x, y, z := i&63, i>>6&63, i>>12
		best, label := 1<<30, 0
		for _, p := range points {
			if d := (x-p[0])*(x-p[0]) + (y-p[1])*(y-p[1]) + (z-p[2])*(z-p[2]); d < best {
				best, label = d, p[3]
			}
		}
		b = le.AppendUint64(b, uint64(label))
	}
	return b
}

// What is short, and what ends where a piece of the quick levels does, comes back.
func TestDeflateOfAnyLength(t *testing.T) {
	src := append(u16Noise(3*quickPiece), make([]byte, 2*quickPiece)...)
	for _, n := range []int{0, 1, 100, quickPiece - 1, quickPiece, quickPiece + 1, 2 * quickPiece, 4 * quickPiece, len(src)} {
		for level := -1; level <= 9; level++ {
			enc, err := deflate(nil, src[:n], "test", level)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(stdflate.NewReader(bytes.NewReader(enc)))
			if err != nil || !bytes.Equal(got, src[:n]) {
				t.Errorf("level %d: %d bytes do not come back: %v", level, n, err)
			}
		}
	}
}

// Segmentations are what terabytes of are kept at gzip 6: nearly nothing is left
// of them, and how little depends on the search.
func TestDeflateOfLabelsIsAsSmallAsThatOfZlib(t *testing.T) {
	src := labelVolume()
	for level := 1; level <= 9; level++ {
		enc, err := deflate(nil, src, "test", level)
		if err != nil {
			t.Fatal(err)
		}
		var zlib bytes.Buffer
		w, err := stdflate.NewWriter(&zlib, level) // searches as zlib does
		if err != nil {
			t.Fatal(err)
		}
		w.Write(src)
		w.Close()
		slack := zlib.Len() / 50
		if level < 4 {
			slack = zlib.Len() / 12 // the quick levels are there to be quick
		}
		if most := zlib.Len() + slack; len(enc) > most {
			t.Errorf("level %d: %d bytes, zlib %d", level, len(enc), zlib.Len())
		}
	}
}
