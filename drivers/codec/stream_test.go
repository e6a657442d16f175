package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// streamCodecs are the codecs that carry a checksum, by name.
var streamCodecs = map[string]Codec{
	"zlib": Zlib{6}, "gzip": Gzip{6}, "zstd": Zstd{Level: 3, Checksum: true},
	"bzip2": Bzip2{1}, "xz": XZ{6}, "crc32c": CRC32C{},
}

// levels are codecs of all levels that mean something else to Encode.
func levels() []Codec {
	all := []Codec{CRC32C{}, Zlib{-1}, Gzip{-1}}
	for level := range 10 {
		all = append(all, Zlib{level}, Gzip{level})
	}
	for _, level := range []int{-131072, -1, 0, 1, 3, 6, 10, 22} {
		all = append(all, Zstd{level, false}, Zstd{level, true})
	}
	return append(all, Bzip2{1}, Bzip2{9}, XZ{0}, XZ{9}, LZMA{0}, LZMA{9})
}

func TestWhatIsEncodedDecodes(t *testing.T) {
	for _, c := range levels() {
		for name, data := range samples() {
			if len(data) > 50_000 && testing.Short() {
				continue
			}
			src, err := c.Encode([]byte("ignored"), data)
			if err != nil {
				t.Fatalf("%#v %s: %v", c, name, err)
			}
			got, err := c.Decode([]byte("ignored"), src, len(data))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%#v %s: got %d bytes, want %d, error %v", c, name, len(got), len(data), err)
			}
			roomy := make([]byte, len(data)+100)
			got, err = c.Decode(roomy, src, len(data)+50)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%#v %s with room: got %d bytes, want %d, error %v", c, name, len(got), len(data), err)
			} else if len(data) > 0 && &got[0] != &roomy[0] {
				t.Errorf("%#v %s: the capacity of dst was not used", c, name)
			}
			if !bytes.Equal(roomy[len(data)+50:], make([]byte, 50)) {
				t.Errorf("%#v %s: wrote beyond max", c, name)
			}
			if len(data) > 0 {
				if _, err = c.Decode(nil, src, len(data)-1); !errors.Is(err, ErrCorrupt) {
					t.Errorf("%#v %s: one byte too many: got %v, want ErrCorrupt", c, name, err)
				}
			}
		}
	}
}

func TestLevelsOutOfRangeAreErrors(t *testing.T) {
	for _, c := range []Codec{
		Zlib{-2}, Zlib{10}, Gzip{-2}, Gzip{10}, Zstd{Level: 23}, Zstd{Level: -131073},
		Bzip2{0}, Bzip2{10}, XZ{-1}, XZ{10}, LZMA{-1}, LZMA{10},
	} {
		if _, err := c.Encode(nil, []byte("data")); err == nil || errors.Is(err, ErrCorrupt) {
			t.Errorf("%#v: got %v, want an error other than ErrCorrupt", c, err)
		}
	}
}

// TestVectors decodes what zarr-python 2.13.6 and TensorStore wrote.
func TestVectors(t *testing.T) {
	const shorts = "00000100020003000400050006000700"
	const block = "000100020003000400050006"
	for _, v := range []struct {
		codec     Codec
		src, want string
	}{
		{Zstd{}, "28b52ffd201081000000000100020003000400050006000700", shorts},
		{Zlib{}, "780163606064606260666061606560636067000000b8001d", shorts},
		{Bzip2{}, "425a68313141592653598d566445000000c0007f802000219346210c08b816f39613e2ee48a70a1211aacc88a0", shorts},
		{XZ{}, "fd377a585a000004e6d6b4460200210116000000742fe5a301000f0000010002000300040005000600070000e01d9bf2f7e1c81000012810e50b6c601fb6f37d010000000004595a", shorts},
		{Gzip{}, "1f8b08000000000000006360646062606660616065600300aaea6dbf0c000000", block},
		{Bzip2{}, "425a6839314159265359023e0dd200000040007f002000310c010d31a87394337c5dc914e1424008f83748", block},
		{XZ{}, "fd377a585a000004e6d6b4460200210116000000742fe5a301000b000100020003000400050006000d0309ca34ec15a70001240ca618d8d81fb6f37d010000000004595a", block},
		{CRC32C{}, "3132333435363738398392" + "06e3", "313233343536373839"},
	} {
		src, err := hex.DecodeString(v.src)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.codec.Decode(nil, src, len(v.want)/2)
		if err != nil || hex.EncodeToString(got) != v.want {
			t.Errorf("%T %s: got %x, error %v, want %s", v.codec, v.src, got, err, v.want)
		}
	}
}

