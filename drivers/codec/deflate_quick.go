package codec

// The quick encoder takes this much, in bytes, before it is looked at what came
// out: more and more as long as little does, for each end of a piece costs some.
const (
	quickPiece    = 64 << 10
	maxQuickPiece = 512 << 10
)

// deflateQuickly is deflate at levels 1 to 3. The quick encoder stores what has
// few matches raw, although noise in the low bits of images leaves 20-30 % for
// Huffman coding to take: such pieces are encoded without looking for matches.
// Later ones may refer to them nevertheless.
func deflateQuickly(dst, src []byte) ([]byte, error) {
	quick, err := takeDeflater(quickMatches, dst)
	if err != nil {
		return nil, err
	}
	size := quickPiece
	for first := true; first || len(src) > 0; first = false {
		piece := src[:min(size, len(src))]
		src = src[len(piece):]
		begin := len(quick.out.b)
		if err := quick.encode(piece, len(src) == 0); err != nil {
			return nil, err
		}
		kept := float64(len(quick.out.b)-begin) / float64(len(piece))
		if kept > noisyRatio {
			if quick.out.b, err = withoutMatches(quick.out.b, begin, piece, len(src) == 0); err != nil {
				return nil, err
			}
		}
		if size = quickPiece; kept < plainRatio {
			size = min(2*len(piece), maxQuickPiece)
		}
	}
	return quick.release(), nil
}

// withoutMatches encodes a piece anew, of which the encoded form begins at begin
// of dst, and takes what is shorter.
func withoutMatches(dst []byte, begin int, piece []byte, last bool) ([]byte, error) {
	end := len(dst)
	plain, err := takeDeflater(huffmanOnly, dst)
	if err != nil {
		return nil, err
	}
	if err := plain.encode(piece, last); err != nil {
		return nil, err
	}
	dst = plain.release()
	if again := dst[end:]; len(again) < end-begin {
		return append(dst[:begin], again...), nil
	}
	return dst[:end], nil
}
