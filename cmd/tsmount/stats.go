package main

import (
	"tsmount/cache"
	"tsmount/resources"
)

// daemonStats is the part of stats.json that the daemon knows.
type daemonStats struct {
	Engine    cache.Stats    `json:"engine"`
	Resources map[string]any `json:"resources"`
}

// limiterStats describes a limit on concurrency.
type limiterStats struct {
	Limit   int `json:"limit"`
	InUse   int `json:"in_use"`
	Waiting int `json:"waiting"`
}

// stats returns the counters of the engine and of every resource that a mount
// sees, by key: those of its own contexts shadow the shared ones.
func (d *daemon) stats(set *dataset) daemonStats {
	s := daemonStats{Engine: d.engine.Stats(), Resources: map[string]any{}}
	for _, context := range []*resources.Context{d.plan.root, set.parent, set.context} {
		context.Each(func(key string, resource any) {
			switch r := resource.(type) {
			case *cache.Pool:
				s.Resources[key] = r.Stats()
			case *resources.Limiter:
				s.Resources[key] = limiterStats{r.Limit(), r.InUse(), r.Waiting()}
			}
		})
	}
	return s
}
