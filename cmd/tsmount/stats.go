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

// stats returns the counters of the engine and of every resource that the mount
// of set sees, by key. A resource whose key a context further in has too is
// named with where it is defined.
func (d *daemon) stats(set *dataset) daemonStats {
	s := daemonStats{Engine: d.engine.Stats(), Resources: map[string]any{}}
	s.addBelow("spec", set.context)
	if set.parent != d.plan.root {
		s.add("mount", set.parent)
	}
	s.add("daemon", d.plan.root)
	return s
}

// addBelow adds the resources of a spec's context and of those in it.
func (s *daemonStats) addBelow(place string, c *resources.Context) {
	s.add(place, c)
	for _, child := range c.Children() {
		s.addBelow(place+".kvstore", child)
	}
}

func (s *daemonStats) add(place string, c *resources.Context) {
	c.Each(func(key string, resource any) {
		if _, taken := s.Resources[key]; taken {
			key = place + "." + key
		}
		switch r := resource.(type) {
		case *cache.Pool:
			s.Resources[key] = r.Stats()
		case *resources.Limiter:
			s.Resources[key] = limiterStats{r.Limit(), r.InUse(), r.Waiting()}
		}
	})
}
