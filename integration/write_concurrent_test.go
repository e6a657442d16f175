package integration

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// TestWritesNeverGoBack counts in two elements of one chunk, while others write
// and truncate their neighbours and everything is stored now and then. A reader
// of another file must never see less than what had been written when its read
// began.
func TestWritesNeverGoBack(t *testing.T) {
	rounds := 150
	if long {
		rounds = 5000
	}
	for i, kind := range kinds {
		bound, limits := []any{true, "open", false}[i%3], object{"total_bytes_limit": i % 2 * 1 << 20, "queued_for_writeback_bytes_limit": i / 2 % 2 * 300}
		t.Run(fmt.Sprint(kind, "/", bound), func(t *testing.T) {
			a := makeTarget(t, kind, []int64{12, 10, 8}, []int64{5, 4, 8}, 0)
			m := writable(t, a.spec(recheck(bound, "open"), object{"context": object{"cache_pool": limits}}))
			other := start(t, a.spec(recheck(true, "open")))
			c := &counting{a: a, m: m, other: other, done: make(chan struct{})}
			var all, writers sync.WaitGroup
			for n := range 2 {
				writers.Go(func() { c.fail(t, c.count(n, rounds)) })
				all.Go(func() { c.fail(t, c.watch(n, "slices/0/1.raw", m, &c.written[n])) })
				all.Go(func() { c.fail(t, c.watch(n, "array.raw", m, &c.written[n])) })
				all.Go(func() { c.fail(t, c.watch(n, "slices/0/1.raw", other, &c.synced[n])) })
			}
			all.Go(func() { c.fail(t, c.disturb(rounds)) })
			writers.Wait()
			close(c.done)
			all.Wait()
		})
	}
}

// counting is two counters in elements 0 and 1 of row [1, 2].
type counting struct {
	a        *target
	m, other *mount
	written  [2]atomic.Uint32 // what a counter is at least
	synced   [2]atomic.Uint32 // and what of that is stored
	done     chan struct{}
}

func (c *counting) fail(t *testing.T, err error) {
	if err != nil {
		t.Errorf("%v\n%s", err, c.m.said())
	}
}

// offset returns where the counter is in a file.
func (c *counting) offset(name string, counter int64) int64 {
	cuts := c.a.whole()
	if name != "array.raw" {
		cuts[0] = cut{1, 2, 1, true}
	}
	at := 2 * (1*80 + 2*8 + counter) // in the array: the last dimension of a volume is 1
	for i, place := range c.a.places(cuts) {
		if place == at {
			return int64(i) * 2
		}
	}
	panic("the counter is in no file")
}

// count counts, and fsyncs now and then.
func (c *counting) count(n, rounds int) error {
	f, err := os.OpenFile(c.m.path("slices/0/1.npy"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	off := st.Size() - 160 + c.offset("slices/0/1.npy", int64(n))
	for i := uint32(1); i <= uint32(rounds); i++ {
		if _, err := f.WriteAt(binary.LittleEndian.AppendUint16(nil, uint16(i)), off); err != nil {
			return err
		}
		c.written[n].Store(i)
		if i%16 == 0 {
			if err := f.Sync(); err != nil {
				return err
			}
			c.synced[n].Store(i)
		}
	}
	return f.Close()
}

// watch reads a counter over and over.
func (c *counting) watch(n int, name string, m *mount, least *atomic.Uint32) error {
	f, err := os.Open(m.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	off, buf := c.offset(name, int64(n)), make([]byte, 2)
	for reads := 0; ; reads++ {
		select {
		case <-c.done:
			return nil
		default:
		}
		before := least.Load()
		if _, err := f.ReadAt(buf, off); err != nil {
			return err
		}
		if got := uint32(binary.LittleEndian.Uint16(buf)); got < before {
			return fmt.Errorf("%s of %s: read %d number %d of counter %d: it was %d before", name, m.at, got, reads, n, before)
		}
	}
}

// disturb truncates and writes other rows of the same chunks.
func (c *counting) disturb(rounds int) error {
	for i := range rounds {
		select {
		case <-c.done:
			return nil
		default:
		}
		name := []string{"at/0,0:4.raw", "at/2:9,...,4:.raw", "slices/0/4.raw", "chunks/2.1.0.raw"}[i%4]
		if len(c.a.shape) == 4 {
			name = []string{"at/0,0:4.raw", "at/2:9,:,4:.raw", "slices/0/4.raw", "chunks/2.1.0.0.raw"}[i%4]
		}
		f, err := os.OpenFile(c.m.path(name), os.O_WRONLY|i%3/2*os.O_TRUNC, 0)
		if err != nil {
			return err
		}
		if _, err := f.WriteAt(noise(i, 30), int64(i%7)); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// TestChunksAreStoredAsTheyWereAtOneTime overwrites large chunks as a whole, each
// time with one value, while they are being stored: what is stored has one value.
func TestChunksAreStoredAsTheyWereAtOneTime(t *testing.T) {
	const row = 1 << 20 // what one request writes
	a := makeTarget(t, "zarr", []int64{2, row / 2}, []int64{1, row / 2}, 0)
	m := writable(t, a.spec())
	var writers sync.WaitGroup
	done := make(chan struct{})
	loop := func(f func(i int) error) {
		writers.Go(func() {
			for i := 1; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				if err := f(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range int64(2) {
		f := m.openFlags("array.raw", os.O_RDWR)
		loop(func(i int) error {
			_, err := f.WriteAt(bytes.Repeat([]byte{byte(i%255) + 1}, row), n*row)
			return err
		})
		g := m.openFlags("array.npy", os.O_RDWR) // the kernel lets nobody write to a file during its fsync
		loop(func(int) error { return g.Sync() })
	}
	eventually(t, "the chunks are stored", func() bool {
		_, first := os.Stat(a.key([]int64{0, 0}))
		_, second := os.Stat(a.key([]int64{1, 0}))
		return first == nil && second == nil
	})
	looks := 1000
	if long {
		looks *= 20
	}
	for i := range looks {
		chunk := readFile(t, a.key([]int64{int64(i % 2), 0}))
		if n := bytes.Count(chunk, chunk[:1]); n != row {
			t.Errorf("look %d: %d of %d bytes are %#x", i, n, len(chunk), chunk[0])
			break
		}
	}
	close(done)
	writers.Wait()
	t.Logf("%v writes, %v stores", counter(t, m, "requests", "write"), counter(t, m, "cache", "engine", "stores"))
}
