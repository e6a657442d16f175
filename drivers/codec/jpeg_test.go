package codec

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// jpegGolden is an image of testdata/jpeg and the pixels that libjpeg-turbo
// reads, channel after channel.
type jpegGolden struct {
	name          string
	src, pixels   []byte
	width, height int
	channels      int
}

func jpegGoldens(t testing.TB) (all []jpegGolden) {
	t.Helper()
	names, _ := filepath.Glob("testdata/jpeg/*.jpg")
	if len(names) < 15 {
		t.Fatalf("found only %d images", len(names))
	}
	for _, name := range names {
		g := jpegGolden{name: filepath.Base(name)}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(name + ".raw")
		if err != nil {
			t.Fatal(err)
		}
		head, raw, _ := bytes.Cut(raw, []byte("\n"))
		if _, err := fmt.Sscan(string(head), &g.width, &g.height, &g.channels); err != nil {
			t.Fatal(err)
		}
		g.src, g.pixels = src, make([]byte, len(raw))
		for i, x := range raw {
			g.pixels[i%g.channels*g.width*g.height+i/g.channels] = x
		}
		all = append(all, g)
	}
	return all
}

func (g *jpegGolden) codec(t testing.TB) *JPEG {
	t.Helper()
	j, err := NewJPEG([4]int64{int64(g.width), int64(g.height), 1, int64(g.channels)})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJPEGIsBitExactWithLibjpegTurbo(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		for _, g := range jpegGoldens(t) {
			got, err := g.codec(t).Decode(nil, g.src, len(g.pixels))
			if err != nil || !bytes.Equal(got, g.pixels) {
				t.Errorf("%s: %v, or pixels that are not libjpeg's", g.name, err)
			}
		}
	})
}

// TestIDCTKernelsAgree: on all coefficients that an image of 8 bits can have, and
// on the greatest of them.
func TestIDCTKernelsAgree(t *testing.T) {
	if !hasAVX2 {
		t.Skip("there is but one")
	}
	defer func() { hasAVX2 = true }()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 20000 {
		var one, two [64]int32
		for k := range one {
			if r.IntN(64) <= i%65 {
				one[k] = r.Int32N(4<<(i%13)) - 2<<(i%13)
			}
		}
		two = one
		const stride = 11
		var got, want [8 * stride]byte
		hasAVX2 = true
		idct(got[:], stride, &one, 63)
		hasAVX2 = false
		idct(want[:], stride, &two, 63)
		if got != want {
			t.Fatalf("block %d: got %v, want %v", i, got, want)
		}
	}
}

func TestJPEGShapeIsAnyWithAsManyPixels(t *testing.T) {
	g := jpegGoldens(t)[0]
	pixels := int64(g.width * g.height)
	for _, shape := range [][4]int64{{pixels, 1, 1, 1}, {1, pixels, 1, 1}, {int64(g.height), 1, int64(g.width), 1}} {
		shape[3] = int64(g.channels)
		j, err := NewJPEG(shape)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := j.Decode(nil, g.src, len(g.pixels)); err != nil || !bytes.Equal(got, g.pixels) {
			t.Errorf("%v: %v", shape, err)
		}
	}
	for _, shape := range [][4]int64{{pixels, 1, 1, 4 - int64(g.channels)}, {pixels + 1, 1, 1, int64(g.channels)}} {
		if j, err := NewJPEG(shape); err != nil {
			t.Error(err)
		} else if _, err := j.Decode(nil, g.src, 1<<20); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v: got %v, want ErrCorrupt", shape, err)
		}
	}
}

func TestJPEGCutAnywhereIsCorrupt(t *testing.T) {
	for _, g := range jpegGoldens(t) {
		j := g.codec(t)
		dst := make([]byte, len(g.pixels))
		for n := 0; n < len(g.src); n += 1 + n/40 {
			if _, err := j.Decode(dst, g.src[:n], len(dst)); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s cut to %d of %d bytes: got %v, want ErrCorrupt", g.name, n, len(g.src), err)
			}
		}
		if _, err := j.Decode(dst, append(bytes.Clone(g.src), 0), len(dst)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s with a byte more: got %v, want ErrCorrupt", g.name, err)
		}
	}
}

// TestJPEGHeaderOfAGiantAllocatesNothing: the size is checked before memory is
// taken for it.
func TestJPEGHeaderOfAGiantAllocatesNothing(t *testing.T) {
	g := jpegGoldens(t)[0]
	src := bytes.Clone(g.src)
	at := bytes.Index(src, []byte{0xff, markerSOF0})
	copy(src[at+5:], []byte{0xff, 0xdc, 0xff, 0xdc}) // 65500x65500
	j := g.codec(t)
	dst := make([]byte, len(g.pixels))
	if n := testing.AllocsPerRun(10, func() {
		if _, err := j.Decode(dst, src, len(dst)); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("got %v, want ErrCorrupt", err)
		}
	}); n > 20 {
		t.Errorf("%v allocations", n)
	}
}

func TestJPEGIsNotWritten(t *testing.T) {
	j := jpegGoldens(t)[0].codec(t)
	if _, err := j.Encode(nil, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

func FuzzJPEG(f *testing.F) {
	shapes := [][4]int64{{17, 33, 1, 3}, {17, 33, 1, 1}, {5, 1, 1, 3}}
	for _, g := range jpegGoldens(f) {
		for i, s := range shapes {
			if s[0]*s[1] == int64(g.width*g.height) && s[3] == int64(g.channels) {
				f.Add(uint8(i), g.src)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, src []byte) {
		shape := shapes[int(which)%len(shapes)]
		j, err := NewJPEG(shape)
		if err != nil {
			t.Fatal(err)
		}
		n := int(shape[0] * shape[1] * shape[3])
		got, err := j.Decode(nil, src, n)
		if err != nil && !errors.Is(err, ErrCorrupt) || err == nil && len(got) != n {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

// tissue returns an image like one of an electron microscope, with noise.
func tissue(w, h int) *image.Gray {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 130 + 40*((x/23+y/31)%3) - 30*((x*x+y*y)/900%2) + r.IntN(24)
			m.Pix[y*m.Stride+x] = byte(v)
		}
	}
	return m
}

func BenchmarkJPEGDecode(b *testing.B) {
	const w, h = 64, 64 * 64
	gray := tissue(w, h)
	rgb := image.NewRGBA(gray.Rect)
	for y := range h {
		for x := range w {
			v := gray.Pix[y*w+x]
			rgb.SetRGBA(x, y, color.RGBA{v, v / 2, 255 - v, 255})
		}
	}
	for _, c := range []struct {
		name     string
		m        image.Image
		channels int64
	}{{"gray", gray, 1}, {"rgb-h2v2", rgb, 3}} {
		b.Run(c.name, func(b *testing.B) {
			var src bytes.Buffer
			if err := jpeg.Encode(&src, c.m, &jpeg.Options{Quality: 75}); err != nil {
				b.Fatal(err)
			}
			j, err := NewJPEG([4]int64{w, 64, 64, c.channels})
			if err != nil {
				b.Fatal(err)
			}
			dst := make([]byte, w*h*c.channels)
			b.SetBytes(int64(len(dst)))
			b.ReportMetric(float64(src.Len())/float64(len(dst)), "ratio")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := j.Decode(dst, src.Bytes(), len(dst)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
