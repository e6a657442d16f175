package integration

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestCrashes kills the program at random moments while somebody writes, fsyncs
// and truncates, and looks at what is left: everything that was durable, and of
// each chunk a state that it had since. $TSMOUNT_LONG makes 200 rounds of each
// kind.
func TestCrashes(t *testing.T) {
	rounds := 3
	if long {
		rounds = 200
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var left []*target
	for i, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			a := makeTarget(t, kind, []int64{20, 24, 26}, []int64{5, 7, 8}, 42)
			for round := range rounds {
				c := &crasher{a: a, model: &writeModel{t: t, a: a}, r: r}
				c.round(t)
				if round%20 == 19 {
					expectTensorStoreReads(t, a)
				}
			}
			name, cuts := "slices/1/11.raw", a.whole()
			cuts[1] = cut{11, 12, 1, true}
			for i, at := range a.places(cuts) {
				copy(a.data[at:at+2], noise(i, 2))
			}
			writable(t, a.spec()).putFile(name, a.payload(cuts), 0) // no lock is left in anybody's way
			left = append(left, a)
		})
	}
	expectTensorStoreReads(t, left...)
}

// crasher is one round: what was written is noted in a model of the array.
type crasher struct {
	a     *target
	model *writeModel
	r     *rand.Rand
}

func (c *crasher) round(t *testing.T) {
	t.Helper()
	c.model.durable()
	limits := object{"context": object{"cache_pool": object{"queued_for_writeback_bytes_limit": c.r.IntN(2) * 4000}}}
	m := start(t, c.a.spec(limits), "--writable")
	places := c.a.places(c.a.whole())
	wrote := make(chan error, 1)
	r := rand.New(rand.NewPCG(c.r.Uint64(), 0))
	go func() { wrote <- c.write(m.path("array.raw"), places, r) }()
	time.Sleep(time.Duration(c.r.IntN(60_000)) * time.Microsecond)
	m.kill()
	if err := <-wrote; err == nil {
		t.Error("the writer has not met the crash")
	}
	now := start(t, c.a.spec())
	file := readFile(t, now.path("array.raw"))
	now.stop()
	left := bytes.Clone(c.a.data)
	for i, at := range places {
		copy(left[at:at+2], file[2*i:])
	}
	for cell := range c.a.cells() {
		if !c.model.left(c.a.places(c.a.box(cell)), left) {
			t.Errorf("chunk %v is as it never was, after %d writes", cell, len(c.model.versions)-1)
		}
	}
	c.a.data = left
}

// write writes until it fails. Each change is noted before it begins.
func (c *crasher) write(path string, places []int64, r *rand.Rand) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { f.Close() }()
	for {
		if r.IntN(30) == 0 {
			if err := f.Close(); err != nil {
				return err
			}
			c.model.durable()
			c.model.change(places, 0, bytes.Repeat(number(c.a.fill)[:2], len(places)))
			if f, err = os.OpenFile(path, os.O_RDWR|os.O_TRUNC, 0); err != nil {
				return err
			}
		}
		off := r.IntN(2 * len(places))
		data := noise(r.Int(), 1+r.IntN(min(2*len(places)-off, 1<<r.IntN(16))))
		if r.IntN(8) == 0 {
			data = bytes.Repeat(number(c.a.fill)[:2], len(data)/2+1)[off%2:][:len(data)]
		}
		c.model.change(places, int64(off), data)
		if _, err := f.WriteAt(data, int64(off)); err != nil {
			return err
		}
		if r.IntN(6) > 0 {
			continue
		}
		if err := f.Sync(); err != nil {
			return err
		}
		c.model.durable()
	}
}

// expectTensorStoreReads compares arrays with what TensorStore reads.
func expectTensorStoreReads(t *testing.T, list ...*target) {
	t.Helper()
	t.Run("TensorStore", func(t *testing.T) {
		args := []string{"testdata/crash_reads.py"}
		for _, a := range list {
			expected := filepath.Join(folder(t, "expected"), "data")
			if err := os.WriteFile(expected, a.data, 0o644); err != nil {
				t.Fatal(err)
			}
			args = append(args, a.driver, a.dir+"/", expected)
		}
		tool(t, python(t, "numpy", "tensorstore"), args...)
	})
}
