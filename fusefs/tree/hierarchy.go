package tree

import (
	"context"
	"iter"
	"strings"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// HierarchyConfig says where a hierarchy of groups and arrays lies.
type HierarchyConfig struct {
	Formats []drivers.Format
	Store   kvstore.Store // rooted at the directory that is mounted
	// Open opens an array that was found, with metadata no older than bound.
	Open func(ctx context.Context, m Member, bound time.Time) (*Opened, error)
}

// Member is an array of a hierarchy.
type Member struct {
	Path    string // in the store, "" or ending in "/"
	Format  drivers.Format
	Members drivers.Members // what its spec needs beside the driver; nil: nothing
	Labels  []string        // names of its dimensions if it has no labels: Opened.Axes; nil: none
	Units   []*drivers.Unit // of its dimensions if it has no units: Opened.AxisUnits; nil: none
}

// Hierarchy returns the source of a mount that shows a group or a folder of
// arrays. What documents name is shown first; the rest is what a list of the
// store finds. A store that cannot list shows what documents name, and other
// names resolve where documents are found.
func Hierarchy(cfg HierarchyConfig) Source {
	return &hierarchy{cfg: cfg, docs: documents{store: cfg.Store}, lists: listings{store: cfg.Store}}
}

type hierarchy struct {
	cfg   HierarchyConfig
	docs  documents
	lists listings
}

var _ Source = (*hierarchy)(nil)

// located is a path below the mount point with what was found there.
type located struct {
	Member // Format is set only by a group's document
	found  drivers.Found
	group  bool // it is shown as a group
	doc    *documentSet
}

func (h *hierarchy) Look(ctx context.Context, path string, bound time.Time) (Found, error) {
	l, err := h.locate(ctx, path, bound)
	if err != nil {
		return Found{}, err
	}
	if l.group {
		return Found{Group: h.group(path, l, bound)}, nil
	}
	return Found{Open: func(ctx context.Context, bound time.Time) (*Opened, error) {
		return h.cfg.Open(ctx, l.Member, bound)
	}}, nil
}

func (h *hierarchy) Refresh() {
	h.docs.drop()
	h.lists.drop()
}

// locate finds what is at path below the mount point. The groups above it may
// be as they were last seen: whoever asks has come through them.
func (h *hierarchy) locate(ctx context.Context, path string, bound time.Time) (*located, error) {
	l := &located{}
	if path != "" {
		dir, name := cutLast(path)
		above, err := h.locate(ctx, dir, time.Time{})
		if err != nil {
			return nil, err
		}
		if !above.group {
			return nil, notExist(path)
		}
		l.Member = above.child(name)
	}
	if l.Members != nil {
		return l, nil // a part of its group, described by the group's document
	}
	return l, h.detect(ctx, path, l, bound)
}

// detect reads the documents at l.Path and decides what they make.
func (h *hierarchy) detect(ctx context.Context, path string, l *located, bound time.Time) (err error) {
	if l.doc, err = h.docs.get(ctx, l.Path, drivers.Candidates(h.cfg.Formats, l.Path), bound); err != nil {
		return err
	}
	if l.found, err = drivers.Detect(h.cfg.Formats, l.Path, l.doc.docs); err != nil {
		return err
	}
	switch {
	case l.found.None():
		l.group = true
		return h.checkFolder(ctx, path, l.Path, bound)
	case l.found.Array == nil:
		l.group = true
	default:
		l.Format = l.found.Array
		l.group = holdsAll(l.found.Groups)
	}
	return nil
}

// holdsAll reports whether a document names all members of the place, so that
// the array found there is but one of them.
func holdsAll(groups []drivers.FoundGroup) bool {
	for _, g := range groups {
		if g.Info.Complete && len(g.Info.Members) > 0 {
			return true
		}
	}
	return false
}

// child returns where the member with the given name lies.
func (l *located) child(name string) Member {
	for _, g := range l.found.Groups {
		for _, m := range g.Info.Members {
			if m.Name == name {
				return Member{l.Path + inDirForm(m.Path), g.Format, m.Members, m.Labels, m.Units}
			}
		}
	}
	return Member{Path: l.Path + name + "/"}
}

func inDirForm(path string) string {
	if path == "" || strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}

func cutLast(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

// group returns the group at a place, whose members are as of bound or later.
func (h *hierarchy) group(path string, l *located, bound time.Time) *Group {
	g := &Group{Modified: l.doc.modified, Members: func(ctx context.Context) iter.Seq2[string, error] {
		return h.members(ctx, path, l, bound)
	}}
	for _, f := range l.found.Groups {
		if f.Info.Attributes != nil {
			g.Attributes = f.Info.Attributes
			break
		}
	}
	return g
}

// members yields the names of what is there: those of the documents, then, if
// they do not name everything, those of the store.
func (h *hierarchy) members(ctx context.Context, path string, l *located, bound time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		seen := map[string]bool{}
		complete := false
		for _, g := range l.found.Groups {
			complete = complete || g.Info.Complete
			for _, m := range g.Info.Members {
				if m.Unlisted || seen[m.Name] || !h.there(ctx, join(path, m.Name), bound) {
					continue
				}
				seen[m.Name] = true
				if !yield(m.Name, nil) {
					return
				}
			}
		}
		if complete {
			return
		}
		for name, err := range h.lists.folders(ctx, l.Path, bound) {
			if err == nil && (seen[name] || !h.there(ctx, join(path, name), bound)) {
				continue
			}
			if !yield(name, err) {
				return
			}
		}
	}
}

// there reports whether something can be shown at path. What cannot be looked
// at exists: opening it tells why.
func (h *hierarchy) there(ctx context.Context, path string, bound time.Time) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if !isName(name) {
		return false
	}
	_, err := h.locate(ctx, path, bound)
	return !absent(err)
}
