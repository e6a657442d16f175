package drivertest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tsmount/drivers"
)

// Limits of what one case damages, so that large chunks do not take long.
const (
	damagedChunks = 3
	damagedBytes  = 64
)

// damage decodes damaged forms of some stored chunks: an error must be
// ErrCorrupt, and what has lost half or all of its bytes must be one.
func (g *golden) damage(t *testing.T) {
	t.Helper()
	left := damagedChunks
	for c := range cells(g.schema) {
		enc, ok := g.chunks[g.ds.ChunkKey(c)]
		if !ok {
			continue
		}
		if left--; left < 0 {
			return
		}
		for what, bad := range damaged(enc) {
			err := g.decodeDamaged(bad, c)
			if err != nil && !errors.Is(err, drivers.ErrCorrupt) {
				t.Errorf("cell %v, %s: got %v, want ErrCorrupt", c, what, err)
			}
		}
		for _, n := range []int{0, len(enc) / 2} {
			if err := g.decodeDamaged(enc[:n], c); err == nil {
				t.Errorf("cell %v, cut to %d of %d bytes: no error", c, n, len(enc))
			}
		}
	}
}

// decodeDamaged decodes into a buffer between guards.
func (g *golden) decodeDamaged(enc []byte, c []int64) error {
	const guard = 64
	n := g.schema.ChunkBytes()
	room := garbage(n + 2*guard)
	dst := room[guard : guard+n : guard+n]
	err := g.ds.Decode(dst, slices.Clone(enc), c)
	edge := garbage(guard)
	if !bytes.Equal(room[:guard], edge) || !bytes.Equal(room[guard+n:], edge) {
		return errors.New("bytes outside the buffer were written")
	}
	return err
}

// damaged returns damaged forms of enc by what was done to them.
func damaged(enc []byte) map[string][]byte {
	out := map[string][]byte{
		"one byte more":  append(slices.Clone(enc), 0),
		"many bytes":     append(slices.Clone(enc), make([]byte, 1000)...),
		"twice":          slices.Concat(enc, enc),
		"one byte less":  enc[:max(0, len(enc)-1)],
		"all bits set":   bytes.Repeat([]byte{0xff}, len(enc)),
		"nothing but 0":  make([]byte, len(enc)),
		"first byte off": enc[min(1, len(enc)):],
	}
	r := rand.New(rand.NewPCG(uint64(len(enc)), 1))
	for i := range min(damagedBytes, len(enc)) {
		at := i // headers first, then anywhere
		if i >= damagedBytes/2 {
			at = r.IntN(len(enc))
		}
		bad := slices.Clone(enc)
		bad[at] ^= 1 << r.IntN(8)
		out[fmt.Sprintf("bit flipped in byte %d", at)] = bad
	}
	return out
}