func TestChunksOfOtherPrograms(t *testing.T) {
	names, err := filepath.Glob("testdata/stream/*.*")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d files, error %v", len(names), err)
	}
	for _, name := range names {
		c := streamCodecs[strings.TrimPrefix(filepath.Ext(name), ".")]
		if c == nil {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(filepath.Base(name), "bad-") {
			if _, err := c.Decode(nil, src, 40); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s: got %v, want ErrCorrupt", name, err)
			}
			continue
		}
		want, err := os.ReadFile(name + ".raw")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Decode(nil, src, len(want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, error %v, want %x", name, got, err, want)
		}
	}
}

func TestStreamsOneAfterTheOther(t *testing.T) {
	data := []byte("one two three one two three")
	for name, c := range streamCodecs {
		src, err := c.Encode(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, tail := range []string{"\x00", "junk", string(src[:len(src)-1])} {
			if _, err := c.Decode(nil, append(src[:len(src):len(src)], tail...), 1000); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s followed by %q: got %v, want ErrCorrupt", name, tail, err)
			}
		}
		got, err := c.Decode(nil, append(src[:len(src):len(src)], src...), 2*len(data))
		if name == "zlib" || name == "crc32c" {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s twice: got %v, want ErrCorrupt", name, err)
			}
		} else if err != nil || string(got) != string(data)+string(data) {
			t.Errorf("%s twice: got %q, error %v", name, got, err)
		}
	}
}

// TestNoiseIsHuffmanCoded guards against levels that store skewed noise raw.
func TestNoiseIsHuffmanCoded(t *testing.T) {
	data := u16Noise(200_000)
	for i := range len(data) / 2 {
		data[i] = data[2*i]>>2 + 60 // low bytes: noise of about six bits
	}
	data = data[:len(data)/2]
	for _, c := range []Codec{Zlib{1}, Zlib{3}, Gzip{2}, Zlib{6}, Zlib{9}, Zstd{Level: 1}, Zstd{Level: 3}} {
		src, err := c.Encode(nil, data)
		if err != nil || len(src) > len(data)*4/5 {
			t.Errorf("%#v: %d of %d bytes, error %v; want at most four fifths", c, len(src), len(data), err)
		}
	}
}

func TestDecodingIntoABufferAllocatesNothing(t *testing.T) {
	data := u16Noise(20_000)
	for _, name := range []string{"zlib", "gzip", "zstd", "bzip2", "crc32c"} {
		c := streamCodecs[name]
		src, err := c.Encode(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, 0, len(data))
		n := testing.AllocsPerRun(50, func() {
			if _, err := c.Decode(dst, src, len(data)); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

// TestCutAndFlippedBits tries every prefix and every single wrong bit of one
// stream of each codec with a checksum.
func TestCutAndFlippedBits(t *testing.T) {
	data := u16Noise(150)
	for name, c := range streamCodecs {
		src, err := c.Encode(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		for n := range src {
			if _, err := c.Decode(nil, src[:n], len(data)); !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s cut to %d of %d bytes: got %v, want ErrCorrupt", name, n, len(src), err)
			}
		}
		for i := range 8 * len(src) {
			src[i/8] ^= 1 << (i % 8)
			got, err := c.Decode(nil, src, len(data))
			if err == nil && !bytes.Equal(got, data) || err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("%s with bit %d flipped: wrong data or error %v", name, i, err)
			}
			src[i/8] ^= 1 << (i % 8)
		}
	}
}

// TestBombsAllocateLittle decodes streams of megabytes and more into at most
// 100 kB, without a buffer.
func TestBombsAllocateLittle(t *testing.T) {
	const limit, scratch = 100_000, 5 << 20
	bombs := map[string][]byte{}
	for _, name := range []string{"bzip2", "xz", "zstd"} {
		src, err := os.ReadFile("testdata/stream/bad-bomb." + name)
		if err != nil {
			t.Fatal(err)
		}
		bombs[name] = src
	}
	for _, name := range []string{"zlib", "gzip", "zstd"} {
		src, err := streamCodecs[name].Encode(nil, make([]byte, 32<<20))
		if err != nil {
			t.Fatal(err)
		}
		bombs[name+" "] = src
	}
	for name, src := range bombs {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := streamCodecs[strings.TrimSpace(name)].Decode(nil, src, limit)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 3*limit+scratch {
			t.Errorf("%s: allocated %d bytes for at most %d", name, n, limit)
		}
	}
}
