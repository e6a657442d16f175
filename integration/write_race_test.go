package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTensorStoreWritesToo lets TensorStore write the elements the sum of whose
// indices is odd, while a mount writes the others of the same chunks.
func TestTensorStoreWritesToo(t *testing.T) {
	py := python(t, "numpy", "tensorstore")
	for _, kind := range allKinds {
		t.Run(kind, func(t *testing.T) {
			a := makeTarget(t, kind, []int64{10, 12, 14}, []int64{4, 5, 6}, 0)
			dir := folder(t, "race")
			data, begin := filepath.Join(dir, "data"), filepath.Join(dir, "begin")
			copy(a.data, noise(20, len(a.data)))
			if err := os.WriteFile(data, a.data, 0o644); err != nil {
				t.Fatal(err)
			}
			m := writable(t, a.spec(recheck("open", "open")))
			readFile(t, m.path("array.raw")) // so that chunks are cached
			var said, failed strings.Builder
			other := exec.Command(py, "testdata/writers_race.py", a.driver, a.dir+"/", begin, data)
			other.Stdout, other.Stderr = &said, &failed
			if err := other.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- other.Wait() }()
			f := m.openFlags("array.raw", os.O_RDWR)
			if err := os.WriteFile(begin, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			rounds := writeWhileOther(t, a, f, ended)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if failed.Len() > 0 {
				t.Errorf("TensorStore: %s", failed.String())
			}
			expect(t, "all elements", readFile(t, start(t, a.spec()).path("array.raw")), a.payload(a.whole()))
			t.Logf("%d rounds, %v merges", rounds, counter(t, m, "cache", "engine", "merges"))
		})
	}
}

// writeWhileOther writes the elements the sum of whose indices is even, over and
// over until another program has ended, and returns how often.
func writeWhileOther(t *testing.T, a *target, f *os.File, ended <-chan error) int {
	t.Helper()
	offset := map[int64]int64{} // in the file, by that in the array
	for i, at := range a.places(a.whole()) {
		offset[at] = int64(i) * 2
	}
	for round := 1; ; round++ {
		at := int64(0)
		for p := range positions(a.shape) {
			if sum := p[0] + p[1] + p[2]; sum%2 == 0 {
				put(t, f, a.data[at:at+2], offset[at])
			}
			at += 2
			if p[1] == 0 && p[2] == 0 {
				if err := f.Sync(); err != nil {
					t.Fatal(err)
				}
			}
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Error(fmt.Errorf("TensorStore: %w", err))
			}
			return round
		default:
		}
	}
}
