package kvstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tsmount/resources"
)

// Driver is one kind of store as specs and URLs name it. Functions that are nil
// stand for the simple case that their comments tell.
type Driver struct {
	// Name is the value of the member "driver".
	Name string
	// Schemes are the URL schemes; the first is the canonical one. Without any
	// the store has no URL.
	Schemes []string
	// Resources are the resource types that may be members of the spec. A
	// member that is absent is the context's resource of that type.
	Resources []string

	// ParseMembers takes the driver's own members from the object and may move
	// a part of them into the path or back. Nil: there are none.
	ParseMembers func(o Members, path string) (config any, newPath string, err error)
	// CheckPath says why a path cannot be. Nil: every path can.
	CheckPath func(path string) error
	// FormatMembers returns the driver's own members, default values left out;
	// with redact without secrets. Nil: there are none.
	FormatMembers func(config any, redact bool) map[string]any

	// ParseURL reads what follows "scheme:". Nil: "//" and the path, encoded.
	ParseURL func(scheme, rest string) (config any, path string, err error)
	// FormatURL writes the URL, scheme included. Nil: the mirror of ParseURL.
	FormatURL func(config any, path string) (string, error)

	// Open returns the store of which the keys are relative to o.Path.
	Open func(ctx context.Context, o Opening) (Store, error)
}

// Opening is what a Driver opens a store with.
type Opening struct {
	// Path is where the store is rooted, as the spec's path in directory form:
	// empty or ending in "/".
	Path string
	// Config is what the driver's own parser has made of its members.
	Config any

	binder  resources.Binder
	members map[string]resources.Member
}

// Resource binds the resource of type kind, one of the driver's Resources.
func Resource[T any](o Opening, kind string) (T, error) {
	m, ok := o.members[kind]
	if !ok {
		m = resources.DefaultMember(kind)
	}
	return resources.Get[T](o.binder, m)
}

// Table lists the drivers that exist, and the names of what is no store, so that
// a message can say so. It is never changed.
type Table struct {
	// Drivers are the stores.
	Drivers []Driver
	// Arrays are the names and URL schemes of array drivers.
	Arrays []string
}

// Known returns the names of all drivers, sorted.
func (t *Table) Known() []string {
	names := make([]string, 0, len(t.Drivers))
	for _, d := range t.Drivers {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// Lookup returns the driver called name.
func (t *Table) Lookup(name string) (*Driver, error) {
	for i := range t.Drivers {
		if t.Drivers[i].Name == name {
			return &t.Drivers[i], nil
		}
	}
	return nil, t.unknown("key-value store", name, t.Known())
}

// LookupScheme returns the driver of a URL scheme.
func (t *Table) LookupScheme(scheme string) (*Driver, error) {
	known := map[string]bool{}
	for i := range t.Drivers {
		if slices.Contains(t.Drivers[i].Schemes, scheme) {
			return &t.Drivers[i], nil
		}
		for _, s := range t.Drivers[i].Schemes {
			known[s] = true
		}
	}
	return nil, t.unknown("URL scheme of a key-value store", scheme, slices.Sorted(maps.Keys(known)))
}

func (t *Table) unknown(what, name string, known []string) error {
	if slices.Contains(t.Arrays, name) {
		return fmt.Errorf("%q is an array driver, not a key-value store (known: %s)", name, strings.Join(known, ", "))
	}
	return fmt.Errorf("unknown %s %q (known: %s)", what, name, strings.Join(known, ", "))
}
