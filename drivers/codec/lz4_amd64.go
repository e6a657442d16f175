package codec

// lz4Tiles has, for each distance below 16, the shuffle that repeats so many
// bytes over 32, and how many of the 32 are whole repetitions.
var lz4Tiles = newLZ4Tiles()

type lz4TileTable struct {
	shuffle [16][32]byte
	step    [16]byte
}

func newLZ4Tiles() (t lz4TileTable) {
	for dist := 1; dist < 16; dist++ {
		for i := range t.shuffle[dist] {
			t.shuffle[dist][i] = byte(i % dist)
		}
		t.step[dist] = byte(32 - 32%dist)
	}
	return t
}

//go:noescape
func lz4SequencesAVX2(dst, src []byte, op, ip int, tiles *lz4TileTable) (int, int)

// lz4Sequences decodes sequences from src[ip:] to dst[op:] and returns where
// it stopped, at a sequence that is malformed, long, or near the end of either
// buffer.
func lz4Sequences(dst, src []byte, op, ip int) (int, int) {
	if !hasAVX2 || len(dst)-op < 128 || len(src)-ip < 64 {
		return op, ip
	}
	return lz4SequencesAVX2(dst, src, op, ip, &lz4Tiles)
}
