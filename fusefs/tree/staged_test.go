package tree

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tsmount/arrayview"
	"tsmount/arrayview/format"
)

func TestRangesModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const n = 40
		var r ranges
		naive := make([]bool, n)
		for range rapid.IntRange(0, 20).Draw(rt, "adds") {
			lo := rapid.Int64Range(0, n).Draw(rt, "lo")
			hi := rapid.Int64Range(0, n).Draw(rt, "hi")
			before := r.clone()
			r.add(lo, hi)
			for i := lo; i < hi; i++ {
				naive[i] = true
			}
			if before.add(lo, hi); !slices.Equal(before.list, r.list) {
				rt.Fatalf("the clone got %v, want %v", before.list, r.list)
			}
		}
		got, total, last := make([]bool, n), int64(0), int64(-1)
		for _, e := range r.list {
			if e.lo <= last || e.lo >= e.hi {
				rt.Fatalf("%v are not ascending ranges that do not touch", r.list)
			}
			for last = e.lo; last < e.hi; last++ {
				got[last] = true
				total++
			}
		}
		if !slices.Equal(got, naive) || r.total() != total {
			rt.Fatalf("got %v, total %d, want %v", r.list, r.total(), naive)
		}
	})
}

func TestTooManyRangesAreLost(t *testing.T) {
	var r ranges
	for i := range int64(maxRanges + 1) {
		r.add(2*i, 2*i+1)
	}
	if !r.lost || r.list != nil {
		t.Errorf("lost %v, %d ranges", r.lost, len(r.list))
	}
	r.add(0, 10)
	if r.total() != 0 {
		t.Errorf("got %d", r.total())
	}
}

// npy returns the layout of a file of 2x3x4 numbers.
func npy(t testing.TB) *format.Layout {
	t.Helper()
	l, err := formatOf("npy").Layout(format.View{
		DType: arrayview.Float32, Shape: []int64{2, 3, 4}, Origin: make([]int64, 3), Labels: make([]string, 3),
		InnerOrder: []int{0, 1, 2}, Units: make([]format.Unit, 3),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &l
}

// TestStagedHeaderModel writes pieces of headers that are equal, equivalent or
// another file's, against a model of single bytes.
func TestStagedHeaderModel(t *testing.T) {
	l := npy(t)
	own := l.Header
	shorter := bytes.Replace(own, []byte("'descr': "), []byte("'descr':"), 1)
	same := slices.Concat(shorter[:len(shorter)-1], []byte(" \n"))
	other := bytes.Replace(own, []byte("(2, 3, 4)"), []byte("(2, 3, 5)"), 1)
	if l.CheckHeader(same) != nil || l.CheckHeader(other) == nil {
		t.Fatal("the headers are not what they are meant to be")
	}
	rapid.Check(t, func(rt *rapid.T) {
		var s stagedHeader
		text, have, bad := slices.Clone(own), make([]bool, len(own)), false
		again := func() { text, have = slices.Clone(own), make([]bool, len(own)) }
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if rapid.IntRange(0, 5).Draw(rt, "flush") == 0 {
				bad = bad || l.CheckHeader(text) != nil
				if err := s.judge(l); (err != nil) != bad {
					rt.Fatalf("judged: %v, want an error: %v", err, bad)
				}
				again()
				continue
			}
			from := rapid.SampledFrom([][]byte{own, same, other}).Draw(rt, "header")
			cuts := []int{0, 1, 12, 30, 60, 76, 90, len(own)}
			i := rapid.IntRange(0, len(cuts)-2).Draw(rt, "from")
			lo, hi := cuts[i], cuts[rapid.IntRange(i+1, len(cuts)-1).Draw(rt, "to")]
			next, now := slices.Clone(text), slices.Clone(have)
			copy(next[lo:hi], from[lo:hi])
			for i := lo; i < hi; i++ {
				now[i] = true
			}
			whole := !slices.Contains(now, false)
			refuse := whole && l.CheckHeader(next) != nil
			if err := s.write(l, from[lo:hi], int64(lo)); (err != nil) != refuse {
				rt.Fatalf("bytes %d to %d: got %v, want an error: %v", lo, hi, err, refuse)
			}
			switch {
			case refuse:
			case whole:
				again()
			default:
				text, have = next, now
			}
		}
	})
}
