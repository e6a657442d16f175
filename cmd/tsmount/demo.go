package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tsmount/kvstore"
	"tsmount/kvstore/memory"
	"tsmount/resources"
)

// newDemoCommand returns tsmount demo.
func newDemoCommand() *cobra.Command {
	f := &mountFlags{}
	cmd := &cobra.Command{
		Use: "demo MOUNTPOINT", Short: "Mount a small self-made dataset held in memory", Args: exactly("MOUNTPOINT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			daemon, err := f.options()
			if err != nil {
				return err
			}
			m, err := f.mountRequest()
			if err != nil {
				return err
			}
			if m.MountPoint, err = absoluteMountPoint(args[0]); err != nil {
				return err
			}
			m.Demo, m.Plain = true, true
			m.Spec = document{Source: "demo", Value: map[string]any{"driver": "auto", "kvstore": map[string]any{"driver": "memory"}}}
			req := &request{Mounts: []mountRequest{m}, Daemon: daemon}
			if req.Context, err = contextText(f.context); err != nil {
				return err
			}
			return start(cmd.Context(), req, f.foreground)
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// fillDemo writes the examples into the store in memory that m shows: one group
// for each array format.
func fillDemo(ctx context.Context, p *plan, m *mountPlan) error {
	store, err := resources.Get[*memory.Store](m.context, resources.DefaultMember(memory.KindName))
	if err != nil {
		return err
	}
	for _, f := range p.tables.Formats {
		docs := demoGroups[f.Name()]
		for key, text := range docs {
			store.Preload(map[string][]byte{f.Name() + "/" + key: []byte(text)})
		}
		for _, sample := range demoSamples {
			path := f.Name() + "/" + sample.name + "/"
			if err := sample.write(ctx, f, kvstore.Prefixed(store, path)); err != nil {
				return fmt.Errorf("demo: %s: %w", path, err)
			}
		}
	}
	return nil
}

// demoGroups are the documents that make a folder of examples a group, by
// format.
var demoGroups = map[string]map[string]string{
	"zarr": {
		".zgroup": `{"zarr_format": 2}`,
		".zattrs": `{"title": "Examples made by tsmount demo"}`,
	},
	"zarr3": {
		"zarr.json": `{"zarr_format": 3, "node_type": "group", "attributes": {"title": "Examples made by tsmount demo"}}`,
	},
	"n5": {
		"attributes.json": `{"n5": "2.5.0", "title": "Examples made by tsmount demo"}`,
	},
}
