package kvstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tsmount/internal/strictjson"
	"tsmount/resources"
)

// Members is the object of a spec, from which a driver takes its own members.
type Members = *strictjson.Object

// Spec says which store, where in it, and with which resources. It is immutable.
type Spec struct {
	// Path is where the keys begin: a prefix, in directory form once opened.
	Path string

	driver  *Driver
	config  any
	members map[string]resources.Member // of those that are not the default
	context *resources.Spec             // nil without a context member
}

// ParseSpec reads the kvstore member of a spec: an object or a URL. kinds are
// the resource types that its members and its context may use.
func ParseSpec(table *Table, kinds *resources.Kinds, v strictjson.Value) (*Spec, error) {
	if url, err := v.Str(); err == nil {
		spec, err := ParseURL(table, kinds, url)
		if err != nil {
			return nil, v.Errorf("%v", err)
		}
		return spec, nil
	}
	if !v.IsObject() {
		return nil, v.Errorf("expected a key-value store: an object or a URL, got %s", v.Text())
	}
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	return ParseObject(table, kinds, o)
}

// ParseObject reads a spec of which the caller may have taken members already.
// A member that nobody has taken is an error.
func ParseObject(table *Table, kinds *resources.Kinds, o Members) (*Spec, error) {
	s := &Spec{}
	if err := s.parseDriver(table, o); err != nil {
		return nil, err
	}
	if err := o.Optional("context", func(v strictjson.Value) (err error) {
		s.context, err = resources.ParseSpec(kinds, v)
		return err
	}); err != nil {
		return nil, err
	}
	if err := s.parseResources(kinds, o); err != nil {
		return nil, err
	}
	if err := s.parsePath(o); err != nil {
		return nil, err
	}
	return s, o.Close()
}

func (s *Spec) parseDriver(table *Table, o Members) error {
	v, err := o.Need("driver")
	if err != nil {
		return err
	}
	name, err := v.Str()
	if err != nil {
		return err
	}
	if s.driver, err = table.Lookup(name); err != nil {
		return v.Errorf("%v", err)
	}
	return nil
}

func (s *Spec) parseResources(kinds *resources.Kinds, o Members) error {
	for _, kind := range s.driver.Resources {
		err := o.Optional(kind, func(v strictjson.Value) error {
			m, err := resources.ParseMember(kinds, kind, v)
			if err == nil && !m.IsDefault() {
				s.setMember(kind, m)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) setMember(kind string, m resources.Member) {
	if s.members == nil {
		s.members = map[string]resources.Member{}
	}
	s.members[kind] = m
}

func (s *Spec) parsePath(o Members) (err error) {
	v, given := o.Get("path")
	if given {
		if s.Path, err = v.Str(); err != nil {
			return err
		}
	}
	if s.driver.ParseMembers != nil {
		if s.config, s.Path, err = s.driver.ParseMembers(o, s.Path); err != nil {
			return err
		}
	}
	if err := s.driver.checkPath(s.Path); err != nil {
		return v.Errorf("%v", err)
	}
	return nil
}

func (d *Driver) checkPath(path string) error {
	if strings.Contains(path, "\x00") {
		return fmt.Errorf("invalid path %q: NUL", path)
	}
	if d.CheckPath == nil {
		return nil
	}
	return d.CheckPath(path)
}

// ParseURL reads one URL, which is the first part of a URL pipeline.
func ParseURL(table *Table, _ *resources.Kinds, component string) (*Spec, error) {
	if component == "" {
		return nil, fmt.Errorf("the URL of a key-value store is empty")
	}
	spec, err := parseURL(table, component)
	if err != nil {
		return nil, fmt.Errorf("invalid URL %q: %w", RedactURL(component), err)
	}
	return spec, nil
}

func parseURL(table *Table, component string) (_ *Spec, err error) {
	component, adapter, more := strings.Cut(component, "|")
	if more {
		scheme, _, _ := strings.Cut(adapter, ":")
		return nil, fmt.Errorf("%q cannot follow a key-value store here", scheme+":")
	}
	scheme, rest, ok := strings.Cut(component, ":")
	if !ok {
		return nil, fmt.Errorf("no scheme such as %q", "file://")
	}
	s := &Spec{}
	if s.driver, err = table.LookupScheme(scheme); err != nil {
		return nil, err
	}
	if s.driver.ParseURL != nil {
		s.config, s.Path, err = s.driver.ParseURL(scheme, rest)
	} else if s.Path, err = HierPart(scheme, rest); err == nil {
		s.Path, err = UnescapePath(s.Path)
	}
	if err != nil {
		return nil, err
	}
	return s, s.driver.checkPath(s.Path)
}

// URL returns the canonical URL of the store. Resources and context have no
// place in it and are left out.
func (s *Spec) URL() (string, error) {
	switch {
	case s.driver.FormatURL != nil:
		return s.driver.FormatURL(s.config, s.Path)
	case len(s.driver.Schemes) == 0:
		return "", fmt.Errorf("a key-value store of type %q has no URL", s.driver.Name)
	}
	return s.driver.Schemes[0] + "://" + EscapePath(s.Path, ""), nil
}

// JSON returns the canonical object form, default values left out. With redact
// it has no secrets.
func (s *Spec) JSON(redact bool) map[string]any {
	out := map[string]any{"driver": s.driver.Name}
	if s.Path != "" {
		out["path"] = s.Path
	}
	if s.driver.FormatMembers != nil {
		maps.Copy(out, s.driver.FormatMembers(s.config, redact))
	}
	for _, kind := range slices.Sorted(maps.Keys(s.members)) {
		if redact {
			out[kind] = s.members[kind].Redacted()
		} else {
			out[kind] = s.members[kind].JSON()
		}
	}
	switch {
	case s.context == nil:
	case redact:
		out["context"] = s.context.Redacted()
	default:
		out["context"] = s.context.JSON()
	}
	return out
}

// Driver returns the name of the store's driver.
func (s *Spec) Driver() string { return s.driver.Name }

// DirPath returns a path in directory form: empty, or ending in "/".
func DirPath(path string) string {
	if path == "" || strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}

// Join returns the spec of sub, a path below the spec's path in directory form.
// It is not normalised; Join("") is the directory form itself.
func (s *Spec) Join(sub string) (*Spec, error) {
	joined := *s
	joined.Path = DirPath(s.Path) + sub
	if err := s.driver.checkPath(joined.Path); err != nil {
		return nil, err
	}
	return &joined, nil
}

// Open returns the store whose keys are relative to the path in directory form.
// Resources come from the spec, its context and then from rc, which is not nil.
// A context member makes a child of rc, which lives as long as the store.
func (s *Spec) Open(ctx context.Context, rc *resources.Context) (Store, error) {
	o := Opening{Path: DirPath(s.Path), Config: s.config, members: s.members, binder: rc}
	if s.context != nil {
		o.binder = resources.New(rc, s.context)
	}
	store, err := s.driver.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open key-value store %q: %w", s.driver.Name, err)
	}
	return store, nil
}
