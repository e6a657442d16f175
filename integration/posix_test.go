package integration

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/hanwen/go-fuse/v2/posixtest"
	"golang.org/x/sys/unix"
)

// notHere says why a case of the POSIX suite cannot run on a read-only mount
// whose names are given. What each is about is tested below where it applies.
var notHere = map[string]string{
	"AppendWrite":                "writes",
	"DirSeek":                    "makes its own directory; see TestSeekInDirectories",
	"DirectIO":                   "writes; see TestDirectIO",
	"Fallocate":                  "writes",
	"FcntlFlockLocksFile":        "makes its own file; locks are the kernel's own here",
	"FcntlFlockSetLk":            "makes its own file; locks are the kernel's own here",
	"FdLeak":                     "makes its own file; see TestNothingStaysOpen",
	"FileBasic":                  "makes its own file; see S-READ-1",
	"FileLarge":                  "makes its own file; see S-READ-2",
	"FstatDeleted":               "removes a file",
	"Link":                       "makes links",
	"LinkUnlinkRename":           "renames",
	"LseekEnxioCheck":            "makes its own file; see TestSeekInFiles",
	"LseekHoleSeeksToEOF":        "makes its own file; see TestSeekInFiles",
	"MkdirRmdir":                 "makes directories",
	"NlinkZero":                  "removes a file",
	"OpenAt":                     "makes its own file; see TestFSWalk",
	"OpenSymlinkRace":            "makes symbolic links",
	"ParallelFileOpen":           "makes its own file; see S-READ-7",
	"ReadDirBasic":               "makes its own files; see S-TREE-2",
	"RenameOpenDir":              "renames",
	"RenameOverwriteDestExist":   "renames",
	"RenameOverwriteDestNoExist": "renames",
	"SetattrSymlink":             "makes symbolic links",
	"SymlinkReadlink":            "makes symbolic links",
	"TruncateFile":               "truncates",
	"TruncateNoFile":             "truncates",
	"XAttr":                      "sets attributes; see S-TREE-7",
	"XAttrLarge":                 "sets attributes",
	"FallocateKeepSize":          "writes",
	"Tmpfile":                    "makes its own file",
}

func TestPosixSuite(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for name, test := range posixtest.All {
		if notHere[name] == "" {
			t.Run(name, func(t *testing.T) { test(t, m.path("slices/2")) })
		}
	}
	for name := range notHere {
		if posixtest.All[name] == nil {
			t.Errorf("the suite has no case %s any more", name)
		}
	}
}

// TestFSWalk holds Go's contract of file systems against a tiny array.
func TestFSWalk(t *testing.T) {
	m := start(t, makeDataset(t, volume{shape: []int64{2, 3}, chunk: []int64{2, 2}}).spec())
	if err := fstest.TestFS(os.DirFS(m.at), "array.npy", "slices/1/2.npy", "chunks/0.1.npy", "info.json", "at/README.txt"); err != nil {
		t.Error(err)
	}
}

func TestDirectIO(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec())
	fd, err := unix.Open(m.path("array.raw"), unix.O_RDONLY|unix.O_DIRECT, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	memory, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(memory) }()
	for off := int64(0); off < int64(len(d.data)); off += 1 << 20 {
		if n, err := unix.Pread(fd, memory, off); err != nil || n != len(memory) {
			t.Fatalf("at %d: %d bytes, %v", off, n, err)
		}
		expect(t, fmt.Sprint("at ", off), memory, d.data[off:off+1<<20])
	}
}

func TestSeekInFiles(t *testing.T) {
	d := makeDataset(t, small)
	m := start(t, d.spec())
	f := m.openFile("array.raw")
	size := int64(len(d.data))
	for _, test := range []struct {
		off    int64
		whence int
		want   int64
		err    error
	}{
		{10, unix.SEEK_DATA, 10, nil},
		{10, unix.SEEK_HOLE, size, nil},
		{size, unix.SEEK_DATA, 0, syscall.ENXIO},
		{size + 1, unix.SEEK_HOLE, 0, syscall.ENXIO},
		{0, unix.SEEK_END, size, nil},
	} {
		got, err := unix.Seek(int(f.Fd()), test.off, test.whence)
		if !errors.Is(err, test.err) || err == nil && got != test.want {
			t.Errorf("lseek(%d, %d): got %d, %v, want %d, %v", test.off, test.whence, got, err, test.want, test.err)
		}
	}
}

// TestSeekInDirectories goes back to every entry of a listing.
func TestSeekInDirectories(t *testing.T) {
	m := start(t, makeDataset(t, volume{shape: []int64{500, 2}, chunk: []int64{500, 2}}).spec())
	dir := m.openFile("slices/0")
	all, err := dir.Readdirnames(-1)
	if err != nil || len(all) != 500 {
		t.Fatalf("%d names, %v", len(all), err)
	}
	for range 2 {
		if _, err := dir.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		var again []string
		for {
			some, err := dir.Readdirnames(7)
			if again = append(again, some...); err != nil {
				break
			}
		}
		if strings.Join(again, " ") != strings.Join(all, " ") {
			t.Errorf("the second listing differs: %d names", len(again))
		}
	}
}

