package codec

import "github.com/klauspost/compress/s2"

// The compressors of the splits of a blosc block.

// inflate decompresses one split to exactly len(dst) bytes.
func (r *bloscReader) inflate(dst, src []byte) error {
	if len(src) == len(dst) {
		copy(dst, src)
		return nil
	}
	var out []byte
	var err error
	switch r.flags >> bloscFormatBit {
	case bloscFormatBlosclz:
		return decodeBlosclz(dst, src)
	case bloscFormatLZ4:
		return decodeLZ4(dst, src)
	case bloscFormatSnappy:
		out, err = decodeSnappy(dst, src)
	case bloscFormatZlib:
		out, err = Zlib{}.Decode(dst[:0], src, len(dst))
	default:
		out, err = Zstd{}.Decode(dst[:0], src, len(dst))
	}
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return corruptf("blosc", "split of %d bytes instead of %d", len(out), len(dst))
	}
	if len(dst) > 0 && &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}

// decodeSnappy decompresses a snappy block, without the framing format, whose
// data must fit in dst.
func decodeSnappy(dst, src []byte) ([]byte, error) {
	n, err := s2.DecodedLen(src)
	if err != nil || n != len(dst) {
		return nil, corruptf("snappy", "block of %d bytes instead of %d", n, len(dst))
	}
	out, err := s2.Decode(dst, src)
	if err != nil {
		return nil, corruptf("snappy", "%v", err)
	}
	return out, nil
}

// deflate compresses src into dst and returns how many bytes that took, 0 if
// it does not fit.
func (w *bloscWriter) deflate(dst, src []byte) (int, error) {
	switch w.Cname {
	case "blosclz":
		return encodeBlosclz(dst, src, w.Clevel, w.flags&bloscUnsplit == 0), nil
	case "lz4":
		return encodeLZ4(dst, src, 10-w.Clevel)
	case "lz4hc":
		return encodeLZ4HC(dst, src, w.Clevel)
	}
	temp := getBloscTemp(s2.MaxEncodedLen(len(src)))
	defer putBloscTemp(temp)
	var out []byte
	var err error
	switch w.Cname {
	case "snappy":
		out = s2.EncodeSnappy((*temp)[:cap(*temp)], src)
	case "zlib":
		out, err = Zlib{Level: w.Clevel}.Encode((*temp)[:0], src)
	default:
		out, err = Zstd{Level: bloscZstdLevel(w.Clevel)}.Encode((*temp)[:0], src)
	}
	if err != nil || len(out) > len(dst) {
		return 0, err
	}
	return copy(dst, out), nil
}

// bloscZstdLevel spreads levels 1 to 9 over those of zstd.
func bloscZstdLevel(clevel int) int {
	switch clevel {
	case 9:
		return 22
	case 8:
		return 20
	}
	return 2*clevel - 1
}
