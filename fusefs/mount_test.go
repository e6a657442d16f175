package fusefs

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAMountIsAFileSystem(t *testing.T) {
	for _, bound := range []string{"true", "false", `"open"`} {
		s := startServer(t, bound)
		if err := fstest.TestFS(os.DirFS(s.path+"/small"), "array.raw", "slices/0/1.raw", "at/README.txt", "chunks/0.0.raw"); err != nil {
			t.Errorf("%s: %v", bound, err)
		}
		for range 3 { // directly, into the page cache, out of it
			data := readFile(t, s.path+"/small/slices/1/2.raw")
			if want := "\x02\x00\x06\x00\x0a\x00"; data != want {
				t.Errorf("%s: got %x, want %x", bound, data, want)
			}
		}
		if got := readFile(t, s.path+"/.tsmount/ready"); got != "ready\n" {
			t.Errorf("ready: %q", got)
		}
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	s := startServer(t, "true")
	file, dir := s.path+"/small/array.raw", s.path+"/small/slices"
	open := func(path string, flags int) error {
		f, err := os.OpenFile(path, flags, 0o666)
		if err == nil {
			f.Close()
		}
		return err
	}
	for what, err := range map[string]error{
		"mkdir": os.Mkdir(dir+"/new", 0o777), "rmdir": syscall.Rmdir(dir), "unlink": syscall.Unlink(file),
		"rename": os.Rename(file, dir+"/x"), "link": os.Link(file, dir+"/x"), "symlink": os.Symlink("x", dir+"/x"),
		"create": open(dir+"/x", os.O_CREATE|os.O_WRONLY), "open to write": open(file, os.O_WRONLY), "truncate": os.Truncate(file, 0),
		"chmod": os.Chmod(file, 0o777), "setxattr": syscall.Setxattr(file, "user.x", []byte("x"), 0),
	} {
		if !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: got %v, want EROFS", what, err)
		}
	}
}

func TestAttributes(t *testing.T) {
	s := startServer(t, "true")
	var st syscall.Stat_t
	if err := syscall.Stat(s.path+"/small/array.raw", &st); err != nil {
		t.Fatal(err)
	}
	if st.Size != 24 || st.Mode != syscall.S_IFREG|0o444 || st.Nlink != 1 || st.Blocks != 1 || int(st.Uid) != os.Getuid() {
		t.Errorf("stat: %+v", st)
	}
	value := make([]byte, 100)
	n, err := syscall.Getxattr(s.path+"/small/at/1.raw", "user.tensorstore.selection", value)
	if err != nil || string(value[:n]) != "1,:" {
		t.Errorf("selection: %q %v", value[:max(n, 0)], err)
	}
	if _, err := syscall.Getxattr(s.path+"/small", "user.tensorstore.other", value); !errors.Is(err, syscall.ENODATA) {
		t.Errorf("an unknown attribute: %v", err)
	}
	if _, err := os.Stat(s.path + "/small/slices/0/3.raw"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a slice outside: %v", err)
	}
}

func TestABadChunkIsAnErrorAndTheMountGoesOn(t *testing.T) {
	s := startServer(t, "true")
	if _, err := os.ReadFile(s.path + "/bad/array.raw"); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v, want EIO", err)
	}
	if got := len(readFile(t, s.path+"/small/array.raw")); got != 24 {
		t.Errorf("got %d bytes", got)
	}
	if got := readFile(t, s.path+"/.tsmount/stats.json"); !strings.Contains(got, `"input/output error": 1`) {
		t.Errorf("stats.json does not count the error: %s", got)
	}
}

// TestAListingCanBeEnteredAnywhere seeks in a directory of 10^10 names.
func TestAListingCanBeEnteredAnywhere(t *testing.T) {
	s := startServer(t, "true")
	fd, err := syscall.Open(s.path+"/flat/slices/0", syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	buf := make([]byte, 4096)
	for _, from := range []int64{0, 9_999_999_998, 5_000_000_000, 0} {
		if _, err := syscall.Seek(fd, from, 0); err != nil {
			t.Fatal(err)
		}
		n, err := syscall.ReadDirent(fd, buf)
		if err != nil {
			t.Fatal(err)
		}
		_, _, list := syscall.ParseDirent(buf[:n], -1, nil)
		if want := fmt.Sprintf("%010d.raw", from); len(list) < 2 || list[0] != want {
			t.Errorf("at %d: got %v, want %s first", from, list[:min(2, len(list))], want)
		}
		if ino := binary.LittleEndian.Uint64(buf); ino == 0 {
			t.Errorf("at %d: no inode number", from)
		}
	}
}

// startReader starts a program that says "reading" and reads a file, and returns
// when the read has begun, with what the program says after that.
func startReader(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "reading\n" {
		t.Fatalf("the reader said %q (%v)", line, err)
	}
	time.Sleep(100 * time.Millisecond)
	return lines
}

func TestAHandledSignalDoesNotEndARead(t *testing.T) {
	s := startServer(t, "true")
	reader := exec.Command(os.Args[0])
	reader.Env = append(os.Environ(), readerVar+"="+s.path+"/slow/array.raw")
	lines := startReader(t, reader)
	for range 5 {
		_ = reader.Process.Signal(syscall.SIGUSR1) // it is there: Wait has not been called
		time.Sleep(50 * time.Millisecond)
	}
	if line, _ := lines.ReadString('\n'); line != "read 24 <nil> after a signal\n" {
		t.Errorf("the reader said %q", line)
	}
	_ = reader.Wait()
}

// The reader is no Go program: those handle SIGTERM, on the thread that waits for
// the read as likely as on another one.
func TestAFatalSignalEndsARead(t *testing.T) {
	s := startServer(t, "true")
	for _, sig := range []os.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT} {
		reader := exec.Command("sh", "-c", `echo reading; exec cat "$1"`, "sh", s.path+"/stuck/array.raw")
		startReader(t, reader)
		began := time.Now()
		_ = reader.Process.Signal(sig) // it is there: Wait has not been called
		_ = reader.Wait()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%v: the reader went on for %v", sig, took)
		}
	}
}

func TestMountPointsAreChecked(t *testing.T) {
	s := startServer(t, "true")
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		s.path: "already", full: "not empty", full + "/file": "not a directory", full + "/absent": "no such file",
	} {
		if _, err := prepare(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

func TestAMountWithoutItsServerIsTakenAway(t *testing.T) {
	s := startServer(t, "true")
	if err := s.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.Wait()
	if _, err := os.Stat(s.path); !disconnected(err) {
		t.Fatalf("stat of the dead mount: %v", err)
	}
	again := startServerAt(t, s.path, "true")
	if got := len(readFile(t, again.path+"/small/array.raw")); got != 24 {
		t.Errorf("got %d bytes", got)
	}
}

func TestABusyMountIsDetached(t *testing.T) {
	s := startServer(t, "true")
	f, err := os.Open(s.path + "/small/array.raw")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err == nil {
		t.Error("the server says that nothing was open")
	}
	if m, err := mountAt(s.path); err != nil || m != nil {
		t.Errorf("still mounted: %v %v", m, err)
	}
}
