package main

import (
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// newListCommand returns tsmount ls.
func newListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the mounts of this machine that tsmount made", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := knownMounts()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "MOUNTPOINT\tPID\tSTATE\tSPEC")
			for _, k := range list {
				pid, url := "-", "-"
				if k.PID != 0 {
					pid, url = strconv.Itoa(k.PID), k.URL
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.MountPoint, pid, k.describe(), url)
			}
			return w.Flush()
		},
	}
}
