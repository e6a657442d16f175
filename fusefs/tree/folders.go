package tree

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tsmount/drivers"
)

// checkFolder decides about a folder without documents. The mount point must
// hold an array or a group at most two levels down, or it is refused; below it
// any folder of folders is shown.
func (h *hierarchy) checkFolder(ctx context.Context, path, prefix string, bound time.Time) error {
	depth := 0
	if path == "" {
		depth = 2
	}
	found, err := h.holds(ctx, prefix, depth, bound)
	if err != nil || found {
		return err
	}
	if path == "" {
		return fmt.Errorf("%s: %w: neither it nor the folders in it hold %s",
			h.cfg.Store.Location(prefix), drivers.ErrNoArray, h.wanted())
	}
	return notExist(path)
}

// holds reports whether an array or a group is found in the folders below
// prefix, up to the given depth; with depth 0, whether there are folders.
func (h *hierarchy) holds(ctx context.Context, prefix string, depth int, bound time.Time) (bool, error) {
	if depth == 0 {
		return h.lists.any(ctx, prefix, bound)
	}
	var below []string
	for name, err := range h.lists.folders(ctx, prefix, bound) {
		if err != nil {
			return false, err
		}
		below = append(below, prefix+name+"/")
	}
	for _, sub := range below {
		doc, err := h.docs.get(ctx, sub, drivers.Candidates(h.cfg.Formats, sub), bound)
		if err != nil {
			return false, err
		}
		if found, err := drivers.Detect(h.cfg.Formats, sub, doc.docs); err != nil || !found.None() {
			return true, nil
		}
	}
	if depth < 2 {
		return false, nil
	}
	for _, sub := range below {
		if found, err := h.holds(ctx, sub, depth-1, bound); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// wanted names the documents that were looked for.
func (h *hierarchy) wanted() string {
	return strings.Join(drivers.Candidates(h.cfg.Formats, ""), ", ")
}
