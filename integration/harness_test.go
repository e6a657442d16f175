package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// mountLimit is how long one mount may live before the watchdog ends it.
	mountLimit = 2 * time.Minute
	// patience is how long anything may take that should be done at once.
	patience = 20 * time.Second
)

// work is the folder of this run: the program, the datasets and the mounts.
var work string

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role, os.Args[1:]))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if work, err = os.MkdirTemp("", "tsmount-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	release := mountControl()
	status := m.Run()
	release()
	for _, at := range mountsBelow(work) {
		fmt.Fprintln(os.Stderr, "FAIL: still mounted at the end:", at)
		takeOff(at)
		status = 1
	}
	if len(mountsBelow(work)) == 0 {
		if err := os.RemoveAll(work); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return status
}

// built is the program under test: $TSMOUNT_BINARY, or built here.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TSMOUNT_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(work, "tsmount")
	build := exec.Command("go", "build", "-o", path, "../cmd/tsmount")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, text)
	}
	return path, nil
})

// program returns the program under test. The test is skipped where nothing can
// be mounted.
func program(t testing.TB) string {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("there is no /dev/fuse, so nothing can be mounted:", err)
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// command returns a call of the program whose state lies in the work folder.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program(t), args...)
	state := filepath.Join(work, "state")
	if err := os.MkdirAll(state, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+state)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// folder makes a new folder with a name that begins so. It is not the test's
// TempDir, which would be deleted while something is mounted in it.
func folder(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp(work, name+"-")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A mount is the program serving a mount point, in the foreground.
type mount struct {
	t   testing.TB
	at  string // the mount point
	log string // file with what the program said
	cmd *exec.Cmd

	minor string // the number of the connection, while it can be told

	ended chan struct{} // closed when the program has ended
	err   error         // how it ended
}

// start mounts a spec and waits until it is ready. The mount is taken off when
// the test ends; the program must then end with status 0.
func start(t testing.TB, spec any, flags ...string) *mount {
	t.Helper()
	return startAt(t, folder(t, "mnt"), spec, flags...)
}

func startAt(t testing.TB, at string, spec any, flags ...string) *mount {
	t.Helper()
	m := &mount{t: t, at: at, log: at + ".log", ended: make(chan struct{})}
	log, err := os.Create(m.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	m.cmd = command(t, append([]string{specFile(t, spec), at, "-f"}, flags...)...)
	m.cmd.Stdout, m.cmd.Stderr = log, log
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.ended)
	}()
	watchdog := time.AfterFunc(mountLimit, func() {
		t.Errorf("the mount %s lived longer than %v: aborted", at, mountLimit)
		m.abort()
	})
	t.Cleanup(func() {
		watchdog.Stop()
		m.stop()
	})
	eventually(t, "the mount is ready", func() bool {
		if m.hasEnded() {
			t.Fatalf("the program ended: %v\n%s", m.err, m.said())
		}
		_, err := os.ReadFile(m.path(".tsmount/ready"))
		return err == nil
	})
	return m
}

// specFile returns what the program is given for a spec: its name when it is a
// string, else a file with its JSON.
func specFile(t testing.TB, spec any) string {
	t.Helper()
	if s, ok := spec.(string); ok {
		return s
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t, "spec"), "spec.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// path returns the path of a file in the mount.
func (m *mount) path(name string) string { return filepath.Join(m.at, name) }

// said returns what the program has printed.
func (m *mount) said() string {
	text, err := os.ReadFile(m.log)
	return string(text) + strings.TrimPrefix(fmt.Sprint(err), "<nil>")
}

func (m *mount) hasEnded() bool {
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// wait waits for the end of the program.
func (m *mount) wait() bool {
	select {
	case <-m.ended:
		return true
	case <-time.After(patience):
		return false
	}
}

// stop takes the mount off in steps, each for what survived the one before. A
// test may have ended the program before, then only the mount point is checked.
func (m *mount) stop() {
	m.t.Helper()
	if m.hasEnded() {
		m.expectOff()
		return
	}
	m.minor, _ = minorOf(m.at)
	if text, err := exec.Command("fusermount3", "-u", m.at).CombinedOutput(); err != nil {
		m.t.Errorf("unmount: %v: %s", err, text)
		takeOff(m.at)
	}
	if !m.wait() {
		m.t.Errorf("the program did not end after the unmount")
		m.abort()
		_ = m.cmd.Process.Kill() // it may have ended just now
		if !m.wait() {
			m.t.Errorf("the program cannot be killed")
		}
	} else if m.err != nil {
		m.t.Errorf("the program ended with %v\n%s", m.err, m.said())
	}
	m.expectOff()
}

func (m *mount) expectOff() {
	m.t.Helper()
	if len(mountsBelow(m.at)) > 0 {
		m.t.Errorf("still mounted: %s", m.at)
		takeOff(m.at)
	}
	if _, what, panicked := strings.Cut(m.said(), "panic"); panicked {
		m.t.Errorf("the program panicked%.2000s", what)
	}
}

// abort fails all requests of the mount, at once and for good. Without the
// kernel's control files the end of the program does it.
func (m *mount) abort() {
	if minor, ok := minorOf(m.at); ok {
		m.minor = minor
	}
	if m.minor == "" || os.WriteFile(filepath.Join(control, m.minor, "abort"), []byte("1"), 0) != nil {
		_ = m.cmd.Process.Kill() // it may have ended already
	}
}

// control is where the kernel's control files for FUSE are.
var control = "/sys/fs/fuse/connections"

// mountControl makes the control files available where they are not and may be,
// and returns what takes them away.
func mountControl() func() {
	at := filepath.Join(work, "control")
	var st syscall.Statfs_t
	if syscall.Statfs(control, &st) != nil || st.Type == fusectlMagic || os.Mkdir(at, 0o700) != nil || syscall.Mount("fusectl", at, "fusectl", 0, "") != nil {
		return func() {}
	}
	control = at
	return func() { takeOff(at) }
}

// fusectlMagic is the type of the control files' file system.
const fusectlMagic = 0x65735543

// takeOff removes the name of a mount whatever is open in it.
func takeOff(at string) {
	if syscall.Unmount(at, syscall.MNT_DETACH) != nil {
		_ = exec.Command("fusermount3", "-uz", at).Run() // the check that follows tells
	}
}

// mountinfo calls yield for every mount point of this machine, without touching
// any of them.
func mountinfo(yield func(at, device string)) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 4 {
			yield(fields[4], fields[2])
		}
	}
}

// mountsBelow returns the mount points at dir and below it.
func mountsBelow(dir string) (found []string) {
	mountinfo(func(at, _ string) {
		if at == dir || strings.HasPrefix(at, dir+"/") {
			found = append(found, at)
		}
	})
	return found
}

// minorOf returns the number of a mount's connection.
func minorOf(dir string) (minor string, ok bool) {
	mountinfo(func(at, device string) {
		if at == dir {
			_, minor, ok = strings.Cut(device, ":")
		}
	})
	return minor, ok
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after %v it is not so that %s", patience, what)
		}
	}
}

// outcome is how a program ended.
type outcome struct {
	stdout, stderr string
	status         int
}

// finish runs a command to its end.
func finish(t testing.TB, cmd *exec.Cmd) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !killer.Stop() {
		t.Fatalf("%v did not end within %v", cmd.Args, patience)
	}
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// tsmount runs the program to its end.
func tsmount(t testing.TB, args ...string) outcome {
	t.Helper()
	return finish(t, command(t, args...))
}

// tool runs an ordinary program, which must succeed, and returns what it
// printed. The test is skipped where the program is not installed.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed here", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), mountLimit)
	defer cancel()
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, errs.String())
	}
	return string(out)
}
