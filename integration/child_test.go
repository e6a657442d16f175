package integration

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// roleVariable makes the test program play a role instead of testing: for reads
// that may end the process that does them.
const roleVariable = "TSMOUNT_TEST_ROLE"

// roles are what a child can do with its arguments. What they print is the
// result.
var roles = map[string]func(args []string) error{
	"mmap":    playMmap,
	"signals": playSignals,
	"store":   playStore,
	"fsx":     playFsx,
}

// child returns this program in a role.
func child(role string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

func play(role string, args []string) int {
	if err := roles[role](args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// childSays runs a child, which must succeed, and returns what it printed.
func childSays(t testing.TB, role string, args ...string) string {
	t.Helper()
	got := finish(t, child(role, args...))
	if got.status != 0 {
		t.Fatalf("%s %v: status %d: %s", role, args, got.status, got.stderr)
	}
	return got.stdout
}

// playMmap prints the checksum of a file as a mapping shows it; the second
// argument is shared or private.
func playMmap(args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	kind := map[string]int{"shared": unix.MAP_SHARED, "private": unix.MAP_PRIVATE}[args[1]]
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, kind)
	if err != nil {
		return fmt.Errorf("mmap %s: %w", args[0], err)
	}
	fmt.Printf("%x", sha256.Sum256(data))
	return unix.Munmap(data)
}

// playSignals reads a file over and over while it is showered with signals that
// it handles, and fails at the first read that is not complete.
func playSignals(args []string) error {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGUSR1)
	rounds, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	fd, err := unix.Open(args[0], unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
				stopped <- err
				return
			}
		}
	}()
	buf := make([]byte, 1<<20)
	for range rounds {
		if n, err := unix.Pread(fd, buf, 0); err != nil || n != len(buf) {
			return fmt.Errorf("pread: %d bytes of %d, %v", n, len(buf), err)
		}
	}
	close(stop)
	return <-stopped
}