// TestNothingStaysOpen opens and closes files and counts those of the program.
func TestNothingStaysOpen(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	open := func() int { return len(names(t, fmt.Sprintf("/proc/%d/fd", m.cmd.Process.Pid))) }
	readFile(t, m.path("array.npy"))
	before := open()
	for range 200 {
		readFile(t, m.path("array.npy"))
	}
	if after := open(); after > before+4 {
		t.Errorf("%d open files became %d", before, after)
	}
	eventually(t, "no array is in use", func() bool { return counter(t, m, "cache", "engine", "in_use_bytes") == 0 })
}

// TestPrograms lets the programs that users have read the mount.
func TestPrograms(t *testing.T) {
	d := makeDataset(t, medium)
	m := start(t, d.spec(pool(1<<20)))
	file, out := m.path("array.raw"), folder(t, "out")
	size := len(d.data)
	t.Run("head", func(t *testing.T) {
		expect(t, "head", []byte(tool(t, "head", "-c", "100001", file)), d.data[:100001])
	})
	t.Run("tail", func(t *testing.T) {
		expect(t, "tail", []byte(tool(t, "tail", "-c", "100001", file)), d.data[size-100001:])
	})
	t.Run("dd", func(t *testing.T) {
		got := tool(t, "dd", "if="+file, "bs=7777", "skip=11", "count=100", "status=none")
		expect(t, "dd", []byte(got), d.data[11*7777:111*7777])
	})
	t.Run("md5sum", func(t *testing.T) {
		cuts := d.whole()
		cuts[1] = cut{77, 78, 1, true}
		want := fmt.Sprintf("%x", md5.Sum(d.payload(cuts)))
		if got := tool(t, "md5sum", m.path("slices/1/077.raw")); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("cmp", func(t *testing.T) {
		copied := filepath.Join(out, "cp.raw")
		tool(t, "cp", file, copied)
		tool(t, "cmp", file, copied)
		expect(t, "cp", readFile(t, copied), d.data)
	})
	t.Run("tar", func(t *testing.T) {
		archive := filepath.Join(out, "slices.tar")
		tool(t, "tar", "-cf", archive, "-C", m.at, "slices/0", "array.npy")
		tool(t, "tar", "-xf", archive, "-C", out)
		expectSame(t, filepath.Join(out, "slices/0"), m.path("slices/0"), 64)
	})
	t.Run("rsync", func(t *testing.T) {
		tool(t, "rsync", "-a", m.path("slices/2")+"/", filepath.Join(out, "rsync"))
		expectSame(t, filepath.Join(out, "rsync"), m.path("slices/2"), 128)
		if got := tool(t, "rsync", "-ain", m.path("slices/2")+"/", filepath.Join(out, "rsync")); got != "" {
			t.Errorf("a second rsync would copy:\n%s", got)
		}
	})
	t.Run("cp -r", func(t *testing.T) {
		tool(t, "cp", "-r", m.path("chunks"), out)
		expectSame(t, filepath.Join(out, "chunks"), m.path("chunks"), 32)
	})
	t.Run("find", func(t *testing.T) {
		if got := strings.Count(tool(t, "find", m.at, "-name", "*.npy"), "\n"); got != 1+64+128+128+32 {
			t.Errorf("find finds %d npy files", got)
		}
	})
	t.Run("du", func(t *testing.T) {
		want := fmt.Sprintf("%d\t", size/1024)
		if got := tool(t, "du", "-k", file); !strings.HasPrefix(got, want) {
			t.Errorf("du says %q, want %q", got, want)
		}
	})
}

// expectSame compares two folders with n files.
func expectSame(t testing.TB, got, want string, n int) {
	t.Helper()
	list := names(t, want)
	if len(list) != n {
		t.Errorf("%d files, want %d", len(list), n)
	}
	for _, name := range list {
		a, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(a, readFile(t, filepath.Join(want, name))) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestNamesThatDoNotExist asks for what could be mistaken for a name.
func TestNamesThatDoNotExist(t *testing.T) {
	m := start(t, makeDataset(t, small).spec())
	for _, name := range []string{
		"array", "array.", "array.NPY", "array.npy ", "Array.npy", "slices/-1", "slices/00", "slices/0/+1.npy", "slices/0/1e0.npy", "slices/0/.npy",
		"slices/0/99999999999999999999.npy", "slices/0/1.npy.npy", "chunks/0.0.npy", "chunks/00.0.0.npy", "chunks/-0.0.0.npy", "chunks/0,0,0.npy",
		"at/0:1,.npy", "at/,.npy", "at/0:9223372036854775808.npy", "at/::.npy", "at/0:1:-1.npy", "at/0..1.npy", strings.Repeat("x", 255),
	} {
		if _, err := os.Lstat(m.path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: got %v, want that it does not exist", name, err)
		}
	}
}
