package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tsmount/kvstore"
)

// newCheckCommand returns tsmount check.
func newCheckCommand() *cobra.Command {
	f := &viewFlags{}
	config := ""
	cmd := &cobra.Command{
		Use: "check SPEC | --config FILE", Short: "Validate and open, mount nothing",
		Args: func(cmd *cobra.Command, args []string) error {
			if config != "" {
				return exactly()(cmd, args)
			}
			return exactly("SPEC")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.checkPlan(config, args, cmd.InOrStdin())
			if err != nil {
				return err
			}
			return check(cmd.Context(), p, cmd.OutOrStdout())
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&config, "config", "", "file that says what to mount where")
	return cmd
}

func (f *viewFlags) checkPlan(config string, args []string, stdin io.Reader) (*plan, error) {
	if config == "" {
		return f.plan(args[0], stdin)
	}
	daemon, err := f.options()
	if err != nil {
		return nil, err
	}
	req, err := configRequest(config, f.context, daemon)
	if err != nil {
		return nil, err
	}
	return req.plan()
}

// check opens every dataset of p and says what mounting it would do.
func check(ctx context.Context, p *plan, w io.Writer) error {
	for _, m := range p.mounts {
		l, err := lookAt(ctx, p, m)
		if err != nil {
			return err
		}
		err = l.report(w)
		l.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// maxNamed is how many keys of one kind are named.
const maxNamed = 5

func (l *look) report(w io.Writer) error {
	name := shownURL(l.plan.spec)
	if l.plan.MountPoint != "" {
		name = l.plan.MountPoint + ": " + name
	}
	text := name + ": ok\n"
	written, deleted := l.over.changes()
	text += changeText("delete", deleted) + changeText("create", written)
	if err := kvstore.Writable(l.over.Store); err != nil {
		text += fmt.Sprintf("  cannot be written: %v\n", err)
	}
	_, err := io.WriteString(w, text)
	return err
}

func changeText(verb string, keys []string) string {
	text := ""
	for _, key := range keys[:min(len(keys), maxNamed)] {
		text += fmt.Sprintf("  would %s %s\n", verb, key)
	}
	if more := len(keys) - maxNamed; more > 0 {
		text += fmt.Sprintf("  would %s %d more\n", verb, more)
	}
	return text
}
