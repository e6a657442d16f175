package cache

import (
	"maps"
	"math"

	"tsmount/internal/strictjson"
	"tsmount/resources"
)

// PoolName is the resource type of a cache pool.
const PoolName = "cache_pool"

type poolConfig struct {
	limit     int64
	writeback int64 // -1: half of limit
}

// PoolKind returns the cache_pool resource kind; its resource is a *Pool.
func PoolKind() resources.Kind {
	return resources.NewKind(PoolName, resources.Syntax[poolConfig]{
		Default: poolConfig{writeback: -1},
		Parse:   parsePool,
		JSON:    poolJSON,
	}, func(_ *resources.Resolver, c poolConfig) (*Pool, error) {
		if c.writeback < 0 {
			c.writeback = c.limit / 2
		}
		return newPool(c.limit, c.writeback), nil
	})
}

func parsePool(v strictjson.Value, _ *resources.Kinds) (poolConfig, error) {
	c := poolConfig{writeback: -1}
	o, err := v.Object()
	if err != nil {
		return c, err
	}
	for name, into := range map[string]*int64{"total_bytes_limit": &c.limit, "queued_for_writeback_bytes_limit": &c.writeback} {
		err := o.Optional(name, func(v strictjson.Value) error {
			u, err := v.Uint()
			*into = int64(min(u, math.MaxInt64)) // limits beyond memory are all alike
			return err
		})
		if err != nil {
			return c, err
		}
	}
	return c, o.Close()
}

// FilledPool returns the definition of a cache_pool, as its kind gives it, with
// the limits that it leaves to their defaults.
func FilledPool(definition map[string]any) map[string]any {
	limit, _ := definition["total_bytes_limit"].(int64)
	filled := map[string]any{"total_bytes_limit": limit, "queued_for_writeback_bytes_limit": limit / 2}
	maps.Copy(filled, definition)
	return filled
}

func poolJSON(c poolConfig) any {
	m := map[string]any{}
	if c.limit != 0 {
		m["total_bytes_limit"] = c.limit
	}
	if c.writeback >= 0 {
		m["queued_for_writeback_bytes_limit"] = c.writeback
	}
	return m
}
