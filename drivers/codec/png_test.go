package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"slices"
	"testing"
)

func newPNG(t testing.TB, shape [4]int64, size, level int) *PNG {
	t.Helper()
	p, err := NewPNG(shape, size, level)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPNGRoundTrips(t *testing.T) {
	for _, shape := range [][4]int64{{1, 1, 1, 1}, {7, 5, 3, 1}, {7, 5, 3, 2}, {4, 4, 4, 3}, {9, 2, 2, 4}, {64, 64, 3, 1}} {
		for _, size := range []int{1, 2} {
			for _, level := range []int{-1, 0, 1, 9} {
				p := newPNG(t, shape, size, level)
				n := int(shape[0]*shape[1]*shape[2]*shape[3]) * size
				for _, src := range [][]byte{u16Noise(n + 1)[:n], make([]byte, n), bytes.Repeat([]byte{1, 2, 3}, n)[:n]} {
					enc, err := p.Encode(nil, src)
					if err != nil {
						t.Fatal(err)
					}
					if got, err := p.Decode(nil, enc, n); err != nil || !bytes.Equal(got, src) {
						t.Errorf("%v, %d bytes, level %d: %v", shape, size, level, err)
					}
				}
			}
		}
	}
}

// TestPNGIsReadByOthers compares with image/png, which knows no gray and alpha:
// it reads these as colours.
func TestPNGIsReadByOthers(t *testing.T) {
	const w, h = 6, 4
	for channels := 1; channels <= 4; channels++ {
		for _, size := range []int{1, 2} {
			src := u16Noise(w*h*channels*size + 1)[:w*h*channels*size]
			enc, err := newPNG(t, [4]int64{w, 2, 2, int64(channels)}, size, -1).Encode(nil, src)
			if err != nil {
				t.Fatal(err)
			}
			m, err := png.Decode(bytes.NewReader(enc))
			if err != nil || m.Bounds() != image.Rect(0, 0, w, h) {
				t.Errorf("%d channels of %d bytes: %v, %v", channels, size, m, err)
				continue
			}
			var first uint32
			switch m := m.(type) {
			case *image.Gray:
				first = uint32(m.Pix[0])
			case *image.Gray16:
				first = uint32(m.Pix[1])<<8 | uint32(m.Pix[0])
				first = first>>8 | first&0xff<<8
			default:
				continue
			}
			want := uint32(src[0])
			if size == 2 {
				want = uint32(binary.LittleEndian.Uint16(src))
			}
			if first != want {
				t.Errorf("%d channels of %d bytes: first pixel %#x, want %#x", channels, size, first, want)
			}
		}
	}
}

// rawPNG makes an image of rows with their filter bytes.
func rawPNG(t testing.TB, header []byte, rows []byte, extra ...string) []byte {
	t.Helper()
	data, err := Zlib{}.Encode(nil, rows)
	if err != nil {
		t.Fatal(err)
	}
	out := appendPNGChunk([]byte(pngSignature), "IHDR", header)
	for _, kind := range extra {
		out = appendPNGChunk(out, kind, []byte("abc"))
	}
	out = appendPNGChunk(out, "IDAT", data[:len(data)/2])
	out = appendPNGChunk(out, "IDAT", data[len(data)/2:])
	return appendPNGChunk(out, "IEND", nil)
}

func header(w, h byte, depth, colour byte) []byte {
	return []byte{0, 0, 0, w, 0, 0, 0, h, depth, colour, 0, 0, 0}
}

// TestPNGReadsAsTensorStore: what other encoders write, and TensorStore 0.1.86
// reads like this.
func TestPNGReadsAsTensorStore(t *testing.T) {
	p := newPNG(t, [4]int64{4, 2, 1, 1}, 1, -1)
	for _, c := range []struct {
		name string
		src  []byte
		want []byte
	}{
		{"1 bit", rawPNG(t, header(4, 2, 1, 0), []byte{0, 0xa0, 0, 0x10}), []byte{1, 0, 1, 0, 0, 0, 0, 1}},
		{"2 bits", rawPNG(t, header(4, 2, 2, 0), []byte{0, 0x1b, 0, 0xe4}), []byte{0, 1, 2, 3, 3, 2, 1, 0}},
		{"4 bits", rawPNG(t, header(4, 2, 4, 0), []byte{0, 0x12, 0x34, 2, 1, 1}), []byte{1, 2, 3, 4, 1, 3, 3, 5}},
		{"indices of a palette", rawPNG(t, header(4, 2, 8, 3), []byte{0, 9, 8, 7, 6, 1, 1, 1, 1, 1}, "PLTE", "tRNS"), []byte{9, 8, 7, 6, 1, 2, 3, 4}},
		{"other width", rawPNG(t, header(8, 1, 8, 0), []byte{1, 1, 1, 1, 1, 1, 1, 1, 1}), []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		{"all filters", rawPNG(t, header(2, 4, 8, 0), []byte{3, 10, 20, 4, 1, 1, 2, 1, 1, 1, 5, 5}, "tEXt"), []byte{10, 25, 11, 26, 12, 27, 5, 10}},
	} {
		if got, err := p.Decode(nil, c.src, 8); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestPNGThatIsNotTheChunkIsCorrupt(t *testing.T) {
	p := newPNG(t, [4]int64{4, 2, 1, 1}, 1, -1)
	rows := []byte{0, 1, 2, 3, 4, 0, 5, 6, 7, 8}
	good := rawPNG(t, header(4, 2, 8, 0), rows)
	interlaced := header(4, 2, 8, 0)
	interlaced[12] = 1
	badSum := slices.Clone(good)
	badSum[len(badSum)-20]++
	for name, src := range map[string][]byte{
		"nothing": nil, "no PNG": []byte("GIF89a"), "cut": good[:len(good)-1], "a byte more": append(slices.Clone(good), 0),
		"3 channels": rawPNG(t, header(4, 2, 8, 2), rows), "16 bits": rawPNG(t, header(2, 2, 16, 0), rows),
		"other size": rawPNG(t, header(4, 3, 8, 0), rows), "0 wide": rawPNG(t, header(0, 2, 8, 0), rows),
		"interlaced": rawPNG(t, interlaced, rows), "5 bits": rawPNG(t, header(4, 2, 5, 0), rows),
		"rows missing": rawPNG(t, header(4, 2, 8, 0), rows[:5]), "rows too many": rawPNG(t, header(4, 2, 8, 0), append(rows, rows...)),
		"filter 5": rawPNG(t, header(4, 2, 8, 0), append([]byte{5}, rows[1:]...)), "checksum": badSum,
		"unknown critical chunk": rawPNG(t, header(4, 2, 8, 0), rows, "ABCD"),
	} {
		if got, err := p.Decode(nil, src, 8); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, %v, want ErrCorrupt", name, got, err)
		}
	}
}

func TestPNGHeaderOfAGiantAllocatesNothing(t *testing.T) {
	p := newPNG(t, [4]int64{4, 2, 1, 1}, 1, -1)
	head := []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0}
	src := rawPNG(t, head, make([]byte, 1000))
	if got := crc32.ChecksumIEEE(src[12:29]); got != binary.BigEndian.Uint32(src[29:]) {
		t.Fatal("the header's checksum is wrong")
	}
	if n := testing.AllocsPerRun(10, func() {
		if _, err := p.Decode(nil, src, 8); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("got %v, want ErrCorrupt", err)
		}
	}); n > 20 {
		t.Errorf("%v allocations", n)
	}
}

// TestPNGOfLongChunksIsReadable: libpng reads no side above a million.
func TestPNGOfLongChunksIsReadable(t *testing.T) {
	p := newPNG(t, [4]int64{2, 2000, 1000, 1}, 1, -1)
	if p.width != 4000 || p.height != 1000 {
		t.Errorf("got %dx%d", p.width, p.height)
	}
}

func FuzzPNG(f *testing.F) {
	codecs := []*PNG{newPNG(f, [4]int64{4, 2, 1, 1}, 1, -1), newPNG(f, [4]int64{3, 3, 1, 3}, 2, 1), newPNG(f, [4]int64{5, 2, 2, 2}, 1, 9)}
	for i, p := range codecs {
		n := p.width * p.height * p.channels * p.sample
		enc, err := p.Encode(nil, u16Noise(n + 1)[:n])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), enc)
	}
	f.Add(uint8(0), rawPNG(f, header(2, 4, 8, 0), []byte{3, 10, 20, 4, 1, 1, 2, 1, 1, 1, 5, 5}, "tEXt"))
	f.Fuzz(func(t *testing.T, which uint8, src []byte) {
		p := codecs[int(which)%len(codecs)]
		n := p.width * p.height * p.channels * p.sample
		got, err := p.Decode(nil, src, n)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
			return
		}
		enc, err := p.Encode(nil, got)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := p.Decode(nil, enc, n); err != nil || !bytes.Equal(again, got) {
			t.Errorf("encoded again: %v", err)
		}
	})
}

