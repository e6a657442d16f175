package main

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/fusefs/tree"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/resources"
)

// dataset is a spec with its store and its resources, from which arrays are
// opened.
type dataset struct {
	engine  *cache.Engine
	formats []drivers.Format
	spec    *drivers.Spec
	parent  *resources.Context // of the mount
	context *resources.Context // of the spec
	store   kvstore.Store      // rooted at the spec's path
	pool    *cache.Pool
	copies  *resources.Limiter
	begun   atomic.Bool // the array of the spec has been opened once
}

// openDataset opens the store of m. over, when not nil, is put over it.
func openDataset(ctx context.Context, e *cache.Engine, p *plan, m *mountPlan, over func(kvstore.Store) kvstore.Store) (*dataset, error) {
	d := &dataset{engine: e, formats: p.tables.Formats, spec: m.spec, parent: m.context, context: resources.New(m.context, m.spec.Context)}
	var err error
	if d.pool, err = resources.Get[*cache.Pool](d.context, m.spec.CachePool); err != nil {
		return nil, m.faultIn(cache.PoolName, err)
	}
	if d.copies, err = resources.Get[*resources.Limiter](d.context, m.spec.DataCopyConcurrency); err != nil {
		return nil, m.faultIn(resources.DataCopyConcurrency, err)
	}
	if m.spec.MetadataCachePool.Kind() != "" { // bound for its errors: documents live in cache_pool
		if _, err := resources.Get[*cache.Pool](d.context, m.spec.MetadataCachePool); err != nil {
			return nil, m.faultIn("metadata_cache_pool", err)
		}
	}
	if d.store, err = m.spec.KvStore.Open(ctx, d.context); err != nil {
		return nil, m.faultIn("kvstore", err)
	}
	if over != nil {
		d.store = over(d.store)
	}
	return d, nil
}

// faultIn returns the error for a member of the spec that cannot be had.
func (m *mountRequest) faultIn(member string, err error) error {
	path := member
	if m.Spec.Path != "" {
		path = m.Spec.Path + "." + member
	}
	return badUsage(strictjson.Of(nil, m.Spec.Source, path).Errorf("%v", err))
}

// source returns what the mount shows: the array of the spec, or without a
// driver whatever is found at its path.
func (d *dataset) source() tree.Source {
	if d.spec.Format != nil {
		return tree.Single(d.openSingle)
	}
	return tree.Hierarchy(tree.HierarchyConfig{Formats: d.formats, Store: d.store, Open: d.openMember})
}

// openSingle opens the array of the spec. Only the first time does it create or
// delete anything.
func (d *dataset) openSingle(ctx context.Context, bound time.Time) (*tree.Opened, error) {
	s := d.spec
	mode := cache.OpenMode{Open: true, AssumeMetadata: s.AssumeMetadata, AssumeCached: s.AssumeCachedMetadata}
	if !d.begun.Load() {
		mode.Open, mode.Create, mode.DeleteExisting = s.Open, s.Create, s.DeleteExisting
	}
	o, err := d.open(ctx, s, "", mode, bound)
	if err == nil {
		d.begun.Store(true)
	}
	return o, err
}

// openMember opens an array that was found below the path of the spec.
func (d *dataset) openMember(ctx context.Context, m tree.Member, bound time.Time) (*tree.Opened, error) {
	s, err := d.spec.At(m.Path, m.Format, m.Members)
	if err != nil {
		return nil, err
	}
	o, err := d.open(ctx, s, m.Path, cache.OpenMode{Open: true}, bound)
	if err == nil && s.View() == nil {
		o.Axes, o.AxisUnits = m.Labels, m.Units
	}
	return o, err
}

// open opens the array of s, which lies at path in the store.
func (d *dataset) open(ctx context.Context, s *drivers.Spec, path string, mode cache.OpenMode, bound time.Time) (*tree.Opened, error) {
	a, err := d.engine.Open(ctx, cache.OpenRequest{
		Format: s.Format, Want: s.Constraints(), Store: d.store, Path: path, Pool: d.pool, DataCopy: d.copies,
		Transform: s.View(), Mode: mode, FailMissing: !s.FillMissing, KeepFill: s.StoreFill, Bound: bound,
	})
	if err != nil {
		return nil, err
	}
	return &tree.Opened{Array: a, Store: kvstore.Prefixed(d.store, path), Driver: s.Driver, URL: shownURL(s)}, nil
}

// shownURL returns a URL of the array for people, without secrets. Where none
// leads to it, it names the store and the driver.
func shownURL(s *drivers.Spec) string {
	plain := *s
	plain.Members = nil
	url, err := plain.URL()
	if err != nil {
		url = s.KvStore.Driver() + "://" + kvstore.EscapePath(s.KvStore.Path, "")
		if s.Format != nil {
			url += "|" + s.Driver + ":"
		}
	}
	parts := strings.Split(url, "|")
	for i := range parts {
		parts[i] = kvstore.RedactURL(parts[i])
	}
	return strings.Join(parts, "|")
}
