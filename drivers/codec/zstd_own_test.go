package codec

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// ownZstd decodes the first frame of src with our decoder into n bytes between
// guards.
func ownZstd(t *testing.T, src []byte, n int) ([]byte, bool) {
	t.Helper()
	f, err := scanZstdFrame(src)
	if err != nil || f.skip {
		return nil, false
	}
	rng := rand.New(rand.NewPCG(uint64(n), uint64(len(src))))
	room, untouched := fencedBytes(rng, n+zstdSlack)
	got, ok := decodeZstdFrame(room[:0], src, f, n)
	if !untouched() {
		t.Fatalf("wrote outside the buffer: %x", src)
	}
	return got, ok
}

// libraryZstd decodes the first frame of src into at most n bytes.
func libraryZstd(src []byte, n int) ([]byte, error) {
	f, err := scanZstdFrame(src)
	if err != nil {
		return nil, err
	}
	out, err := zstdDecoder().DecodeAll(src[:f.size], make([]byte, 0, n+zstdSlack))
	if err == nil && len(out) > n {
		err = corruptf("zstd", "more than %d bytes", n)
	}
	return out, err
}

// zstdVolumes are contents that lead to different sequences.
func zstdVolumes(rng *rand.Rand) map[string][]byte {
	runs := make([]byte, 0, 300<<10)
	for len(runs) < 300<<10 {
		at := max(len(runs)-1-rng.IntN(40000), 0)
		switch n := rng.IntN(70); {
		case n < 20 || at == 0:
			runs = append(runs, noiseBytes(rng, n)...)
		case n < 60:
			runs = append(runs, runs[at:min(at+n, len(runs))]...)
		default:
			runs = append(runs, bytes.Repeat(runs[len(runs)-1-rng.IntN(min(20, len(runs))):], n)...)
		}
	}
	sparse := make([]byte, 700<<10)
	for range 200 {
		sparse[rng.IntN(len(sparse))] = byte(rng.Uint32())
	}
	return map[string][]byte{
		"u16": u16Noise(200 << 10), "runs": runs, "sparse": sparse, "noise": noiseBytes(rng, 200<<10),
		"short": []byte("hello hello hello hello"), "one": {7}, "zeros": make([]byte, 300<<10),
	}
}

func TestZstdOwnDecoder(t *testing.T) {
	volumes := zstdVolumes(rand.New(rand.NewPCG(3, 4)))
	eachKernel(t, func(t *testing.T) {
		for name, data := range volumes {
			for level := zstd.SpeedFastest; level <= zstd.SpeedBestCompression; level++ {
				for _, window := range []int{1 << 10, 1 << 17, 1 << 20} {
					e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(1))
					if err != nil {
						t.Fatal(err)
					}
					src := e.EncodeAll(data, nil)
					if got, ok := ownZstd(t, src, len(data)); !ok || !bytes.Equal(got, data) {
						t.Errorf("%s, level %v, window %d: %v, %d bytes", name, level, window, ok, len(got))
					}
					if _, ok := ownZstd(t, src, len(data)-1); ok {
						t.Errorf("%s, level %v, window %d: fits one byte less", name, level, window)
					}
				}
			}
		}
	})
}

func TestZstdOwnGolden(t *testing.T) {
	names, _ := filepath.Glob("testdata/stream/*.zstd")
	eachKernel(t, func(t *testing.T) {
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			checkZstdOwn(t, src, 1<<20)
		}
	})
}

// checkZstdOwn fails if our decoder accepts what the library does not, or makes
// something else of it.
func checkZstdOwn(t *testing.T, src []byte, n int) {
	t.Helper()
	got, ok := ownZstd(t, src, n)
	if !ok {
		return
	}
	if want, err := libraryZstd(src, n); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("own: %d bytes, library: %d bytes, %v\n%x", len(got), len(want), err, src)
	}
}

// TestZstdOwnDamage flips bits of frames: what is accepted must be right.
func TestZstdOwnDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	volumes := zstdVolumes(rng)
	eachKernel(t, func(t *testing.T) {
		for _, name := range []string{"u16", "runs", "sparse", "short"} {
			data := volumes[name][:min(len(volumes[name]), 40<<10)]
			for _, level := range []int{1, 3, 9} {
				src, err := Zstd{Level: level}.Encode(nil, data)
				if err != nil {
					t.Fatal(err)
				}
				for range 400 {
					bad := bytes.Clone(src)
					for range 1 + rng.IntN(3) {
						at := rng.IntN(len(bad))
						if rng.IntN(2) == 0 {
							at = rng.IntN(min(len(bad), 200))
						}
						bad[at] ^= 1 << rng.IntN(8)
					}
					checkZstdOwn(t, bad, len(data))
				}
			}
		}
	})
}

func FuzzZstdOwn(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, data := range zstdVolumes(rng) {
		for _, level := range []int{1, 3, 9} {
			src, err := Zstd{Level: level}.Encode(nil, data[:min(len(data), 3000)])
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		eachKernel(t, func(t *testing.T) { checkZstdOwn(t, src, fuzzLimit) })
	})
}

func BenchmarkZstdDecode(b *testing.B) {
	for _, name := range []string{"u16", "runs", "sparse"} {
		data := zstdVolumes(rand.New(rand.NewPCG(1, 1)))[name]
		src, err := Zstd{Level: 3}.Encode(nil, data)
		if err != nil {
			b.Fatal(err)
		}
		for _, own := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/own=%v", name, own), func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				dst := make([]byte, 0, len(data)+zstdSlack)
				f, _ := scanZstdFrame(src)
				for b.Loop() {
					if !own {
						_, _ = zstdDecoder().DecodeAll(src, dst)
					} else if _, ok := decodeZstdFrame(dst, src, f, len(data)); !ok {
						b.Fatal("refused")
					}
				}
			})
		}
	}
}
