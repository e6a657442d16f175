package integration

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ownWritesAreSeen writes through each kind of file and reads through all
// others, which were open before and are opened anew.
func ownWritesAreSeen(t *testing.T) {
	for _, kind := range kinds {
		for _, bound := range []any{true, "open", false, 0} {
			t.Run(fmt.Sprint(kind, "/", bound), func(t *testing.T) { seeOwnWrites(t, smallTarget(t, kind), bound) })
		}
	}
}

func seeOwnWrites(t *testing.T, a *target, bound any) {
	m := writable(t, a.spec(recheck(bound, "open")))
	views := map[string][]cut{"array": a.whole()}
	slice := a.whole()
	slice[1] = cut{6, 7, 1, true}
	views["slices/1/6"] = slice
	views["chunks/"+"1.1.1.0"[:2*len(a.shape)-1]] = a.box([]int64{1, 1, 1, 0}[:len(a.shape)])
	cutout := a.whole()
	cutout[0], cutout[2] = cut{1, 6, 2, false}, cut{3, 9, 1, false}
	expr := "at/1:6:2,:,3:9"
	if len(cutout) == 4 {
		expr += ",:"
	}
	views[expr] = cutout
	open := map[string]*os.File{}
	for name := range views {
		for _, ext := range []string{".npy", ".raw"} {
			readFile(t, m.path(name+ext)) // so that something is cached
			readFile(t, m.path(name+ext))
			open[name+ext] = m.openFlags(name+ext, os.O_RDWR)
		}
	}
	seed := 0
	for writer, f := range open {
		seed++
		name := strings.TrimSuffix(strings.TrimSuffix(writer, ".raw"), ".npy")
		places := a.places(views[name])
		head := stat(t, f.Name()).Size - int64(len(places))*2
		data := noise(seed, len(places)*2-3) // begins and ends inside elements
		put(t, f, data, head+1)
		for i, b := range data {
			a.data[places[(i+1)/2]+int64(i+1)%2] = b
		}
		for reader, g := range open {
			name := strings.TrimSuffix(strings.TrimSuffix(reader, ".raw"), ".npy")
			want := a.payload(views[name])
			file := readFile(t, m.path(reader))
			what := fmt.Sprintf("%s after writing %s", reader, writer)
			expect(t, what+", opened anew", file[len(file)-len(want):], want)
			expect(t, what+", open before", whole(t, g, len(file)), file)
		}
	}
}

// playStore stores bytes into a mapping of a file and msyncs them: FILE OFFSET
// BYTES.
func playStore(args []string) error {
	f, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	off, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mmap %s: %w", args[0], err)
	}
	copy(data[off:], args[2])
	if err := unix.Msync(data, unix.MS_SYNC); err != nil {
		return fmt.Errorf("msync: %w", err)
	}
	return unix.Munmap(data)
}

