package main

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// fsType is what the kernel calls our mounts.
const fsType = "fuse.tsmount"

// mountTable returns the types of all mounts that can be seen, by mount point.
// It touches none of them.
func mountTable() (map[string]string, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if ok && len(fields) > 4 {
			table[unescape(fields[4])], _, _ = strings.Cut(after, " ")
		}
	}
	return table, lines.Err()
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
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

// known is a mount of ours as other commands see it.
type known struct {
	mountState
	mounted bool
}

// describe says how the mount is.
func (k *known) describe() string {
	switch {
	case k.PID == 0:
		return "unknown" // of another user, or made without a state directory
	case !k.alive():
		return "dead"
	case !k.mounted:
		return "ending"
	}
	return "ready"
}

// knownMounts returns all mounts of ours that can be seen, sorted.
func knownMounts() ([]known, error) {
	table, err := mountTable()
	if err != nil {
		return nil, err
	}
	mounted := map[string]bool{}
	for path, kind := range table {
		if kind == fsType {
			mounted[path] = true
		}
	}
	best := map[string]known{}
	for _, dir := range stateDirs() {
		for _, m := range dir.read(mounted) {
			if other, ok := best[m.MountPoint]; !ok || !other.alive() {
				best[m.MountPoint] = known{m, mounted[m.MountPoint]}
			}
		}
	}
	var list []known
	for path := range mounted {
		if _, ok := best[path]; !ok {
			best[path] = known{mountState{MountPoint: path}, true}
		}
	}
	for _, k := range best {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b known) int { return cmp.Compare(a.MountPoint, b.MountPoint) })
	return list, nil
}

// spellings returns path as the kernel may spell it: as it is, without links in
// its directory, without any links. The last component is looked at only if the
// others do not do, as it may be a mount that does not answer.
func spellings(path string) ([]string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	list := []string{abs}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		list = append(list, filepath.Join(dir, filepath.Base(abs)))
	}
	return list, nil
}
