package main

import (
	"errors"
	"os"
	"strings"

	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/resources"
)

// plan is a request that has been understood. Nothing is opened yet.
type plan struct {
	tables drivers.Tables
	root   *resources.Context
	shared *resources.Spec // of root
	mounts []*mountPlan
	daemon daemonOptions
}

// mountPlan is one mount of a plan.
type mountPlan struct {
	mountRequest
	spec    *drivers.Spec
	context *resources.Context // the parent of the spec's own
	own     *resources.Spec    // of context; nil: it is the plan's root
}

// plan checks everything in r that can be checked without opening anything.
// Relative paths are those of the working directory.
func (r *request) plan() (*plan, error) {
	p := &plan{tables: newTables(), daemon: r.Daemon}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if p.shared, err = rootSpec(p.tables.Kinds, r.Context); err != nil {
		return nil, err
	}
	p.root = resources.Root(p.tables.Kinds, p.shared)
	for _, m := range r.Mounts {
		planned, err := p.mount(m, dir)
		if err != nil {
			return nil, err
		}
		p.mounts = append(p.mounts, planned)
	}
	return p, nil
}

func (p *plan) mount(m mountRequest, dir string) (*mountPlan, error) {
	planned := &mountPlan{mountRequest: m, context: p.root}
	if m.Context != nil {
		var err error
		if planned.own, err = parseContext(p.tables.Kinds, m.Context); err != nil {
			return nil, err
		}
		planned.context = resources.New(p.root, planned.own)
	}
	parsed, err := drivers.ParseSpec(p.tables, m.Spec.value())
	if err != nil {
		return nil, badUsage(err)
	}
	spec := *parsed
	spec.KvStore = absolute(spec.KvStore, dir)
	m.adjust(&spec)
	planned.spec = &spec
	return planned, m.checkMode(&spec)
}

// absolute returns kv with a path of this machine made absolute.
func absolute(kv *kvstore.Spec, dir string) *kvstore.Spec {
	if kv.Driver() != "file" || strings.HasPrefix(kv.Path, "/") {
		return kv
	}
	moved := *kv
	moved.Path = kvstore.DirPath(dir) + kv.Path
	return &moved
}

// adjust gives spec what the command line says, and the defaults that it adds to
// URLs and paths.
func (m *mountRequest) adjust(spec *drivers.Spec) {
	if m.Plain {
		spec.RecheckData = drivers.Recheck{Mode: drivers.RecheckOpen}
	}
	if m.RecheckData != nil {
		spec.RecheckData = *m.RecheckData
	}
	if m.RecheckMetadata != nil {
		spec.RecheckMetadata = *m.RecheckMetadata
	}
}

// checkMode refuses what a mount cannot do.
func (m *mountRequest) checkMode(spec *drivers.Spec) error {
	if spec.DeleteExisting && !m.Writable {
		return m.faultIn("delete_existing", errors.New("true would destroy what is stored, which a read-only mount must not do"))
	}
	return nil
}
