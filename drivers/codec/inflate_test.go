package codec

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// u16Noise imitates a light-sheet microscope: 16-bit little-endian counts, an
// uneven background, bright blobs and shot noise.
func u16Noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := 0; i+1 < n; i += 2 {
		x, y := float64(i/2%256), float64(i/2/256)
		mean := 210 + 30*math.Sin(x/37)*math.Cos(y/41)
		mean += 900 * math.Max(0, math.Sin(x/13)*math.Sin(y/17)-0.6)
		v := uint16(mean + r.NormFloat64()*math.Sqrt(mean))
		b[i], b[i+1] = byte(v), byte(v>>8)
	}
	return b
}

// segments imitates labels: 64-bit ids in runs, repeated from row to row.
func segments(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 0, n+8)
	var row []byte
	for len(b) < n {
		if len(row) == 0 || r.IntN(12) == 0 {
			row = row[:0]
			for len(row) < 128*8 {
				id := r.Uint64()>>16 | 720575940<<32
				for range 1 + r.IntN(20) {
					for s := range 8 {
						row = append(row, byte(id>>(8*s)))
					}
				}
			}
		}
		b = append(b, row...)
	}
	return b[:n]
}

// samples are data of many kinds, small and large.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(5, 6))
	random := make([]byte, 70_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	period := func(n, p int) []byte { return bytes.Repeat(random[:p], n/p+1)[:n] }
	return map[string][]byte{
		"empty": {}, "one": {7}, "zeros": make([]byte, 100_000), "random": random,
		"u16": u16Noise(80_000), "segments": segments(150_000), "short": []byte("hello hello hello hello"),
		"period 2": period(5000, 2), "period 3": period(5000, 3), "period 5": period(5000, 5),
		"period 6": period(5000, 6), "period 7": period(5000, 7), "period 11": period(5000, 11),
		"period 300": period(50_000, 300), "u16 small": u16Noise(700),
	}
}

// rawDeflate encodes with the standard library.
func rawDeflate(tb testing.TB, data []byte, level int) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestInflateReadsWhatTheStandardLibraryWrites(t *testing.T) {
	for name, data := range samples() {
		for level := flate.HuffmanOnly; level <= 9; level++ {
			src := rawDeflate(t, data, level)
			for _, dst := range [][]byte{nil, make([]byte, 0, len(data))} {
				got, n, err := inflate(dst, append(src, 1, 2, 3), "test", len(data))
				if err != nil || n != len(src) || !bytes.Equal(got, data) {
					t.Fatalf("%s level %d: %d bytes of %d from %d of %d, err %v",
						name, level, len(got), len(data), n, len(src), err)
				}
			}
			if len(data) > 0 {
				if _, _, err := inflate(nil, src, "test", len(data)-1); !errors.Is(err, ErrCorrupt) {
					t.Errorf("%s level %d: one byte too many: got %v, want ErrCorrupt", name, level, err)
				}
			}
		}
	}
}

// FuzzInflate compares the result, and the bytes that were taken, with the
// standard library.
func FuzzInflate(f *testing.F) {
	for _, data := range samples() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			if src := rawDeflate(f, data, level); len(src) < 4000 {
				f.Add(src)
			}
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		const limit = 1 << 16
		r := bytes.NewReader(src)
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(r), limit+1))
		got, n, err := inflate(nil, src, "test", limit)
		if len(want) > limit {
			wantErr = ErrCorrupt
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got error %v, the standard library %v", err, wantErr)
		}
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("got %v, want ErrCorrupt", err)
			}
			return
		}
		if !bytes.Equal(got, want) || n != len(src)-r.Len() {
			t.Fatalf("%d bytes from %d, the standard library %d from %d", len(got), n, len(want), len(src)-r.Len())
		}
		tight, _, err := inflate(make([]byte, 0, len(want)), src, "test", len(want))
		if err != nil || !bytes.Equal(tight, want) {
			t.Fatalf("into a buffer of the exact size: %v", err)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	for name, data := range map[string][]byte{"u16": u16Noise(1 << 20), "segments": segments(1 << 20)} {
		for _, level := range []int{1, 6} {
			src := rawDeflate(b, data, level)
			b.Run(name+"/"+string(rune('0'+level)), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				dst := make([]byte, 0, len(data))
				for b.Loop() {
					if _, _, err := inflate(dst, src, "test", len(data)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
