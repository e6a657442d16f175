package integration

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// long makes the tests that can find more in more time take it: minutes.
var long = os.Getenv("TSMOUNT_LONG") != ""

// TestWriteModel does random things to a mounted array, and to a plain array in
// memory. $TSMOUNT_LONG or -rapid.checks=N make it longer, -rapid.seed=N repeats
// a run.
func TestWriteModel(t *testing.T) {
	program(t)
	checks := 25 // of 30 steps
	if long {
		checks = 1500
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", strconv.Itoa(checks)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newWriteModel(rapidTB{t, rt}, rt)
		rt.Repeat(map[string]func(*rapid.T){
			"open": s.open, "write": s.write, "write more": s.write, "write again": s.write, "read": s.read, "truncate": s.truncate,
			"map": s.storeMapped, "sync": s.sync, "close": s.close, "outside": s.outside, "remount": s.remount, "crash": s.crash, "look": s.look,
		})
		s.remount(rt)
		s.look(rt)
		s.m.stop()
	})
}

// rapidTB is a test that fails as its current attempt.
type rapidTB struct {
	testing.TB
	rt *rapid.T
}

func (t rapidTB) Helper()                      { t.rt.Helper() }
func (t rapidTB) Error(args ...any)            { t.rt.Error(args...) }
func (t rapidTB) Errorf(f string, args ...any) { t.rt.Errorf(f, args...) }
func (t rapidTB) Fatal(args ...any)            { t.rt.Fatal(args...) }
func (t rapidTB) Fatalf(f string, args ...any) { t.rt.Fatalf(f, args...) }
func (t rapidTB) Log(args ...any)              { t.rt.Log(args...) }
func (t rapidTB) Logf(f string, args ...any)   { t.rt.Logf(f, args...) }
func (t rapidTB) Cleanup(f func())             { t.rt.Cleanup(f) }
func (t rapidTB) Failed() bool                 { return t.rt.Failed() }

// writeModel is an array, a mount of it, and what is open.
type writeModel struct {
	t       testing.TB
	a       *target
	spec    object
	fresh   bool // reads see at once what others store
	m       *mount
	files   []*modelFile
	touched map[string]bool // cells that may be dirty
	// versions are the elements as they were since everything was durable, the
	// present included: what a crash may leave of a chunk.
	versions [][]byte
	seed     int
}

// modelFile is an open file; places say where in the array its elements are.
type modelFile struct {
	*os.File
	name   string
	places []int64
	head   int64
	write  bool
}

func newWriteModel(t testing.TB, rt *rapid.T) *writeModel {
	kind := rapid.SampledFrom(allKinds).Draw(rt, "kind")
	rank := 3
	if kind != "precomputed" && kind != "precomputed sharded" {
		rank = rapid.IntRange(1, 3).Draw(rt, "rank")
	}
	var shape, chunk []int64
	for range rank {
		shape = append(shape, rapid.Int64Range(1, []int64{40, 20, 13}[rank-1]).Draw(rt, "extent"))
		chunk = append(chunk, rapid.Int64Range(1, 7).Draw(rt, "chunk"))
	}
	fill := rapid.SampledFrom([]uint64{0, 42}).Draw(rt, "fill")
	bound := rapid.SampledFrom([]any{true, true, "open", false, 0}).Draw(rt, "recheck")
	limits := object{"total_bytes_limit": rapid.SampledFrom([]int{0, 300, 1 << 20}).Draw(rt, "pool"), "queued_for_writeback_bytes_limit": rapid.SampledFrom([]int{0, 200, 1 << 20}).Draw(rt, "queued")}
	a := makeTarget(t, kind, shape, chunk, fill)
	s := &writeModel{t: t, a: a, fresh: bound == true}
	s.spec = a.spec(recheck(bound, "open"), object{"context": object{"cache_pool": limits}, "store_data_equal_to_fill_value": rapid.Bool().Draw(rt, "keep")})
	s.durable()
	s.m = writable(t, s.spec)
	return s
}

// durable notes that everything is stored.
func (s *writeModel) durable() {
	s.touched, s.versions = map[string]bool{}, [][]byte{bytes.Clone(s.a.data)}
}

// change changes the bytes of the elements at places, from byte off of the
// payload on.
func (s *writeModel) change(places []int64, off int64, data []byte) {
	for i, b := range data {
		at := off + int64(i)
		s.a.data[places[at/2]+at%2] = b
		s.touched[s.cellAt(places[at/2])] = true
	}
	s.versions = append(s.versions, bytes.Clone(s.a.data))
}

// cellAt returns the cell of the element at an offset of the array.
func (s *writeModel) cellAt(at int64) string {
	cell, n := make([]int64, len(s.a.shape)), at/2
	for i := len(cell) - 1; i >= 0; i-- {
		cell[i] = n % s.a.shape[i] / s.a.chunk[i]
		n /= s.a.shape[i]
	}
	return fmt.Sprint(cell)
}

// draw draws a file: its name and where its elements are.
func (s *writeModel) draw(rt *rapid.T) (name string, places []int64) {
	a, cuts := s.a, s.a.whole()
	index := func(n int64) int64 { return rapid.Int64Range(0, n-1).Draw(rt, "index") }
	ext := rapid.SampledFrom([]string{"raw", "npy"}).Draw(rt, "format")
	switch rapid.IntRange(0, 3).Draw(rt, "view") {
	case 0:
		name = "array."
	case 1:
		dim := index(int64(len(cuts)))
		at := index(a.shape[dim])
		cuts[dim] = cut{at, at + 1, 1, true}
		name = fmt.Sprintf("slices/%d/%d.", dim, at)
	case 2:
		var cell []int64
		name = "chunks/"
		for i, n := range a.shape {
			cell = append(cell, index((n+a.chunk[i]-1)/a.chunk[i]))
			name += fmt.Sprintf("%d.", cell[i])
		}
		cuts = a.box(cell)
	case 3:
		name = "at/"
		for i, n := range a.shape {
			lo := index(n)
			cuts[i] = cut{lo, lo + 1, 1, rapid.Bool().Draw(rt, "drop")}
			if !cuts[i].drop {
				cuts[i].hi, cuts[i].step = lo+1+index(n-lo), 1+index(3)
			}
			name += cuts[i].String() + ","
		}
		name = name[:len(name)-1] + "."
	}
	return name + ext, a.places(cuts)
}

// pick picks an open file; a step without one is skipped.
func (s *writeModel) pick(rt *rapid.T, write bool) *modelFile {
	files := slices.DeleteFunc(slices.Clone(s.files), func(f *modelFile) bool { return write && !f.write })
	if len(files) == 0 {
		rt.Skip("nothing is open")
	}
	return files[rapid.IntRange(0, len(files)-1).Draw(rt, "file")]
}

// content is what a file has behind its header.
func (s *writeModel) content(f *modelFile) []byte {
	var out []byte
	for _, at := range f.places {
		out = append(out, s.a.data[at:at+2]...)
	}
	return out
}
