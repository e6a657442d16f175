package main

import (
	"context"

	"tsmount/cache"
	"tsmount/fusefs/tree"
	"tsmount/kvstore"
)

// look is a dataset that has been opened to be looked at: nothing is mounted and
// nothing is changed.
type look struct {
	plan   *mountPlan
	engine *cache.Engine
	set    *dataset
	over   *overlay
	tree   *tree.Tree
}

// lookAt opens the dataset of m as mounting would.
func lookAt(ctx context.Context, p *plan, m *mountPlan) (*look, error) {
	l := &look{plan: m, engine: cache.New(cache.Config{InUseLimit: p.daemon.InUse})}
	over := func(base kvstore.Store) kvstore.Store {
		l.over = newOverlay(base)
		return l.over
	}
	var err error
	if l.set, err = openDataset(ctx, l.engine, p, m, over); err == nil {
		l.tree, err = tree.New(ctx, tree.Config{
			Source: l.set.source(), Formats: m.Formats, RecheckData: m.spec.RecheckData, RecheckMetadata: m.spec.RecheckMetadata,
		})
	}
	if err != nil {
		l.engine.Close()
		return nil, err
	}
	return l, nil
}

func (l *look) close() {
	l.tree.Close()
	l.engine.Close()
}