func benchmarkPNG(b *testing.B, do func(b *testing.B, p *PNG, src, enc []byte)) {
	pix := tissue(64, 64*64).Pix
	for _, c := range []struct {
		name           string
		channels, size int
	}{{"gray8", 1, 1}, {"rgb8", 3, 1}, {"gray16", 1, 2}} {
		b.Run(c.name, func(b *testing.B) {
			p := newPNG(b, [4]int64{64, 64, 64, int64(c.channels)}, c.size, -1)
			src := bytes.Repeat(pix, c.channels)
			if c.size == 2 {
				src = make([]byte, 0, 2*len(pix))
				for i, v := range pix {
					src = append(src, v, byte(i>>16))
				}
			}
			enc, err := p.Encode(nil, src)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			do(b, p, src, enc)
			b.ReportMetric(float64(len(enc))/float64(len(src)), "ratio")
		})
	}
}

func BenchmarkPNGDecode(b *testing.B) {
	benchmarkPNG(b, func(b *testing.B, p *PNG, src, enc []byte) {
		for b.Loop() {
			if _, err := p.Decode(src, enc, len(src)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPNGEncode(b *testing.B) {
	benchmarkPNG(b, func(b *testing.B, p *PNG, src, enc []byte) {
		for b.Loop() {
			if _, err := p.Encode(enc, src); err != nil {
				b.Fatal(err)
			}
		}
	})
}
