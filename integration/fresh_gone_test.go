package integration

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// arrayMayGoAndCome deletes the array of a mount that shows nothing else, and
// makes it again: the mount lives on.
func arrayMayGoAndCome(t *testing.T) {
	d := makeDataset(t, plainVolume)
	m := start(t, d.spec(recheck(true, true)))
	f, slice := m.openFile("array.raw"), m.openFile("slices/0/5.raw")
	expect(t, "at first", whole(t, f, len(d.data)), d.data)
	d.editMetadata(t, object{"shape": []int64{3, 8}})
	expectFailure(t, "a slice that was cut off", contentOf(slice, false).err, syscall.ESTALE)
	expectMissing(t, m.path("slices/0/5.raw"))
	discard(t, d.dir)
	expectFailure(t, "the file that was open", contentOf(f, false).err, syscall.ESTALE)
	expectMissing(t, m.path("array.raw"))
	if n := counter(t, m, "requests", "read"); n == 0 {
		t.Error("stats.json counts no read")
	}
	remake(t, d.dir, plainVolume)
	expect(t, "the array made again", readFile(t, m.path("array.raw")), d.data)
	expect(t, "the slice made again", contentOf(m.openFile("slices/0/5.raw"), false).data, d.data[5*freshRowBytes:])
}

func expectFailure(t testing.TB, what string, got error, want syscall.Errno) {
	t.Helper()
	if got == nil || freshFailure(got) != freshFailure(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// refreshUnderReaders drops everything while files are read and mapped: nobody
// waits for anybody else for ever, and nothing wrong is read.
func refreshUnderReaders(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec(object{"recheck_cached_data": false, "recheck_cached_metadata": false}, pool(1<<20)))
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := 0; !stop.Load() && !t.Failed(); n++ {
				got := mappedOrRead(m.path("array.raw"), (n+i)%2 == 0)
				if got.err != nil {
					t.Error(got.err)
					return
				}
				expect(t, "while everything is dropped", got.data, d.data)
			}
		})
	}
	for range 10 {
		refresh(t, m.at)
		names(t, m.path("slices/0"))
	}
	stop.Store(true)
	wg.Wait()
}
