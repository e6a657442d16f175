package resources

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"tsmount/internal/strictjson"
)

// Kind is one resource type. Kinds are made by NewKind and NewValueKind.
type Kind struct {
	name     string
	secret   []string
	fallback any // the configuration of the default resource
	parse    func(v strictjson.Value, kinds *Kinds) (any, error)
	json     func(config any) any
	build    func(r *Resolver, config any) (any, error)
}

// Syntax tells how the definitions of a kind are written. C is the parsed
// configuration; it is never changed after Parse has returned it.
type Syntax[C any] struct {
	// Default is the configuration of the default resource.
	Default C

	// Parse reads a definition, which is never null and never a reference: an
	// object, or whatever else the kind accepts. It must refuse members that it
	// does not know (strictjson's Object.Close does). It reads members that are
	// resources themselves with ParseMember and the kinds that it is given.
	Parse func(v strictjson.Value, kinds *Kinds) (C, error)

	// JSON returns the definition again, members with default values left out;
	// values of type Member may stand in it as they are. Nil is for kinds whose
	// definition has no members: {}.
	JSON func(c C) any

	// Secret names the members of the definition that must never be shown.
	Secret []string
}

// NewKind returns a kind whose resources are made by build. Build may block only
// on r. A resource that implements io.Closer is closed with its context.
func NewKind[C, R any](name string, s Syntax[C], build func(r *Resolver, c C) (R, error)) Kind {
	k := Kind{name: name, secret: slices.Clone(s.Secret), fallback: s.Default}
	k.parse = func(v strictjson.Value, kinds *Kinds) (any, error) { return s.Parse(v, kinds) }
	k.json = func(any) any { return map[string]any{} }
	if s.JSON != nil {
		k.json = func(config any) any { return s.JSON(config.(C)) }
	}
	k.build = func(r *Resolver, config any) (any, error) { return build(r, config.(C)) }
	return k
}

// NewValueKind returns a kind that is nothing but configuration: the resource is
// the C itself, so that resources of equal configuration are equal.
func NewValueKind[C comparable](name string, s Syntax[C]) Kind {
	return NewKind(name, s, func(_ *Resolver, c C) (C, error) { return c, nil })
}

// Name returns the resource type.
func (k Kind) Name() string { return k.name }

// hide keeps the values of secret members out of the text of a parse error of v.
func (k *Kind) hide(v strictjson.Value, err error) error {
	var e *strictjson.Error
	if err == nil || len(k.secret) == 0 || !errors.As(err, &e) {
		return err
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(e.Path, v.Path()), ".")
	member, _, _ := strings.Cut(rest, ".")
	member, _, _ = strings.Cut(member, "[")
	if member != "" && !slices.Contains(k.secret, member) {
		return err
	}
	if member == "" && v.IsObject() {
		return err
	}
	return &strictjson.Error{Source: e.Source, Path: e.Path, Msg: "this is not what is expected here (the value is not shown)"}
}

// Kinds is a table of the resource types that exist. It is immutable.
type Kinds struct {
	byName map[string]*Kind
}

// NewKinds returns the table of the kinds in list. It panics if two have one
// name or a name cannot be a key: the list is part of the program.
func NewKinds(list ...Kind) *Kinds {
	byName := make(map[string]*Kind, len(list))
	for _, k := range list {
		if k.name == "" || strings.Contains(k.name, "#") || byName[k.name] != nil {
			panic(fmt.Sprintf("resources: kind %q is listed twice or is not a name", k.name))
		}
		byName[k.name] = &k
	}
	return &Kinds{byName: byName}
}

// Has reports whether name is a resource type of the table.
func (k *Kinds) Has(name string) bool { return k.get(name) != nil }

// Names returns all resource types of the table, sorted.
func (k *Kinds) Names() []string {
	if k == nil {
		return nil
	}
	names := make([]string, 0, len(k.byName))
	for name := range k.byName {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// get returns the kind called name, nil if there is none.
func (k *Kinds) get(name string) *Kind {
	if k == nil {
		return nil
	}
	return k.byName[name]
}

// kindOf returns the resource type of a key: the text before the first "#".
func kindOf(key string) string {
	name, _, _ := strings.Cut(key, "#")
	return name
}
