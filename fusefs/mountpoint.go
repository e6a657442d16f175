package fusefs

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// fsType is what the kernel calls our mounts.
const fsType = "fuse.tsmount"

// prepare checks that something can be mounted at path and returns the path as
// the kernel spells it. A mount of ours whose server is gone is taken away.
func prepare(path string) (string, error) {
	path, err := resolve(path)
	if err != nil {
		return "", err
	}
	for range 8 { // mounts may lie on top of each other
		m, err := mountAt(path)
		if err != nil {
			return "", fmt.Errorf("mount point %s: %w", path, err)
		}
		_, statErr := os.Stat(path)
		if m == nil || m.fsType != fsType || !disconnected(statErr) {
			return path, check(path, m, statErr)
		}
		if err := detach(path); err != nil {
			return "", fmt.Errorf("mount point %s: its server is gone, and it cannot be unmounted: %w", path, err)
		}
	}
	return "", fmt.Errorf("mount point %s: too many mounts without a server", path)
}

// resolve returns the absolute path without symbolic links. The last component
// may be a mount whose server is gone, which cannot be looked at.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("mount point %s: %w", path, err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if disconnected(err) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
		return filepath.Join(dir, filepath.Base(abs)), err
	}
	if err != nil {
		return "", fmt.Errorf("mount point: %w", err)
	}
	return real, nil
}

// check refuses what must not be covered by a mount.
func check(path string, m *mountInfo, statErr error) error {
	if m != nil {
		return fmt.Errorf("mount point %s: something is mounted there already (%s)", path, m.fsType)
	}
	if statErr != nil {
		return fmt.Errorf("mount point: %w", statErr)
	}
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("mount point: %w", err)
	}
	defer dir.Close()
	if st, err := dir.Stat(); err != nil || !st.IsDir() {
		return fmt.Errorf("mount point %s: not a directory", path)
	}
	if names, _ := dir.Readdirnames(1); len(names) > 0 {
		return fmt.Errorf("mount point %s: the directory is not empty", path)
	}
	return nil
}

// mountInfo is one line of /proc/self/mountinfo.
type mountInfo struct {
	device string // major:minor
	fsType string
}

// mountAt returns the uppermost mount at path, nil when there is none. It does
// not touch the mount.
func mountAt(path string) (*mountInfo, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var found *mountInfo
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if !ok || len(fields) < 5 || unescape(fields[4]) != path {
			continue
		}
		kind, _, _ := strings.Cut(after, " ")
		found = &mountInfo{device: fields[2], fsType: kind}
	}
	return found, lines.Err()
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// detach takes a mount's name away at once, whatever is open in it. Who is not
// root needs the help of fusermount3.
func detach(path string) error {
	err := syscall.Unmount(path, syscall.MNT_DETACH)
	if err == nil {
		return nil
	}
	if helper := exec.Command("fusermount3", "-u", "-z", path); helper.Run() == nil {
		return nil
	}
	return &os.PathError{Op: "unmount", Path: path, Err: err}
}

// readAhead is how far the kernel reads ahead of buffered readers, in KiB: it
// hides the latency of a store, and only root may raise it.
const readAhead = 4096

// raiseReadAhead does so where it can; without it, the window of each open file
// reads ahead all the same.
func raiseReadAhead(path string) {
	m, err := mountAt(path)
	if err != nil || m == nil {
		return
	}
	file, err := os.OpenFile("/sys/class/bdi/"+m.device+"/read_ahead_kb", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	_, err = file.WriteString(strconv.Itoa(readAhead))
	_ = errors.Join(err, file.Close()) // best effort
}
