package codec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// lz4Model writes LZ4 sequences and, byte by byte, the data they stand for.
type lz4Model struct{ enc, data []byte }

func (m *lz4Model) length(n int) {
	for n -= lz4Long; n >= 255; n -= 255 {
		m.enc = append(m.enc, 255)
	}
	m.enc = append(m.enc, byte(n))
}

// add appends a sequence; a match of no bytes is none.
func (m *lz4Model) add(literals []byte, dist, n int) {
	m.enc = append(m.enc, byte(min(len(literals), lz4Long)<<4|max(min(n-lz4MinMatch, lz4Long), 0)))
	if len(literals) >= lz4Long {
		m.length(len(literals))
	}
	m.enc, m.data = append(m.enc, literals...), append(m.data, literals...)
	if n == 0 {
		return
	}
	m.enc = le.AppendUint16(m.enc, uint16(dist))
	if n-lz4MinMatch >= lz4Long {
		m.length(n - lz4MinMatch)
	}
	for range n {
		m.data = append(m.data, m.data[len(m.data)-dist])
	}
}

// newLZ4Model has sequences of lengths and distances where decoders differ.
func newLZ4Model(rng *rand.Rand, sequences int) *lz4Model {
	literals := []int{0, 1, 2, 3, 7, 14, 15, 16, 31, 32, 33, 269, 270, 271, 524, 525, 1000}
	matches := []int{4, 5, 8, 9, 18, 19, 20, 31, 32, 33, 63, 65, 272, 273, 274, 275, 527, 528, 529, 2000}
	few := 1 + rng.IntN(len(literals))
	m := new(lz4Model)
	for range sequences {
		n := literals[rng.IntN(few)]
		dist := 1 + rng.IntN(max(min(len(m.data)+n, []int{1, 8, 40, 65535}[rng.IntN(4)]), 1))
		if len(m.data)+n == 0 {
			n = 1
		}
		m.add(noiseBytes(rng, n), dist, matches[rng.IntN(min(few+3, len(matches)))])
	}
	m.add(noiseBytes(rng, 5+rng.IntN(100)), 0, 0)
	return m
}

func TestLZ4Blocks(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for range 3000 {
			m := newLZ4Model(rng, rng.IntN(200))
			got, ok := fencedBytes(rng, len(m.data))
			if err := decodeLZ4(got, m.enc); err != nil || !bytes.Equal(got, m.data) || !ok() {
				t.Fatalf("%d bytes: %v\n%x", len(m.data), err, m.enc)
			}
			for _, n := range []int{len(m.data) - 1, len(m.data) + 1} {
				got, ok := fencedBytes(rng, n)
				if err := decodeLZ4(got, m.enc); !errors.Is(err, ErrCorrupt) || !ok() {
					t.Fatalf("%d bytes decoded to %d: %v", len(m.data), n, err)
				}
			}
		}
	})
}

// sameAsCareful fails unless the result of decodeLZ4 is that of decoding one
// sequence at a time, and that of the library if it takes the block: it refuses
// the ones whose last token has no literals, which the format allows.
func sameAsCareful(t *testing.T, b, got []byte, err error) {
	t.Helper()
	want := make([]byte, len(got))
	op, ip, ok := 0, 0, true
	for ok {
		if op, ip, ok = lz4Sequence(want, b, op, ip); ip == len(b) {
			break
		}
	}
	ok = ok && op == len(want)
	if (err == nil) != ok || ok && !bytes.Equal(got, want) {
		t.Fatalf("%v, but one by one: %v\n%x", err, ok, b)
	}
	clear(want)
	if n, err := lz4.UncompressBlock(b, want); ok && err == nil && (n != len(want) || !bytes.Equal(got, want)) {
		t.Fatalf("differs from the library\n%x", b)
	}
}

func TestLZ4DamagedBlocks(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(15, 16))
		for range 5000 {
			m := newLZ4Model(rng, 1+rng.IntN(60))
			b := damagedCopy(rng, m.enc)
			got, ok := fencedBytes(rng, len(m.data))
			err := decodeLZ4(got, b)
			if err != nil && !errors.Is(err, ErrCorrupt) || !ok() {
				t.Fatalf("%v\n%x", err, b)
			}
			sameAsCareful(t, b, got, err)
		}
	})
}

func FuzzLZ4Block(f *testing.F) {
	rng := rand.New(rand.NewPCG(17, 18))
	for n := range 5 {
		m := newLZ4Model(rng, 10*n)
		f.Add(m.enc, len(m.data))
	}
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		n &= 1<<16 - 1
		all := bytes.Repeat([]byte{0x5a}, n+64)
		err := decodeLZ4(all[:n:n], b)
		if bytes.Count(all[n:], []byte{0x5a}) != 64 {
			t.Fatal("wrote beyond the buffer")
		}
		sameAsCareful(t, b, all[:n], err)
	})
}
