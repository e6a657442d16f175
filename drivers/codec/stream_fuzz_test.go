package codec

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// fuzzLimit is the max of Decode in the fuzz targets.
const fuzzLimit = 1 << 16

// addSeeds adds what a codec makes of small data, and the stored chunks.
func addSeeds(f *testing.F, extension string, codecs ...Codec) {
	for _, c := range codecs {
		for _, data := range [][]byte{{}, {7}, []byte("hello hello hello hello"), u16Noise(200), make([]byte, 3000)} {
			src, err := c.Encode(nil, data)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
			f.Add(append(src[:len(src):len(src)], src...))
		}
	}
	names, _ := filepath.Glob("testdata/stream/*." + extension)
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(src) < 1000 {
			f.Add(src)
		}
	}
}

// decodeAny decodes any bytes, and again into a buffer of the exact size.
func decodeAny(t *testing.T, c Codec, src []byte) ([]byte, error) {
	got, err := c.Decode(nil, src, fuzzLimit)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("got %v, want ErrCorrupt", err)
		}
		return nil, err
	}
	if len(got) > fuzzLimit {
		t.Fatalf("got %d bytes, want at most %d", len(got), fuzzLimit)
	}
	exact, err := c.Decode(make([]byte, 0, len(got)), src, len(got))
	if err != nil || !bytes.Equal(exact, got) {
		t.Fatalf("with the exact size: %d bytes of %d, error %v", len(exact), len(got), err)
	}
	return got, nil
}

// roundTrip encodes any bytes and decodes them.
func roundTrip(t *testing.T, c Codec, data []byte) {
	src, err := c.Encode(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Decode(nil, src, len(data)); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("round trip: %d bytes of %d, error %v", len(got), len(data), err)
	}
}

// agree compares the result of a codec with that of a reader of the standard
// library, which reads at least what the codec does.
func agree(t *testing.T, c Codec, src []byte, newReader func(io.Reader) (io.Reader, error)) {
	got, err := decodeAny(t, c, src)
	r, refErr := newReader(bytes.NewReader(src))
	var want []byte
	if refErr == nil {
		want, refErr = io.ReadAll(io.LimitReader(r, fuzzLimit+1))
	}
	if err == nil && refErr != nil {
		t.Fatalf("got %d bytes, the standard library %v", len(got), refErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, the standard library %d others", len(got), len(want))
	}
}

func FuzzGzip(f *testing.F) {
	addSeeds(f, "gzip", Gzip{0}, Gzip{1}, Gzip{6})
	f.Add([]byte("\x1f\x8b\x08\x1f\x00\x00\x00\x00\x00\xff\x02\x00ex" + "name\x00comment\x00"))
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 500 {
			return // the standard library refuses longer names
		}
		agree(t, Gzip{1}, src, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
		roundTrip(t, Gzip{1}, src)
	})
}

func FuzzBzip2(f *testing.F) {
	addSeeds(f, "bzip2", Bzip2{1}, Bzip2{9})
	f.Fuzz(func(t *testing.T, src []byte) {
		agree(t, Bzip2{1}, src, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil })
	})
}

func FuzzZstd(f *testing.F) {
	addSeeds(f, "zstd", Zstd{}, Zstd{Level: 1, Checksum: true}, Zstd{Level: 9})
	f.Add([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"))
	f.Fuzz(func(t *testing.T, src []byte) {
		_, _ = decodeAny(t, Zstd{}, src)
		roundTrip(t, Zstd{Level: 1}, src)
	})
}

func FuzzXZ(f *testing.F) {
	addSeeds(f, "xz", XZ{1}, LZMA{1})
	f.Fuzz(func(t *testing.T, src []byte) {
		_, _ = decodeAny(t, XZ{}, src)
		if len(src) < lzmaHeader {
			return
		}
		// Without their checksums the inner formats are reached more often.
		d := newLZMADecoder("fuzz", nil, fuzzLimit)
		_, err := d.lzma2(src)
		if out := d.free(); len(out) > fuzzLimit || err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%d bytes, error %v", len(out), err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, data := range []struct {
		name  string
		bytes []byte
	}{{"u16", u16Noise(1 << 20)}, {"segments", segments(1 << 20)}} {
		for name, c := range streamCodecs {
			src, err := c.Encode(nil, data.bytes)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name+"/"+data.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(data.bytes)))
				dst := make([]byte, 0, len(data.bytes))
				for b.Loop() {
					if _, err := c.Decode(dst, src, len(data.bytes)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	data := u16Noise(1 << 20)
	for name, c := range streamCodecs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			dst := make([]byte, 0, 2*len(data))
			for b.Loop() {
				if _, err := c.Encode(dst, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
