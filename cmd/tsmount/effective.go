package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/resources"
)

// config returns what MOUNT/.tsmount/config.json shows: a config file for this
// mount, with the context that it has and every value that counts although
// nobody wrote it. It has no secrets.
func (p *plan) config(m *mountPlan) ([]byte, error) {
	mount := map[string]any{
		"mountpoint": m.MountPoint, "spec": effectiveSpec(m.spec), "writable": m.Writable,
		"formats": m.Formats, "allow_other": m.AllowOther, "umask": fmt.Sprintf("%03o", m.Umask),
	}
	if m.own != nil {
		mount["context"] = effectiveContext(m.own.Redacted())
	}
	if m.UID != nil {
		mount["uid"] = *m.UID
	}
	if m.GID != nil {
		mount["gid"] = *m.GID
	}
	return json.Marshal(map[string]any{"context": effectiveContext(p.shared.Redacted()), "mounts": []any{mount}})
}

// effectiveSpec returns the canonical form of s with the defaults of the members
// that all drivers have.
func effectiveSpec(s *drivers.Spec) map[string]any {
	out := s.JSON(true)
	for name, value := range map[string]any{
		"open": s.Open, "create": s.Create, "delete_existing": s.DeleteExisting,
		"fill_missing_data_reads": s.FillMissing, "store_data_equal_to_fill_value": s.StoreFill,
		"recheck_cached_data": s.RecheckData.JSON(), "recheck_cached_metadata": s.RecheckMetadata.JSON(),
	} {
		out[name] = value
	}
	for _, kind := range []string{cache.PoolName, resources.DataCopyConcurrency} {
		if _, given := out[kind]; !given {
			out[kind] = kind
		}
	}
	fillResources(out)
	if context, ok := out["context"].(map[string]any); ok {
		out["context"] = effectiveContext(context)
	}
	if store, ok := out["kvstore"].(map[string]any); ok {
		fillResources(store)
		if context, ok := store["context"].(map[string]any); ok {
			store["context"] = effectiveContext(context)
		}
	}
	return out
}

// effectiveContext returns the context with the defaults in its definitions.
func effectiveContext(context map[string]any) map[string]any {
	fillResources(context)
	return context
}

// fillResources puts the defaults into the definitions of limits among members.
func fillResources(members map[string]any) {
	for key, value := range members {
		definition, is := value.(map[string]any)
		if !is {
			continue
		}
		switch kind, _, _ := strings.Cut(key, "#"); {
		case kind == cache.PoolName, kind == "metadata_cache_pool":
			members[key] = cache.FilledPool(definition)
		case strings.HasSuffix(kind, "_concurrency"):
			if _, given := definition["limit"]; !given {
				definition["limit"] = "shared"
			}
		}
	}
}
