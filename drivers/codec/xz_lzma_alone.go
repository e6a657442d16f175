package codec

import (
	"encoding/binary"

	"github.com/ulikunitz/xz/lzma"
)

// LZMA is the older container of LZMA, .lzma files: numcodecs' lzma with
// format 2. A header of 13 bytes has the properties, the size of the
// dictionary and that of the data, or all ones if a marker ends them. There is
// no checksum. Preset is 0 to 9 and matters to Encode alone.
type LZMA struct{ Preset int }

var _ Codec = LZMA{}

const lzmaHeader = 13

// Encode returns src with its size in the header, or an end marker if it is
// empty: liblzma does not read empty data without one. The only error is a Preset
// outside 0..9.
func (z LZMA) Encode(dst, src []byte) ([]byte, error) {
	dict, err := xzDictionary("lzma", z.Preset, len(src))
	if err != nil {
		return nil, err
	}
	out := appender{dst[:0]}
	config := lzma.WriterConfig{DictCap: dict, Size: int64(len(src)), EOSMarker: len(src) == 0}
	w, err := config.NewWriter(&out)
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

// Decode returns the data of src, which must end where they end. More than max
// bytes are ErrCorrupt.
func (LZMA) Decode(dst, src []byte, max int) ([]byte, error) {
	return decodeLZMA(dst, src, "lzma", max)
}

func decodeLZMA(dst, src []byte, codec string, max int) ([]byte, error) {
	d := newLZMADecoder(codec, dst, max)
	err := d.alone(src)
	out := d.free()
	if err != nil {
		return nil, err
	}
	return out, nil
}

// alone decodes a .lzma file.
func (d *lzmaDecoder) alone(src []byte) error {
	if len(src) < lzmaHeader {
		return corruptf(d.codec, "header is cut")
	}
	if err := d.setProps(src[0]); err != nil {
		return err
	}
	limit, size := d.max, binary.LittleEndian.Uint64(src[5:])
	sized := size != ^uint64(0)
	if sized {
		if size > uint64(d.max) {
			return corruptf(d.codec, "%d bytes, at most %d expected", size, d.max)
		}
		limit = int(size)
	}
	d.resetState()
	if err := d.start(src[lzmaHeader:]); err != nil {
		return err
	}
	marker, err := d.run(limit)
	if err != nil {
		return err
	}
	if marker && sized {
		return corruptf(d.codec, "%d bytes, the header says %d", d.op, size)
	}
	// A marker may follow data of a known size, and must follow others.
	if !marker && !(sized && d.finished()) {
		if d.marker(); d.reps[0] != ^uint32(0) {
			return corruptf(d.codec, "data without end")
		}
	}
	if !d.finished() {
		return corruptf(d.codec, "%d bytes instead of %d", len(src)-lzmaHeader, d.ip)
	}
	return nil
}

// marker decodes one symbol, of any kind but a literal. The end marker leaves
// the distance of all ones behind.
func (d *lzmaDecoder) marker() {
	pos := uint32(d.op-d.begin) & (1<<d.pb - 1)
	if d.bit(probMatch+d.state<<4+pos) == 1 {
		d.matchLength(pos)
	}
}
