package resources

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
)

// Binder turns members into resources: a Context, or the Resolver that a kind
// gets while it builds.
type Binder interface {
	// Bind returns the resource that m names, built if this is the first
	// request for it. It waits for a build by somebody else.
	Bind(m Member) (any, error)
}

var (
	_ Binder    = (*Context)(nil)
	_ Binder    = (*Resolver)(nil)
	_ io.Closer = (*Context)(nil)
)

// Context is a Spec in its place: with a parent, and with the resources that
// have been built. It is safe for concurrent use.
type Context struct {
	tree   *tree
	parent *Context // nil for a root
	spec   *Spec

	// The following are guarded by tree.mu.
	table  map[string]*entry // built or being built in this context, by key
	owned  []*entry          // what Close closes, in order of building
	inline map[string]int    // per kind, the next number of a generated key
	closed bool

	children []*Context // that have not been closed; guarded by tree.mu
}

// tree is what a root and its descendants have in common.
type tree struct {
	kinds *Kinds     // immutable
	mu    sync.Mutex // guards the tables of all contexts and all waits of entries
}

// Root returns a context without a parent. spec may be nil.
func Root(kinds *Kinds, spec *Spec) *Context {
	return newContext(&tree{kinds: kinds}, nil, spec)
}

// New returns a child of parent, or without one a root with the kinds of spec.
// With a nil spec it resolves everything as parent does, but what is bound
// inline through it belongs to it.
func New(parent *Context, spec *Spec) *Context {
	switch {
	case parent != nil:
		return newContext(parent.tree, parent, spec)
	case spec != nil:
		return Root(spec.kinds, spec)
	}
	return Root(nil, nil)
}

func newContext(t *tree, parent *Context, spec *Spec) *Context {
	c := &Context{tree: t, parent: parent, spec: spec, table: map[string]*entry{}, inline: map[string]int{}}
	if parent != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		parent.children = append(parent.children, c)
	}
	return c
}

// Children returns the contexts made in this one that have not been closed, in
// the order in which they were made.
func (c *Context) Children() []*Context {
	c.tree.mu.Lock()
	defer c.tree.mu.Unlock()
	return slices.Clone(c.children)
}

// leave takes c out of its parent's list. Called with tree.mu held.
func (c *Context) leave() {
	if c.parent == nil {
		return
	}
	if i := slices.Index(c.parent.children, c); i >= 0 {
		c.parent.children = slices.Delete(c.parent.children, i, i+1)
	}
}

// Bind implements Binder.
func (c *Context) Bind(m Member) (any, error) { return c.bind(m, nil) }

// Get binds m and returns the resource as a T.
func Get[T any](b Binder, m Member) (T, error) {
	var none T
	r, err := b.Bind(m)
	if err != nil {
		return none, err
	}
	t, ok := r.(T)
	if !ok {
		return none, fmt.Errorf("resource %q is a %T, not a %T", m.kind, r, none)
	}
	return t, nil
}

// Each calls f with every resource that has been built in this context itself,
// in order of building, under the key that defines it. Resources that were
// bound inline have generated keys: cache_pool#0, cache_pool#1, ...
func (c *Context) Each(f func(key string, resource any)) {
	c.tree.mu.Lock()
	owned := slices.Clone(c.owned)
	c.tree.mu.Unlock()
	for _, e := range owned {
		f(e.key, e.value)
	}
}

// Close closes, in reverse order of building, the resources that were built in
// this context and implement io.Closer. Resources of the parent stay open. Later
// calls of Close do nothing, later calls of Bind fail with fs.ErrClosed, and a
// build that is under way ends that way too. Close the children first.
func (c *Context) Close() error {
	c.tree.mu.Lock()
	c.closed = true
	c.leave()
	owned := c.owned
	c.owned = nil
	c.tree.mu.Unlock()
	var errs []error
	for _, e := range slices.Backward(owned) {
		if err := closeResource(e.key, e.value); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func closeResource(key string, resource any) error {
	closer, ok := resource.(io.Closer)
	if !ok {
		return nil
	}
	if err := closer.Close(); err != nil {
		return fmt.Errorf("close resource %q: %w", key, err)
	}
	return nil
}

func closedError(key string) error {
	return fmt.Errorf("resource %q: the context is closed: %w", key, fs.ErrClosed)
}
