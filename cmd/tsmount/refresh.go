package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// newRefreshCommand returns tsmount refresh.
func newRefreshCommand() *cobra.Command {
	return &cobra.Command{
		Use: "refresh PATH", Short: "Drop what is cached below a path of a mount", Args: exactly("PATH"),
		RunE: func(_ *cobra.Command, args []string) error { return refresh(args[0]) },
	}
}

func refresh(path string) error {
	names, err := spellings(path)
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		if real, err = filepath.Abs(real); err == nil {
			names = append(names, real)
		}
	}
	mounts, err := knownMounts()
	if err != nil {
		return err
	}
	k, below := deepest(mounts, names)
	switch {
	case k == nil:
		return fmt.Errorf("%s is not below a mount of tsmount", path)
	case k.Control == "":
		return fmt.Errorf("%s: its daemon is not known to this user", k.MountPoint)
	case !k.alive():
		return fmt.Errorf("%s: its daemon is gone", k.MountPoint)
	}
	if _, err := (order{Do: "refresh", MountPoint: k.MountPoint, Path: below}).send(k.Control); err != nil {
		return fmt.Errorf("%s: %w", k.MountPoint, err)
	}
	return nil
}

// deepest returns the mount with the longest path that is above one of names,
// and the rest of that name.
func deepest(mounts []known, names []string) (best *known, below string) {
	for i := range mounts {
		m := &mounts[i]
		for _, name := range names {
			rest, ok := strings.CutPrefix(name+"/", m.MountPoint+"/")
			if ok && (best == nil || len(m.MountPoint) > len(best.MountPoint)) {
				best, below = m, strings.TrimSuffix(rest, "/")
			}
		}
	}
	return best, below
}
