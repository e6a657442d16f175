package integration

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// TestDamage damages one chunk in each way and looks at it and its neighbours.
func TestDamage(t *testing.T) {
	blosc := small
	plain := small
	plain.plain = true
	gzip := small
	gzip.compressor = object{"id": "gzip", "level": 6}
	for name, v := range map[string]volume{"blosc": blosc, "plain": plain, "gzip": gzip} {
		t.Run(name, func(t *testing.T) {
			d := makeDataset(t, v)
			m := start(t, d.spec())
			stored := d.storedChunk(t, 1, 0, 1)
			for how, damaged := range map[string][]byte{
				"empty":     {},
				"truncated": stored[:len(stored)-1],
				"halved":    stored[:len(stored)/2],
				"appended":  append(bytes.Clone(stored), 0),
				"garbage":   bytes.Repeat([]byte{0xA5}, len(stored)+3),
			} {
				d.replaceChunk(t, damaged, 1, 0, 1)
				expectDamaged(t, how, m, d)
			}
			d.replaceChunk(t, stored, 1, 0, 1)
			expect(t, "the array after the repair", readFile(t, m.path("array.raw")), d.data)
		})
	}
}

// expectDamaged expects that every byte of chunk 1.0.1 is an error, and no byte
// of another chunk.
func expectDamaged(t *testing.T, how string, m *mount, d *dataset) {
	t.Helper()
	f := m.openFile("array.raw")
	inside := func(z, y, x int64) bool { return z >= 3 && z < 6 && y < 4 && x >= 5 && x < 10 }
	for p := range positions(d.shape) {
		at := ((p[0]*10+p[1])*12 + p[2]) * 2
		buf := make([]byte, 2)
		_, err := f.ReadAt(buf, at)
		if bad := inside(p[0], p[1], p[2]); bad && !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: element %v: got %v, %v, want EIO", how, p, buf, err)
		} else if !bad && (err != nil || !bytes.Equal(buf, d.data[at:at+2])) {
			t.Errorf("%s: element %v of another chunk: got %v, %v, want %v", how, p, buf, err, d.data[at:at+2])
		}
	}
	if size := stat(t, m.path("array.raw")).Size; size != int64(len(d.data)) {
		t.Errorf("%s: the size is %d", how, size)
	}
}

// TestBrokenMetadata breaks the document of a mounted array and mends it again.
func TestBrokenMetadata(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec(recheck(true, true)))
	path := filepath.Join(d.dir, ".zarray")
	document := readFile(t, path)
	for _, broken := range []string{"", "{", "[]", `{"zarr_format": 2}`} {
		if err := os.WriteFile(path, []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(m.path("array.raw")); err == nil {
			t.Errorf("%q: read %d bytes", broken, len(data))
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(m.path("array.raw")); err == nil {
		t.Errorf("without metadata: read %d bytes", len(data))
	}
	if err := os.WriteFile(path, document, 0o644); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the array is back", func() bool {
		data, err := os.ReadFile(m.path("array.raw"))
		return err == nil && bytes.Equal(data, d.data)
	})
}

// TestChangesDuringReads replaces chunks while many read: each element is from
// before or from after, and no read fails.
func TestChangesDuringReads(t *testing.T) {
	d := makeDataset(t, volume{dtype: "|u1", shape: []int64{64, 64}, chunk: []int64{32, 32}, plain: true})
	m := start(t, d.spec())
	store := d.store(t)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := os.ReadFile(m.path("chunks/0.0.raw"))
				if err != nil || len(got) != 32*32 {
					t.Errorf("%d bytes, %v", len(got), err)
					return
				}
				first := got[0]
				if bytes.Count(got, []byte{first}) != len(got) && !bytes.Equal(got, d.payload([]cut{{0, 32, 1, false}, {0, 32, 1, false}})) {
					t.Errorf("a mix of chunks: %d of %d bytes are %#x", bytes.Count(got, []byte{first}), len(got), first)
					return
				}
			}
		})
	}
	for i := range 100 {
		d.put(t, store, []int64{0, 0}, bytes.Repeat([]byte{byte(i)}, 32*32))
	}
	close(stop)
	readers.Wait()
	expect(t, "at the end", readFile(t, m.path("chunks/0.0.raw")), bytes.Repeat([]byte{99}, 32*32))
}

// TestKilledDaemonFailsReaders ends the program while files are open.
func TestKilledDaemonFailsReaders(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	f := m.openFile("array.raw")
	if err := m.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if !m.wait() {
		t.Fatal("the program did not end")
	}
	for what, err := range map[string]error{
		"a read":  func() error { _, err := f.ReadAt(make([]byte, 8), 0); return err }(),
		"an open": openFor(m.path("array.npy"), os.O_RDONLY),
	} {
		if !errors.Is(err, syscall.ENOTCONN) && !errors.Is(err, syscall.ECONNABORTED) {
			t.Errorf("%s without the program: got %v, want ENOTCONN", what, err)
		}
	}
	takeOff(m.at)
}

// TestConfigWithOneBadMount mounts all of a configuration or nothing.
func TestConfigWithOneBadMount(t *testing.T) {
	d := makeDataset(t, small)
	a, b := folder(t, "mnt"), folder(t, "mnt")
	config := specFile(t, object{"mounts": []object{
		{"mountpoint": a, "spec": d.spec()},
		{"mountpoint": b, "spec": object{"driver": "zarr", "kvstore": object{"driver": "file", "path": d.dir + "/none/"}}},
	}})
	got := tsmount(t, "--config", config)
	if got.status == 0 {
		t.Error("a configuration with a bad mount succeeded")
	}
	for _, at := range []string{a, b} {
		if len(mountsBelow(at)) > 0 {
			t.Errorf("%s stays mounted: %s", at, got.stderr)
			takeOff(at)
		}
	}
	good := specFile(t, object{"mounts": []object{{"mountpoint": a, "spec": d.spec()}, {"mountpoint": b, "spec": d.spec()}}})
	if got := tsmount(t, "--config", good); got.status != 0 {
		t.Fatalf("status %d: %s", got.status, got.stderr)
	}
	for _, at := range []string{a, b} {
		expect(t, fmt.Sprint("the array at ", at), readFile(t, filepath.Join(at, "array.raw")), d.data)
		if got := tsmount(t, "umount", at); got.status != 0 {
			t.Errorf("umount: status %d: %s", got.status, got.stderr)
			takeOff(at)
		}
	}
}
