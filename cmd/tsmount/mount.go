package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"
)

// newMountCommand returns the root command, which mounts.
func newMountCommand() *cobra.Command {
	f := &mountFlags{}
	cmd := &cobra.Command{
		Use:   "tsmount SPEC MOUNTPOINT | --config FILE",
		Short: "Mount TensorStore datasets as directories of files",
		Long: `tsmount mounts a TensorStore dataset as a directory in which every array, slice,
chunk and cutout is an ordinary file.

SPEC is one of: a TensorStore URL pipeline (file:///data/a.zarr/|zarr2:), a URL or
local path of a dataset or group (the format is detected), inline JSON that begins
with {, a path to a .json file that holds a spec, or - for stdin.

The command returns when the mount is ready and goes on in the background.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.config != "" {
				return exactly()(cmd, args)
			}
			return exactly("SPEC", "MOUNTPOINT")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			req, err := f.request(cmd, args)
			if err != nil {
				return err
			}
			return start(cmd.Context(), req, f.foreground)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&f.config, "config", "", "file that says what to mount where")
	return cmd
}

// request makes the request of a command line.
func (f *mountFlags) request(cmd *cobra.Command, args []string) (*request, error) {
	daemon, err := f.options()
	if err != nil {
		return nil, err
	}
	if f.config != "" {
		if name := foreignOf(cmd.Flags()); name != "" {
			return nil, flagErrorf(name, "belongs into the mounts of the config file")
		}
		return configRequest(f.config, f.context, daemon)
	}
	m, err := f.mountRequest()
	if err != nil {
		return nil, err
	}
	if m.MountPoint, err = absoluteMountPoint(args[1]); err != nil {
		return nil, err
	}
	if m.Spec, m.Plain, err = specText(args[0], cmd.InOrStdin()); err != nil {
		return nil, err
	}
	ctx, err := contextText(f.context)
	return &request{Context: ctx, Mounts: []mountRequest{m}, Daemon: daemon}, err
}

// start carries out a request, here or in the background.
func start(ctx context.Context, req *request, foreground bool) error {
	p, err := req.plan()
	if err != nil {
		return err
	}
	if !foreground {
		return startBackground(req)
	}
	log, err := p.daemon.Log.open()
	if err != nil {
		return err
	}
	if log != os.Stderr {
		defer log.Close()
	}
	d, err := newDaemon(ctx, p, p.daemon.Log.logger(log))
	if err != nil {
		return err
	}
	return d.run()
}
