//go:build linux

package codec

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
)

// guarded returns n bytes, the last of which is followed by memory that kills
// the process when it is read or written.
func guarded(t *testing.T, n int) []byte {
	t.Helper()
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	if err := syscall.Mprotect(m[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return m[size-n : size : size]
}

// TestInflateStaysInItsBuffers decodes damaged streams between two guards, and
// compares with the standard library.
func TestInflateStaysInItsBuffers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	rounds := 3000
	if testing.Short() {
		rounds = 200
	}
	for _, data := range [][]byte{u16Noise(6000), segments(6000), bytes.Repeat([]byte("abcabd"), 1000)} {
		for _, level := range []int{flate.HuffmanOnly, 1, 9} {
			stream := rawDeflate(t, data, level)
			src, room := guarded(t, len(stream)), guarded(t, len(data))
			for range rounds / 9 {
				copy(src, stream)
				for range r.IntN(4) {
					src[r.IntN(len(src))] ^= 1 << r.IntN(8)
				}
				cut := src[r.IntN(len(src))*r.IntN(2):]
				limit := len(data) - r.IntN(2)*r.IntN(len(data))
				dst := room[len(room)-limit:][:0]
				checkInflate(t, dst, cut, limit)
			}
		}
	}
}

func checkInflate(t *testing.T, dst, src []byte, limit int) {
	t.Helper()
	want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(src)), int64(limit)+1))
	got, _, err := inflate(dst[:0], src, "test", limit)
	if ok := wantErr == nil && len(want) <= limit; ok != (err == nil) || ok && !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, error %v; the standard library %d, %v", len(got), err, len(want), wantErr)
	}
}
