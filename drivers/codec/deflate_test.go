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
			if name == "half" && level < 4 {
				continue // the fast levels store noise that they find no matches in
			}
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
