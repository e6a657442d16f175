package codec

import (
	"fmt"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Zstd is the Zstandard format, RFC 8878. Level is zstd's: -131072 to 22, 0
// for the default of 3. Checksum adds four bytes of XXH64 to the frame. Both
// matter to Encode alone: Decode checks the checksums that are there.
type Zstd struct {
	Level    int
	Checksum bool
}

var _ Codec = Zstd{}

const (
	zstdMinLevel = -131072
	zstdMaxLevel = 22

	// zstdMaxWindow is the largest back-reference distance of our frames in
	// bytes, which every decoder must support: RFC 8878 section 3.1.1.1.2.
	zstdMaxWindow = 8 << 20

	// zstdAnyWindow admits every window that a frame can declare. Decoding
	// into one buffer needs no memory for a window.
	zstdAnyWindow = 1<<41 + 7<<38
)

// zstdDecoder is shared by all: it holds one idle decoder per processor.
var zstdDecoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0),
		zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxWindow(zstdAnyWindow))
	if err != nil {
		panic(err) // options are constants
	}
	return d
})

// zstdKey is what encoders in one pool have in common.
type zstdKey struct {
	speed    zstd.EncoderLevel
	window   int
	checksum bool
}

// zstdEncoders maps zstdKey to the *sync.Pool of its idle encoders: an encoder
// holds 3-40 MiB, which the garbage collector may take back.
var zstdEncoders sync.Map

// Encode returns src as one frame that states its content size. The only error
// is a Level out of range. The encoder has four speeds, to which the levels
// map; 10 to 22 are one and compress less than the reference does.
func (z Zstd) Encode(dst, src []byte) ([]byte, error) {
	if z.Level < zstdMinLevel || z.Level > zstdMaxLevel {
		return nil, fmt.Errorf("zstd: no level %d: must be %d to %d", z.Level, zstdMinLevel, zstdMaxLevel)
	}
	level := z.Level
	if level == 0 {
		level = 3
	}
	key := zstdKey{zstd.EncoderLevelFromZstd(level), zstdWindow(len(src)), z.Checksum}
	pool := zstdPool(key)
	e, _ := pool.Get().(*zstd.Encoder)
	if e == nil {
		var err error
		if e, err = newZstdEncoder(key); err != nil {
			return nil, err
		}
	}
	dst = e.EncodeAll(src, dst[:0])
	pool.Put(e)
	return dst, nil
}

// zstdWindow returns the smallest window that spans n bytes, a power of two.
func zstdWindow(n int) int {
	w := zstd.MinWindowSize
	if n > w {
		w = 1 << bits.Len(uint(n-1))
	}
	return min(w, zstdMaxWindow)
}

func zstdPool(key zstdKey) *sync.Pool {
	pool, ok := zstdEncoders.Load(key)
	if !ok {
		pool, _ = zstdEncoders.LoadOrStore(key, new(sync.Pool))
	}
	return pool.(*sync.Pool)
}

// newZstdEncoder returns an encoder for one caller at a time. Literals are
// always entropy coded: without matches, which is how images look, the fast
// speeds would otherwise store them raw.
func newZstdEncoder(key zstdKey) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil,
		zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderLevel(key.speed),
		zstd.WithWindowSize(key.window),
		zstd.WithEncoderCRC(key.checksum),
		zstd.WithSingleSegment(true),
		zstd.WithZeroFrames(true),
		zstd.WithAllLitEntropyCompression(true),
		zstd.WithLowerEncoderMem(true))
}

// Decode returns the content of all frames of src, of which there must be at
// least one and nothing after the last. Frames need not state their content
// size; skippable frames are passed over. More than max bytes in all, a wrong
// checksum and a frame that needs a dictionary are ErrCorrupt.
func (Zstd) Decode(dst, src []byte, max int) ([]byte, error) {
	room, err := zstdRoom(src, max)
	if err != nil {
		return nil, err
	}
	dst = reserve(dst, room)
	for len(src) > 0 {
		f, err := scanZstdFrame(src)
		if err != nil {
			return nil, err
		}
		ok := f.skip
		if !ok && zstdFast() {
			dst, ok = decodeZstdFrame(dst, src, f, max)
		}
		if !ok {
			limit := min(cap(dst), max+zstdSlack)
			dst, err = zstdDecoder().DecodeAll(src[:f.size], dst[:len(dst):limit])
			if err != nil {
				return nil, corruptf("zstd", "%v", err)
			}
			if len(dst) > max {
				return nil, corruptf("zstd", "more than %d bytes", max)
			}
		}
		src = src[f.size:]
	}
	return dst, nil
}

// zstdRoom returns how many bytes the frames of src may decode to: their
// declared sizes, or what their blocks can hold at most, or max.
func zstdRoom(src []byte, max int) (int, error) {
	if len(src) == 0 {
		return 0, corruptf("zstd", "no frame")
	}
	room := 0
	for len(src) > 0 {
		f, err := scanZstdFrame(src)
		if err != nil {
			return 0, err
		}
		if f.sized && f.bound > uint64(max-room) {
			return 0, corruptf("zstd", "frames declare more than %d bytes", max)
		}
		room += int(min(f.bound, uint64(max-room)))
		src = src[f.size:]
	}
	return room, nil
}
