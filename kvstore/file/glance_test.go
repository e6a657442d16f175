package file_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
	"tsmount/kvstore/file"
	"tsmount/resources"
)

// local returns a directory on a file system of this machine.
func local(t *testing.T) string {
	for _, dir := range []string{t.TempDir(), "/dev/shm"} {
		var fs unix.Statfs_t
		if err := unix.Statfs(dir, &fs); err == nil && (fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.EXT4_SUPER_MAGIC || fs.Type == unix.XFS_SUPER_MAGIC) {
			made, err := os.MkdirTemp(dir, "tsmount-test-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(made) })
			return made
		}
	}
	t.Skip("no local file system")
	return ""
}

func TestGlanceOnALocalFileSystem(t *testing.T) {
	dir := local(t)
	limit := resources.NewLimiter("io", 1)
	s := open(t, dir, file.Options{IO: limit})
	put(t, filepath.Join(dir, "d/v"), "value")
	settle()
	res, err := s.Read(t.Context(), "d/v", kvstore.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	g := res.Stamp.Generation
	for key, gen := range map[string]kvstore.Generation{"d/v": g, "d/w": kvstore.Absent, "e": kvstore.Absent} {
		if !s.Glance(key, gen) {
			t.Errorf("%s: got false, want true", key)
		}
	}
	for key, gen := range map[string]kvstore.Generation{"d/v": kvstore.Absent, "d/w": g, "../v": kvstore.Absent, "d/v/x": g} {
		if s.Glance(key, gen) {
			t.Errorf("%s: got true, want false", key)
		}
	}
	if err := limit.Acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Glance("d/v", g) {
		t.Error("a glance without a token")
	}
	limit.Release()
	if limit.InUse() != 0 {
		t.Error("a token is out")
	}
}

// TestGlanceFollowsNoLinkToNothing: a link that leads out, or nowhere, is not
// "missing" without a closer look.
func TestGlanceFollowsNoLinkToNothing(t *testing.T) {
	dir := local(t)
	s := open(t, dir, file.Options{})
	for name, to := range map[string]string{"away": "/nowhere/at/all", "up": "../nothing", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if s.Glance(name, kvstore.Absent) || s.Glance(name+"/x", kvstore.Absent) {
			t.Errorf("%s: said to be absent", name)
		}
	}
}

// TestGlanceLeavesOtherFileSystemsAlone: what does not lie on the device of the
// root may hang.
func TestGlanceLeavesOtherFileSystemsAlone(t *testing.T) {
	dir := local(t)
	s := open(t, "/proc", file.Options{})
	if s.Glance("version", kvstore.Absent) || s.Glance("nothing", kvstore.Absent) {
		t.Error("procfs is no file system for data")
	}
	if err := os.Mkdir(filepath.Join(dir, "mnt"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", filepath.Join(dir, "mnt"), "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(filepath.Join(dir, "mnt"), unix.MNT_DETACH) })
	s = open(t, dir, file.Options{})
	put(t, filepath.Join(dir, "mnt/v"), "value")
	time.Sleep(30 * time.Millisecond)
	res, err := s.Read(t.Context(), "mnt/v", kvstore.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Glance("mnt/v", res.Stamp.Generation) || s.Glance("mnt/w", kvstore.Absent) {
		t.Error("looked at a file on another file system")
	}
}
