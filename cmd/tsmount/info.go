package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tsmount/fusefs/tree"
)

// newInfoCommand returns tsmount info.
func newInfoCommand() *cobra.Command {
	f := &viewFlags{}
	cmd := &cobra.Command{
		Use: "info SPEC", Short: "Print what would be mounted as JSON", Args: exactly("SPEC"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.plan(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			text, err := infoText(cmd.Context(), p)
			if err == nil {
				_, err = cmd.OutOrStdout().Write(text)
			}
			return err
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// plan makes the plan of a command that mounts nothing.
func (f *viewFlags) plan(spec string, stdin io.Reader) (*plan, error) {
	daemon, err := f.options()
	if err != nil {
		return nil, err
	}
	m, err := f.viewRequest()
	if err != nil {
		return nil, err
	}
	if m.Spec, m.Plain, err = specText(spec, stdin); err != nil {
		return nil, err
	}
	req := &request{Mounts: []mountRequest{m}, Daemon: daemon}
	if req.Context, err = contextText(f.context); err != nil {
		return nil, err
	}
	return req.plan()
}

// infoText returns the info.json of the array, or the description of the group,
// that p would mount.
func infoText(ctx context.Context, p *plan) ([]byte, error) {
	l, err := lookAt(ctx, p, p.mounts[0])
	if err != nil {
		return nil, err
	}
	defer l.close()
	text, err := l.tree.Info(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	g := &groupWalk{source: l.set.source(), url: shownURL(l.plan.spec)}
	doc, err := g.describe(ctx)
	if err != nil {
		return nil, err
	}
	if text, err = json.MarshalIndent(doc, "", "  "); err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

// groupInfo describes a group that would be mounted.
type groupInfo struct {
	Group      bool            `json:"group"`
	URL        string          `json:"url"`
	Attributes json.RawMessage `json:"attributes"`
	Groups     []string        `json:"groups"`
	Arrays     []memberInfo    `json:"arrays"`
	More       bool            `json:"more,omitempty"` // there are members that are not described
}

// memberInfo describes an array of a group.
type memberInfo struct {
	Path   string   `json:"path"`
	Driver string   `json:"driver,omitempty"`
	DType  string   `json:"dtype,omitempty"`
	Shape  []int64  `json:"shape,omitempty"`
	Labels []string `json:"labels,omitempty"`
	Error  string   `json:"error,omitempty"` // why it cannot be opened
}

// Bounds of what is described of a group.
const (
	maxInfoMembers = 1000
	maxInfoDepth   = 8
)

// groupWalk collects the members of a group.
type groupWalk struct {
	source tree.Source
	url    string
	doc    groupInfo
}

func (g *groupWalk) describe(ctx context.Context) (*groupInfo, error) {
	g.doc = groupInfo{Group: true, URL: g.url, Attributes: json.RawMessage("{}"), Groups: []string{}, Arrays: []memberInfo{}}
	found, err := g.source.Look(ctx, "", time.Now())
	if err != nil {
		return nil, err
	}
	if found.Group.Attributes != nil {
		g.doc.Attributes = found.Group.Attributes
	}
	return &g.doc, g.walk(ctx, "", found.Group)
}

// walk adds the members of the group at path.
func (g *groupWalk) walk(ctx context.Context, path string, group *tree.Group) error {
	for name, err := range group.Members(ctx) {
		if err != nil {
			return err
		}
		if len(g.doc.Arrays)+len(g.doc.Groups) >= maxInfoMembers {
			g.doc.More = true
			return nil
		}
		if err := g.member(ctx, strings.TrimPrefix(path+"/"+name, "/")); err != nil {
			return err
		}
	}
	return nil
}

func (g *groupWalk) member(ctx context.Context, path string) error {
	found, err := g.source.Look(ctx, path, time.Time{})
	if err != nil {
		g.doc.Arrays = append(g.doc.Arrays, memberInfo{Path: path, Error: oneLine(err.Error())})
		return nil
	}
	if found.Group == nil {
		g.doc.Arrays = append(g.doc.Arrays, describeArray(ctx, path, found))
		return nil
	}
	g.doc.Groups = append(g.doc.Groups, path)
	if strings.Count(path, "/") >= maxInfoDepth {
		g.doc.More = true
		return nil
	}
	return g.walk(ctx, path, found.Group)
}

func describeArray(ctx context.Context, path string, found tree.Found) memberInfo {
	info := memberInfo{Path: path}
	o, err := found.Open(ctx, time.Time{})
	if err != nil {
		info.Error = oneLine(err.Error())
		return info
	}
	defer o.Array.Close()
	st, err := o.Array.State(ctx, time.Time{})
	if err != nil {
		info.Error = oneLine(err.Error())
		return info
	}
	domain := st.Transform.Input
	info.Driver, info.DType, info.Shape, info.Labels = o.Driver, st.Schema.DType.String(), domain.Shape(), domain.Labels
	return info
}
