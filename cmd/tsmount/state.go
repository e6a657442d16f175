package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// stateDir is a directory in which daemons write what they serve.
type stateDir struct{ path string }

// mountState is the state file of one mount.
type mountState struct {
	PID        int    `json:"pid"`
	Start      uint64 `json:"start_time"` // of the process, in ticks since boot
	MountPoint string `json:"mountpoint"`
	URL        string `json:"url"`
	Spec       any    `json:"spec"` // without secrets
	Control    string `json:"control"`

	file string
}

// ownStateDir returns the directory for the daemons of this user, made when it
// does not exist.
func ownStateDir() (*stateDir, error) {
	path := "/run/tsmount"
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		path = filepath.Join(runtime, "tsmount")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	st, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	owner, ok := st.Sys().(*syscall.Stat_t)
	if !st.IsDir() || !ok || owner.Uid != uint32(os.Geteuid()) || st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: not a directory that only this user can look into", path)
	}
	return &stateDir{path}, nil
}

// stateDirs returns all state directories of this machine that can be looked
// into.
func stateDirs() []*stateDir {
	paths, _ := filepath.Glob("/run/user/*/tsmount")
	paths = append(paths, "/run/tsmount")
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); runtime != "" {
		paths = append(paths, filepath.Join(runtime, "tsmount"))
	}
	var dirs []*stateDir
	seen := map[string]bool{}
	for _, path := range paths {
		if !seen[path] {
			dirs = append(dirs, &stateDir{path})
		}
		seen[path] = true
	}
	return dirs
}

// socket returns the path of the control socket of a process.
func (d *stateDir) socket(pid int) string {
	return filepath.Join(d.path, "control-"+strconv.Itoa(pid)+".sock")
}

// put writes the state of the n-th mount of this process.
func (d *stateDir) put(n int, m *served) (file string, err error) {
	pid := os.Getpid()
	start, err := processStart(pid)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(mountState{
		PID: pid, Start: start, MountPoint: m.Path(), URL: shownURL(m.plan.spec),
		Spec: m.plan.spec.JSON(true), Control: d.socket(pid),
	})
	if err != nil {
		return "", err
	}
	file = filepath.Join(d.path, fmt.Sprintf("mount-%d-%d.json", pid, n))
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return "", err
	}
	return file, os.Rename(file+".new", file)
}

// read returns the state files in d. Those of processes that are gone and whose
// mounts are gone too are removed.
func (d *stateDir) read(mounted map[string]bool) []mountState {
	files, _ := filepath.Glob(filepath.Join(d.path, "mount-*.json"))
	var list []mountState
	for _, file := range files {
		m := mountState{file: file}
		text, err := os.ReadFile(file)
		if err != nil || json.Unmarshal(text, &m) != nil {
			continue
		}
		if !m.alive() && !mounted[m.MountPoint] {
			m.remove()
			continue
		}
		list = append(list, m)
	}
	return list
}

// remove takes the state file of a dead process away, and its socket.
func (m *mountState) remove() {
	os.Remove(m.file)
	if !m.alive() && filepath.Dir(m.Control) == filepath.Dir(m.file) {
		os.Remove(m.Control)
	}
}

// alive reports whether the process that serves the mount is still the same.
func (m *mountState) alive() bool {
	start, err := processStart(m.PID)
	return err == nil && start == m.Start
}

// processStart returns when a process began, in ticks since boot. A zombie is no
// process any more.
func processStart(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	i := strings.LastIndexByte(string(text), ')') // the name may contain anything
	fields := strings.Fields(string(text[i+1:]))
	if len(fields) < 20 {
		return 0, errors.New("cannot read the start time of a process")
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, fs.ErrNotExist
	}
	return strconv.ParseUint(fields[19], 10, 64)
}
