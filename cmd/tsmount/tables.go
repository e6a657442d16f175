package main

import (
	"encoding/json"
	"strconv"

	"tsmount/cache"
	"tsmount/drivers"
	formats "tsmount/drivers/all"
	"tsmount/internal/strictjson"
	stores "tsmount/kvstore/all"
	"tsmount/resources"
)

// maxDefaultPool is the total_bytes_limit of the root context's cache_pool where
// memory allows.
const maxDefaultPool = 1 << 30

// newTables lists what exists: array formats, stores and resource kinds.
func newTables() drivers.Tables {
	all := formats.Formats()
	kinds := append(resources.Standard(), cache.PoolKind())
	kinds = append(kinds, stores.Kinds()...)
	return drivers.Tables{
		Formats: all,
		Stores:  stores.Table(drivers.ArrayNames(all)...),
		Kinds:   resources.NewKinds(kinds...),
	}
}

// rootSpec returns the context that all mounts of a daemon share: the user's,
// which may be nil, with a cache_pool unless that names one.
func rootSpec(kinds *resources.Kinds, user *document) (*resources.Spec, error) {
	spec, err := parseContext(kinds, user)
	if err != nil || spec.Has(cache.PoolName) {
		return spec, err
	}
	return withDefaultPool(kinds, user)
}

// parseContext reads the context in doc; nil stands for one without members.
func parseContext(kinds *resources.Kinds, doc *document) (*resources.Spec, error) {
	if doc == nil {
		return nil, nil
	}
	spec, err := resources.ParseSpec(kinds, doc.value())
	return spec, badUsage(err)
}

func withDefaultPool(kinds *resources.Kinds, user *document) (*resources.Spec, error) {
	limit := min(cache.MemoryLimit()/4, maxDefaultPool)
	members := map[string]any{cache.PoolName: map[string]any{"total_bytes_limit": json.Number(strconv.FormatInt(limit, 10))}}
	if user != nil {
		given, _ := user.Value.(map[string]any)
		for key, value := range given {
			members[key] = value
		}
	}
	return resources.ParseSpec(kinds, strictjson.Of(members, "", ""))
}
