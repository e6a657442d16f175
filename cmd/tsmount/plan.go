package main

import (
	"encoding/json"
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
	mounts []*mountPlan
	daemon daemonOptions
}

// mountPlan is one mount of a plan.
type mountPlan struct {
	mountRequest
	spec    *drivers.Spec
	context *resources.Context // the parent of the spec's own
}

// plan checks everything in r that can be checked without opening anything.
// Relative paths are those of the working directory.
func (r *request) plan() (*plan, error) {
	p := &plan{tables: newTables(), daemon: r.Daemon}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if p.root, err = rootContext(p.tables.Kinds, r.Context); err != nil {
		return nil, err
	}
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
	context := p.root
	if m.Context != nil {
		own, err := parseContext(p.tables.Kinds, m.Context)
		if err != nil {
			return nil, err
		}
		context = resources.New(p.root, own)
	}
	parsed, err := drivers.ParseSpec(p.tables, m.Spec.value())
	if err != nil {
		return nil, badUsage(err)
	}
	spec := *parsed
	spec.KvStore = absolute(spec.KvStore, dir)
	m.adjust(&spec)
	return &mountPlan{mountRequest: m, spec: &spec, context: context}, m.checkMode(&spec)
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
	doc := m.Spec.value()
	switch {
	case m.Writable:
		return badUsage(doc.Errorf("writable mounts are not available in this version: mount without --writable (rw)"))
	case spec.DeleteExisting:
		return badUsage(doc.Errorf("delete_existing: true would destroy what is stored, which a read-only mount must not do"))
	}
	return nil
}

// config returns what MOUNT/.tsmount/config.json shows, which has the form of a
// mount in a config file. It has no secrets.
func (m *mountPlan) config() ([]byte, error) {
	doc := map[string]any{
		"mountpoint": m.MountPoint, "spec": m.spec.JSON(true), "writable": m.Writable,
		"formats": m.Formats, "allow_other": m.AllowOther,
	}
	return json.Marshal(doc)
}
