package codec

import (
	"fmt"
	"math/bits"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// XZ is the .xz container with LZMA2, of N5's xz and numcodecs' lzma with
// format 1. Preset is xz's, 0 to 9: it chooses the size of the dictionary and
// matters to Encode alone.
type XZ struct{ Preset int }

var _ Codec = XZ{}

// xzMaxDictionary bounds the memory of the encoder, which is about six times
// the dictionary.
const xzMaxDictionary = 8 << 20

// xzDictionaries are the dictionaries of xz's presets, in bytes.
var xzDictionaries = [10]int{
	256 << 10, 1 << 20, 2 << 20, 4 << 20, 4 << 20, 8 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20,
}

// Encode returns src as one .xz stream of one block with a CRC64. The only
// error is a Preset outside 0..9.
func (x XZ) Encode(dst, src []byte) ([]byte, error) {
	dict, err := xzDictionary("xz", x.Preset, len(src))
	if err != nil {
		return nil, err
	}
	out := appender{dst[:0]}
	w, err := xz.WriterConfig{DictCap: dict, CheckSum: xz.CRC64}.NewWriter(&out)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.b, nil
}

// xzDictionary returns the size of dictionary for n bytes: the preset's, but
// not much more than n.
func xzDictionary(codec string, preset, n int) (int, error) {
	if preset < 0 || preset >= len(xzDictionaries) {
		return 0, fmt.Errorf("%s: no preset %d: must be 0 to 9", codec, preset)
	}
	enough := lzma.MinDictCap
	if n > enough {
		enough = 1 << bits.Len(uint(n-1))
	}
	return min(enough, xzDictionaries[preset], xzMaxDictionary), nil
}

// Decode returns the data of all streams of src, of which there must be at
// least one and nothing but padding after the last. A wrong checksum or index
// and more than max bytes in all are ErrCorrupt. Filters other than LZMA2 and
// Delta are not supported. The older .lzma files, which TensorStore reads
// under the same name, are read too; they have no checksum.
//
// The data are the dictionary: whatever sizes the headers claim, nothing is
// allocated for them.
func (XZ) Decode(dst, src []byte, max int) ([]byte, error) {
	if len(src) > 0 && src[0] != xzMagic[0] {
		return decodeLZMA(dst, src, "xz", max)
	}
	d := newLZMADecoder("xz", dst, max)
	err := d.streams(src)
	out := d.free()
	if err != nil {
		return nil, err
	}
	return out, nil
}
