package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func readyMeansMounted(t *testing.T) {
	d := makeDataset(t, small)
	at := folder(t, "mnt")
	t.Cleanup(func() {
		if len(mountsBelow(at)) > 0 {
			takeOff(at)
		}
	})
	if got := tsmount(t, specFile(t, d.spec()), at); got.status != 0 {
		t.Fatalf("status %d: %s", got.status, got.stderr)
	}
	expect(t, "the array", readFile(t, filepath.Join(at, "array.raw")), d.data)
	if got := tsmount(t, "ls"); !strings.Contains(got.stdout, at) || got.status != 0 {
		t.Errorf("tsmount ls: status %d, %q does not name %s", got.status, got.stdout, at)
	}
	if got := tsmount(t, "umount", at); got.status != 0 {
		t.Errorf("tsmount umount: status %d: %s", got.status, got.stderr)
	}
	if len(mountsBelow(at)) > 0 {
		t.Error("still mounted after tsmount umount")
	}
	if got := tsmount(t, "ls"); strings.Contains(got.stdout, at) {
		t.Errorf("tsmount ls after the unmount: %q", got.stdout)
	}
}

func badSpecsAreOneLine(t *testing.T) {
	d := makeDataset(t, small)
	for name, test := range map[string]struct {
		spec   any
		status int
		names  string
	}{
		"a store that does not exist": {object{"driver": "zarr", "kvstore": object{"driver": "fle", "path": d.dir}}, 2, "kvstore.driver"},
		"an unknown member":           {d.spec(object{"recheck": true}), 2, "recheck"},
		"another dtype":               {d.spec(object{"dtype": "int8"}), 1, "dtype"},
		"no array":                    {object{"driver": "zarr", "kvstore": object{"driver": "file", "path": d.dir + "/none/"}}, 1, "none"},
		"no JSON":                     {"{", 2, "JSON"},
	} {
		at := folder(t, "mnt")
		for _, args := range [][]string{{at, "-f"}, {at}} { // in the foreground and in the background
			got := tsmount(t, append([]string{specFile(t, test.spec)}, args...)...)
			if got.status != test.status {
				t.Errorf("%s, %v: status %d, want %d", name, args[1:], got.status, test.status)
			}
			if strings.Count(got.stderr, "\n") != 1 || !strings.HasPrefix(got.stderr, "tsmount: ") || !strings.Contains(got.stderr, test.names) {
				t.Errorf("%s, %v: %q is not one line that names %s", name, args[1:], got.stderr, test.names)
			}
			if len(mountsBelow(at)) > 0 {
				t.Errorf("%s, %v: mounted all the same", name, args[1:])
				takeOff(at)
			}
		}
	}
}

func mountPointsMustBeEmpty(t *testing.T) {
	d := makeDataset(t, small)
	full := folder(t, "mnt")
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m := start(t, d.spec())
	for what, at := range map[string]string{"a folder with files": full, "a file": filepath.Join(full, "mine"), "nothing": filepath.Join(full, "none"), "a mount": m.at} {
		if got := tsmount(t, specFile(t, d.spec()), at); got.status == 0 || !strings.Contains(got.stderr, at) {
			t.Errorf("%s: status %d, %q", what, got.status, got.stderr)
		}
	}
	expect(t, "the mount that was there", readFile(t, m.path("array.raw")), d.data)
}

func termUnmounts(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		m := start(t, makeDataset(t, small).spec())
		if err := m.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if !m.wait() {
			t.Fatalf("the program did not end after %v", signal)
		}
		if m.err != nil {
			t.Errorf("after %v the program ended with %v\n%s", signal, m.err, m.said())
		}
		if len(mountsBelow(m.at)) > 0 {
			t.Errorf("still mounted after %v", signal)
		}
	}
}

func deadMountsAreCleaned(t *testing.T) {
	d := makeDataset(t, small)
	dead := &mount{t: t, at: folder(t, "mnt"), ended: make(chan struct{})}
	dead.cmd = command(t, specFile(t, d.spec()), dead.at, "-f")
	if err := dead.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the mount is ready", func() bool {
		_, err := os.ReadFile(dead.path(".tsmount/ready"))
		return err == nil
	})
	if err := dead.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = dead.cmd.Wait() // killed
	if _, err := os.ReadDir(dead.at); !errors.Is(err, syscall.ENOTCONN) {
		takeOff(dead.at)
		t.Fatalf("reading the dead mount: got %v, want ENOTCONN", err)
	}
	m := startAt(t, dead.at, d.spec())
	expect(t, "the array in the new mount", readFile(t, m.path("array.raw")), d.data)
}

func secretsStayInside(t *testing.T) {
	d := makeDataset(t, small)
	at := folder(t, "mnt")
	text, err := json.Marshal(d.spec())
	if err != nil {
		t.Fatal(err)
	}
	if got := tsmount(t, string(text), at); got.status != 0 {
		t.Fatalf("status %d: %s", got.status, got.stderr)
	}
	defer tsmount(t, "umount", at)
	config := filepath.Join(at, ".tsmount/config.json")
	if mode := stat(t, config).Mode & 0o777; mode != 0o400 {
		t.Errorf("config.json has mode %o, want 400", mode)
	}
	if text := readFile(t, config); !bytes.Contains(text, []byte(`"zarr"`)) {
		t.Errorf("config.json does not hold the spec: %s", text)
	}
	cmdlines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range cmdlines {
		args, err := os.ReadFile(path) // of a process that may have ended
		if err == nil && bytes.Contains(args, []byte(d.dir)) {
			t.Errorf("a command line shows the spec: %q", args)
		}
	}
}
