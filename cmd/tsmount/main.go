package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args)) }

// run carries out a command line and returns the exit status.
func run(argv []string) int {
	args := argv[1:]
	if isMountHelper(argv[0]) {
		args = helperArgs(args)
	}
	root := newRootCommand()
	root.SetArgs(args)
	return report(os.Stderr, root.ExecuteContext(context.Background()))
}

// newRootCommand returns the command with all subcommands.
func newRootCommand() *cobra.Command {
	root := newMountCommand()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return badUsage(err) })
	root.AddCommand(
		newDemoCommand(), newInfoCommand(), newCheckCommand(), newListCommand(), newRefreshCommand(),
		newUmountCommand(), newVersionCommand(), newServeCommand(),
	)
	return root
}
