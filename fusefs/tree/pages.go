package tree

import (
	"context"
	"time"

	"tsmount/drivers"
)

// Pages lets bytes be kept where the mount never looks at them again, and under
// "open" if the chunks that they came from are the same at this open. On a
// writable mount it does not: what one file has kept, another may change.
func (h *arrayHandle) Pages(ctx context.Context) Pages {
	cfg := &h.file.t.cfg
	if h.revalidate || cfg.Writable {
		return PagesNever
	}
	switch {
	case settled(cfg.RecheckData, h.opened) && settled(cfg.RecheckMetadata, h.opened):
		return PagesKeep
	case h.file.origins == nil:
		return PagesNever
	}
	metadata, data := h.bounds(ctx)
	st, err := h.m.state(ctx, metadata)
	if err == nil && h.file.origins.Keep(ctx, h.m.opened.Array, st, data) {
		return PagesKeep
	}
	return PagesDrop
}

// remembers reports whether what was read may be checked at the next open: the
// bounds do not change while a file is open.
func remembers(cfg *Config, opened time.Time) bool {
	if cfg.Writable {
		return false
	}
	bounded := func(r drivers.Recheck) bool { return r.Mode == drivers.RecheckOpen || settled(r, opened) }
	return bounded(cfg.RecheckData) && bounded(cfg.RecheckMetadata)
}

// settled reports whether what is read from now on is good for ever under r.
func settled(r drivers.Recheck, now time.Time) bool {
	return r.Mode == drivers.RecheckNever || r.Mode == drivers.RecheckTime && r.Bound(now, now).Before(now)
}
