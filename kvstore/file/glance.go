package file

import (
	"encoding/binary"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
)

// localTypes are file systems that answer from this machine: a look at a file
// there does not hang when a network does.
var localTypes = map[int64]bool{
	unix.EXT4_SUPER_MAGIC: true, unix.XFS_SUPER_MAGIC: true, unix.BTRFS_SUPER_MAGIC: true, unix.F2FS_SUPER_MAGIC: true,
	unix.TMPFS_MAGIC: true, unix.RAMFS_MAGIC: true, unix.OVERLAYFS_SUPER_MAGIC: true,
	0x2fc12fc1: true, // ZFS
	0xca451a4e: true, // bcachefs
}

// home is the device of the store's root, if that is on a local file system.
type home struct{ device atomic.Uint64 } // plus one; 0: not known to be local

// look returns the device of the root dir if that is local.
func (h *home) look(dir string) (device uint64, local bool) {
	if have := h.device.Load(); have != 0 {
		return have - 1, true
	}
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Statfs(dir, &fs) != nil || unix.Stat(dir, &st) != nil || !localTypes[int64(fs.Type)] {
		return 0, false
	}
	h.device.Store(uint64(st.Dev) + 1)
	return uint64(st.Dev), true
}

// Glance implements kvstore.Glancer, on local file systems: a file below the
// root that lies elsewhere has another device in its generation.
func (s *Store) Glance(key string, gen kvstore.Generation) bool {
	device, local := s.home.look(s.dir)
	if !local || checkKey(key) != nil || !s.opt.IO.TryAcquire() {
		return false
	}
	defer s.end()
	if gen == kvstore.Absent {
		return s.looksAbsent(key)
	}
	return len(gen) == settledLen && deviceOf(gen) == device && s.looksLike(key, gen)
}

// looksAbsent reports that there is nothing under key, reached without links and
// without leaving the file system of the root.
func (s *Store) looksAbsent(key string) bool {
	if !s.oneStep {
		return false
	}
	root, err := unix.Open(s.dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(root)
	fd, err := openat2(root, key, pathFlags, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_XDEV)
	if err == nil {
		unix.Close(fd)
	}
	return err == unix.ENOENT
}

// looksLike reports, with one system call, that the file is beyond doubt the one
// that is known already. Which links lead to it does not matter then; all other
// answers need a closer look.
func (s *Store) looksLike(key string, gen kvstore.Generation) bool {
	if len(gen) != settledLen {
		return false
	}
	var st unix.Stat_t
	if err := unix.Stat(s.dir+key, &st); err != nil {
		return false
	}
	in := infoOf(&st)
	return in.isKind(unix.S_IFREG) && in.isSettled(gen)
}

// deviceOf returns the device that a settled generation names.
func deviceOf(gen kvstore.Generation) uint64 { return binary.BigEndian.Uint64([]byte(gen[:8])) }