// mappingsCanBeWritten stores through mappings, which is durable after msync, and
// looks at mappings of other files.
func mappingsCanBeWritten(t *testing.T) {
	for _, bound := range []any{true, "open", false} {
		t.Run(fmt.Sprint(bound), func(t *testing.T) {
			a := makeTarget(t, "zarr", []int64{64, 100}, []int64{16, 48}, 42)
			copy(a.data, noise(9, len(a.data)))
			m := writable(t, a.spec(recheck(bound, "open")))
			m.putFile("array.raw", a.data, 0)
			mapping := mapFile(t, m.openFile("array.raw"))
			row := mapFile(t, m.openFile("slices/0/30.raw"))
			expect(t, "a mapping", touch(mapping).data, a.data)
			expect(t, "a mapping of a slice", touch(row).data, a.data[30*200:31*200])
			childSays(t, "store", m.path("array.raw"), "6001", "stored")
			copy(a.data[6001:], "stored")
			expect(t, "a file", readFile(t, m.path("array.raw")), a.data)
			expect(t, "a mapping of the same file", touch(mapping).data, a.data)
			eventually(t, "a mapping of another file shows it", func() bool { return bytes.Equal(touch(row).data, a.data[30*200:31*200]) })
			m.putFile("slices/0/30.raw", []byte("written"), 20)
			copy(a.data[6020:], "written")
			eventually(t, "a mapping shows what another file wrote", func() bool { return bytes.Equal(touch(mapping).data, a.data) })
			childSays(t, "store", m.path("array.npy"), "135", "seven")
			copy(a.data[7:], "seven")
			m.kill()
			expect(t, "after a crash", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
		})
	}
}

// namesCannotChange expects that nothing but the bytes of files can be changed.
func namesCannotChange(t *testing.T) {
	a := smallTarget(t, "zarr")
	copy(a.data, noise(10, len(a.data)))
	m := writable(t, a.spec())
	m.putFile("array.raw", a.data, 0)
	file := m.path("array.raw")
	for what, err := range map[string]error{
		"chmod": os.Chmod(file, 0o600), "chown": os.Chown(file, 1, 1), "utimes": unix.Utimes(file, []unix.Timeval{{Sec: 1}, {Sec: 1}}),
		"setxattr": unix.Setxattr(file, "user.a", []byte("b"), 0), "removexattr": unix.Removexattr(file, "user.tensorstore.dtype"),
	} {
		expectErrno(t, what, err, syscall.EOPNOTSUPP)
	}
	for what, err := range map[string]error{
		"mkdir": os.Mkdir(m.path("new"), 0o755), "create": openFor(m.path("new"), os.O_CREATE|os.O_WRONLY), "mknod": unix.Mknod(m.path("new"), unix.S_IFIFO|0o600, 0),
		"unlink": os.Remove(file), "rmdir": unix.Rmdir(m.path("at")), "rename": os.Rename(file, m.path("new")), "link": os.Link(file, m.path("new")),
		"symlink": os.Symlink(file, m.path("new")), "rename over": os.Rename(file, m.path("array.npy")),
	} {
		expectErrno(t, what, err, syscall.EPERM)
	}
	for _, name := range []string{"info.json", "attributes.json", "at/README.txt", ".store/0.0.0"} {
		if err := openFor(m.path(name), os.O_RDWR); !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission) {
			t.Errorf("opening %s for writing: got %v", name, err)
		}
	}
	if err := exec.Command("rm", "-rf", m.at).Run(); err == nil {
		t.Error("rm -rf of the mount succeeded")
	}
	expect(t, "the array afterwards", readFile(t, file), a.data)
	m.stop()
	expect(t, "the stored array", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
}

// openingRefuses opens what cannot be written.
func openingRefuses(t *testing.T) {
	a := smallTarget(t, "zarr")
	for _, flags := range []int{os.O_RDWR, os.O_WRONLY, os.O_WRONLY | os.O_TRUNC, os.O_RDONLY | os.O_TRUNC} {
		m := start(t, a.spec())
		expectErrno(t, fmt.Sprintf("flags %#x, read-only mount", flags), openFor(m.path("array.raw"), flags), syscall.EROFS)
	}
	jpeg := makeTarget(t, "precomputed", []int64{8, 8, 8}, []int64{8, 8, 8}, 0)
	doc := jpeg.infoDocument()
	doc["data_type"] = "uint8"
	doc["scales"].([]object)[0]["encoding"] = "jpeg"
	doc["scales"].([]object)[0]["size"], doc["scales"].([]object)[0]["chunk_sizes"] = []int{8, 8, 8}, [][]int{{8, 8, 8}}
	jpeg.storeDocument(t, "info", doc)
	m := writable(t, jpeg.spec())
	for _, flags := range []int{os.O_RDWR, os.O_WRONLY, os.O_WRONLY | os.O_TRUNC} {
		for _, name := range []string{"array.raw", "array.npy", "slices/0/3.raw"} {
			expectErrno(t, fmt.Sprintf("flags %#x, %s of jpeg", flags, name), openFor(m.path(name), flags), syscall.EROFS)
		}
	}
	if mode := stat(t, m.path("array.raw")).Mode & 0o222; mode != 0 {
		t.Errorf("the mode of a file that cannot be written has %o", mode)
	}
	expect(t, "what is read", readFile(t, m.path("array.raw")), make([]byte, 512))
}
