package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// newUmountCommand returns tsmount umount.
func newUmountCommand() *cobra.Command {
	return &cobra.Command{
		Use: "umount MOUNTPOINT", Short: "Store what was written and unmount", Args: exactly("MOUNTPOINT"),
		RunE: func(_ *cobra.Command, args []string) error { return umount(args[0]) },
	}
}

func umount(path string) error {
	k, err := findMount(path)
	if err != nil {
		return err
	}
	if k.PID != 0 && k.alive() {
		a, err := (order{Do: "umount", MountPoint: k.MountPoint}).send(k.Control)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", k.MountPoint, err)
		case len(a.Lost) > 0:
			return fmt.Errorf("%s: lost: %s", k.MountPoint, strings.Join(a.Lost, "; "))
		}
		return nil
	}
	// Nobody answers for it: the mount of a daemon that is gone, or one that is
	// not listed.
	err = unmountByName(k.MountPoint, k.PID != 0)
	if err == nil && k.file != "" {
		k.remove()
	}
	return err
}

// findMount returns the mount of ours at path.
func findMount(path string) (*known, error) {
	names, err := spellings(path)
	if err != nil {
		return nil, err
	}
	table, err := mountTable()
	if err != nil {
		return nil, err
	}
	mounts, err := knownMounts()
	if err != nil {
		return nil, err
	}
	for i := range mounts {
		if slices.Contains(names, mounts[i].MountPoint) {
			return &mounts[i], nil
		}
	}
	for _, name := range names {
		if kind, ok := table[name]; ok {
			return nil, fmt.Errorf("%s is not a mount of tsmount (its type is %s)", path, kind)
		}
	}
	return nil, fmt.Errorf("%s is not a mount point", path)
}

// unmountByName unmounts without the help of a daemon. A user who may not call
// umount(2) has fusermount3.
func unmountByName(path string, detach bool) error {
	flags, args := 0, []string{"-u", path}
	if detach {
		flags, args = syscall.MNT_DETACH, []string{"-u", "-z", path}
	}
	err := syscall.Unmount(path, flags)
	if errors.Is(err, fs.ErrPermission) {
		var text []byte
		if text, err = exec.Command("fusermount3", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", path, err, strings.TrimSpace(string(text)))
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
