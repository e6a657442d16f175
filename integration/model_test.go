package integration

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestModel compares random reads with a plain array in memory, in every
// combination of what must not matter: freshness, the size of the pool, how the
// elements are stored. $TSMOUNT_SEED repeats a run.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("TSMOUNT_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("TSMOUNT_SEED=%d", seed)
	gzip := object{"id": "gzip", "level": 1}
	for i, v := range []volume{
		{dtype: "<u2", shape: []int64{13, 40, 61}, chunk: []int64{5, 16, 20}, fill: 9, missing: func(c []int64) bool { return (c[0]+c[1]+c[2])%4 == 1 }},
		{dtype: ">f4", shape: []int64{17, 9, 5, 11}, chunk: []int64{4, 9, 2, 8}, order: "F", compressor: gzip},
		{dtype: "|u1", shape: []int64{200, 90}, chunk: []int64{7, 90}, plain: true},
	} {
		d := makeDataset(t, v)
		for _, bound := range []any{true, "open", false} {
			for _, bytes := range []int{0, 20_000, 64 << 20} {
				t.Run(fmt.Sprintf("%s/%v/%d", v.dtype, bound, bytes), func(t *testing.T) {
					more := object{"recheck_cached_data": bound, "recheck_cached_metadata": bound}
					m := start(t, d.spec(more, pool(bytes)))
					r := rand.New(rand.NewPCG(seed, uint64(i)))
					for range 40 {
						compareRandomFile(t, m, d, r)
					}
				})
			}
		}
	}
}

// compareRandomFile opens a random view and reads it at random places.
func compareRandomFile(t *testing.T, m *mount, d *dataset, r *rand.Rand) {
	t.Helper()
	name, want := randomView(d, r)
	f, err := os.Open(m.path(name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	header := st.Size() - int64(len(want))
	for range 4 {
		off := r.Int64N(st.Size())
		buf := make([]byte, 1+r.Int64N(st.Size()))
		n, err := f.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			t.Fatalf("%s: %d bytes at %d: %v", name, len(buf), off, err)
		}
		if rest := st.Size() - off; int64(n) != min(rest, int64(len(buf))) {
			t.Fatalf("%s: %d of %d bytes at %d, %d are left", name, n, len(buf), off, rest)
		}
		got, at := buf[:n], off-header
		if at < 0 {
			got, at = got[min(-at, int64(n)):], 0
		}
		expect(t, fmt.Sprintf("%s at %d", name, off), got, want[at:at+int64(len(got))])
	}
}

// randomView picks a file and returns its name and payload.
func randomView(d *dataset, r *rand.Rand) (name string, want []byte) {
	ext := []string{"npy", "raw"}[r.IntN(2)]
	cuts := d.whole()
	switch r.IntN(4) {
	case 0:
		return "array." + ext, d.payload(cuts)
	case 1:
		dim := r.IntN(len(cuts))
		at := r.Int64N(d.shape[dim])
		cuts[dim] = cut{at, at + 1, 1, true}
		return fmt.Sprintf("slices/%d/%d.%s", dim, at, ext), d.payload(cuts)
	case 2:
		name = "chunks/"
		for i, n := range d.shape {
			cell := r.Int64N((n + d.chunk[i] - 1) / d.chunk[i])
			cuts[i] = cut{cell * d.chunk[i], min(n, (cell+1)*d.chunk[i]), 1, false}
			name += strconv.FormatInt(cell, 10) + "."
		}
		return name + ext, d.payload(cuts)
	}
	cuts, expr := d.randomCuts(r)
	return "at/" + expr + "." + ext, d.payload(cuts)
}
