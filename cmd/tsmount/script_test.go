package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tsmount": main, "mount.tsmount": main})
}

// patience is how long a script may take before its mounts are taken away, which
// frees whatever waits for them.
const patience = 60 * time.Second

// TestScripts runs the command as its users do. Every mount is served by a
// process of its own and read by others.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_RUNTIME_DIR", filepath.Join(env.WorkDir, "run"))
			watchdog := time.AfterFunc(patience, func() { clean(env.WorkDir) })
			env.Defer(func() {
				watchdog.Stop()
				clean(env.WorkDir)
			})
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "fuse" {
				return false, errors.New("unknown condition " + cond)
			}
			f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
			if err == nil {
				err = f.Close()
			}
			_, noTool := exec.LookPath("fusermount3")
			return err == nil && noTool == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "waitmount": waitMount, "killdaemon": killDaemon, "signal": sendSignal, "replace": replaceWork,
		},
	})
}

// clean takes away every mount below dir, whatever its state is.
func clean(dir string) {
	table, err := mountTable()
	if err != nil {
		return
	}
	for path, kind := range table {
		if kind != fsType || !strings.HasPrefix(path, dir+"/") {
			continue
		}
		abort(path)
		_ = syscall.Unmount(path, syscall.MNT_DETACH)
	}
}

// abort ends the connection of a mount, so that nobody waits for its daemon.
func abort(path string) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) > 4 && unescape(f[4]) == path {
			_, minor, _ := strings.Cut(f[2], ":")
			_ = os.WriteFile("/sys/fs/fuse/connections/"+minor+"/abort", []byte("1"), 0o200)
		}
	}
}

// exits runs a command that must end with the given status and, unless that is
// 0, with one line on stderr.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND ...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
	if lines := strings.Count(ts.ReadFile("stderr"), "\n"); want != 0 && lines != 1 {
		ts.Fatalf("got %d lines on stderr, want 1", lines)
	}
}

// waitMount waits until something is mounted at a path, or no longer.
func waitMount(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		table, err := mountTable()
		ts.Check(err)
		if _, mounted := table[path]; mounted != neg {
			return
		}
	}
	ts.Fatalf("%s: waited in vain", path)
}

// killDaemon kills the daemon that serves a mount, so that it can clean up
// nothing.
func killDaemon(ts *testscript.TestScript, neg bool, args []string) {
	m := stateOf(ts, ts.MkAbs(args[0]))
	process, err := os.FindProcess(m.PID)
	ts.Check(err)
	ts.Check(process.Kill())
	for end := time.Now().Add(10 * time.Second); m.alive() && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

// sendSignal sends a signal to the daemon that serves a mount.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT}
	ts.Check(syscall.Kill(stateOf(ts, ts.MkAbs(args[1])).PID, signals[args[0]]))
}

// stateOf returns the state of a mount, which is written just behind it.
func stateOf(ts *testscript.TestScript, mountPoint string) mountState {
	dir := stateDir{filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "tsmount")}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, m := range dir.read(map[string]bool{mountPoint: true}) {
			if m.MountPoint == mountPoint {
				return m
			}
		}
	}
	ts.Fatalf("%s: no state file", mountPoint)
	return mountState{}
}

// replaceWork puts the script's directory where a file says WORK.
func replaceWork(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := strings.ReplaceAll(ts.ReadFile(name), "WORK", ts.Getenv("WORK"))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}
