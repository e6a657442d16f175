package cache

import (
	"testing"
	"time"
)

// keepRig is a file of four chunks whose bytes somebody keeps.
type keepRig struct {
	*rig
	w *Window
	o *Origins
}

func newKeepRig(t *testing.T, pool int64) *keepRig {
	s := newSpy()
	s.put(line(40, 10), counting)
	r := newRig(t, s, Config{}, pool)
	return &keepRig{r, r.window(), r.array.NewOrigins()}
}

func (k *keepRig) open() bool {
	k.t.Helper()
	return k.o.Keep(k.t.Context(), k.array, k.state(), time.Now())
}

func (k *keepRig) read(first, n int64) {
	k.t.Helper()
	if _, err := k.w.ReadAt(k.t.Context(), time.Time{}, first, make([]byte, 2*n), k.o); err != nil {
		k.t.Fatal(err)
	}
}

func TestBytesAreKeptOverAnOpenWhileTheirChunksAreUnchanged(t *testing.T) {
	for name, pool := range map[string]int64{"cached chunks": 1000, "no cache": 0} {
		t.Run(name, func(t *testing.T) {
			k := newKeepRig(t, pool)
			if k.open() {
				t.Error("the first open kept bytes that nobody had read")
			}
			k.read(0, 15)
			decodes := k.engine.Stats().Decodes
			for range 3 {
				if !k.open() {
					t.Error("nothing has changed, but the bytes were dropped")
				}
			}
			if n := k.engine.Stats().Decodes; n != decodes {
				t.Errorf("%d chunks were decoded to find that out", n-decodes)
			}
			k.store.Preload(map[string][]byte{"c3": append([]byte("c"), make([]byte, 20)...)})
			if !k.open() {
				t.Error("a chunk changed that no byte came from, and the bytes were dropped")
			}
			k.store.Preload(map[string][]byte{"c1": append([]byte("c"), make([]byte, 20)...)})
			if k.open() {
				t.Error("a chunk changed, but its bytes were kept")
			}
			if k.open() {
				t.Error("bytes were kept although nothing was read since they were dropped")
			}
		})
	}
}

func TestBytesThatMayBeOfTwoGenerationsAreDropped(t *testing.T) {
	k := newKeepRig(t, 1000)
	k.open()
	k.read(0, 5)
	k.store.Preload(map[string][]byte{"c0": append([]byte("c"), make([]byte, 20)...)})
	if _, err := k.w.ReadAt(t.Context(), time.Now(), 5, make([]byte, 2), k.o); err != nil {
		t.Fatal(err)
	}
	if k.open() {
		t.Error("bytes of two generations of a chunk were kept")
	}
}

func TestBytesOfAReadUnderWayAreNotTrusted(t *testing.T) {
	k := newKeepRig(t, 1000)
	k.open()
	k.read(0, 5)
	k.o.begin(time.Time{})
	if k.open() {
		t.Error("an open kept bytes while a read was under way")
	}
	k.o.end(k.state().Version, nil)
	k.read(0, 5)
	if k.open() {
		t.Error("what a read brought that began before the last open was trusted")
	}
	k.read(0, 5)
	if !k.open() {
		t.Error("the open after that did not begin anew")
	}
}

func TestReadsUseTheNewestBoundOfAllOpens(t *testing.T) {
	k := newKeepRig(t, 1000)
	k.open()
	old := time.Now()
	k.read(0, 5)
	time.Sleep(time.Microsecond)
	k.open()
	if got := k.o.begin(old); !got.After(old) {
		t.Errorf("got the bound %v of an older open", got)
	}
	k.o.end(k.state().Version, nil)
}

func TestMemoryOfOriginsIsBounded(t *testing.T) {
	k := newKeepRig(t, 1000)
	k.open()
	k.read(0, 40)
	if k.engine.originBytes.Load() == 0 {
		t.Error("what is remembered is not counted")
	}
	k.engine.originBytes.Add(maxOriginBytes)
	k.o = k.array.NewOrigins()
	k.open()
	k.read(0, 40)
	if k.open() || k.o.held.Load() != 0 {
		t.Error("more was remembered than there is room for")
	}
	k.engine.originBytes.Add(-maxOriginBytes)
	k.open()
	k.read(0, 40)
	if !k.open() {
		t.Error("there is room again, but nothing was remembered")
	}
}
