package resources

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// entry is one resource: being built, or built, or failed. The goroutine that
// creates an entry runs it; all others wait for done.
type entry struct {
	key  string
	home *Context // where its references start
	def  *definition
	done chan struct{} // closed when value and err are final

	value any
	err   error

	waits []*entry // what its build waits for; guarded by home.tree.mu
}

// Resolver binds members in the context of the definition that is being built.
// It is valid until Build returns; several goroutines may use it.
type Resolver struct {
	home *Context
	by   *entry
}

// Bind implements Binder. It fails if m leads back to the resource that is
// being built.
func (r *Resolver) Bind(m Member) (any, error) { return r.home.bind(m, r.by) }

// bind returns the resource that m names in c. by is the entry whose build asks,
// nil when a user does.
func (c *Context) bind(m Member, by *entry) (any, error) {
	c.tree.mu.Lock()
	e, fresh, err := c.target(m)
	if err == nil && by != nil {
		err = by.startWait(e)
	}
	c.tree.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if fresh {
		e.run()
	}
	<-e.done
	if by != nil {
		by.endWait(e)
	}
	return e.value, e.err
}

// target finds or creates the entry that m names; fresh tells that the caller
// has to run it. Called with tree.mu held.
func (c *Context) target(m Member) (e *entry, fresh bool, err error) {
	if m.inline != nil {
		if c.closed {
			return nil, false, closedError(m.kind)
		}
		return newEntry(c, c.inlineKey(m.kind), m.inline), true, nil
	}
	for x := c; ; x = x.parent {
		if x.closed {
			return nil, false, closedError(m.ref)
		}
		if e := x.table[m.ref]; e != nil {
			return e, false, nil
		}
		def := x.spec.get(m.ref)
		if def == nil && x.parent == nil {
			if def, err = x.defaultOf(m.ref); err != nil {
				return nil, false, err
			}
		}
		if def != nil {
			x.table[m.ref] = newEntry(x, m.ref, def)
			return x.table[m.ref], true, nil
		}
	}
}

// defaultOf returns what a key means that no context defines.
func (c *Context) defaultOf(key string) (*definition, error) {
	kind := c.tree.kinds.get(kindOf(key))
	switch {
	case kind == nil:
		return nil, fmt.Errorf("%q is not a resource type", kindOf(key))
	case key != kind.name:
		return nil, fmt.Errorf("resource not defined: %q", key)
	}
	return &definition{kind: kind, config: kind.fallback}, nil
}

// inlineKey generates a key that nothing visible from c has. Called with
// tree.mu held.
func (c *Context) inlineKey(kind string) string {
	for {
		key := fmt.Sprintf("%s#%d", kind, c.inline[kind])
		c.inline[kind]++
		if !c.defines(key) {
			return key
		}
	}
}

func (c *Context) defines(key string) bool {
	for x := c; x != nil; x = x.parent {
		if x.spec.Has(key) {
			return true
		}
	}
	return false
}

func newEntry(home *Context, key string, def *definition) *entry {
	return &entry{key: key, home: home, def: def, done: make(chan struct{})}
}

// run builds the resource and lets the waiters go, also when Build panics.
func (e *entry) run() {
	var value any
	err := fmt.Errorf("resource %q: its build was abandoned", e.key)
	defer func() { e.finish(value, err) }()
	value, err = e.make()
}

func (e *entry) make() (any, error) {
	if e.def.ref != "" {
		return e.home.bind(Member{kind: e.def.kind.name, ref: e.def.ref}, e)
	}
	value, err := e.def.kind.build(&Resolver{home: e.home, by: e}, e.def.config)
	if err != nil {
		return nil, fmt.Errorf("resource %q: %w", e.key, err)
	}
	return value, nil
}

// finish publishes the outcome. A resource that comes after its context was
// closed is closed at once.
func (e *entry) finish(value any, err error) {
	var cycle *cycleError
	if errors.As(err, &cycle) && slices.Contains(cycle.path, e) {
		err = cycle // every resource of a cycle has the same error
	}
	owner := err == nil && e.def.ref == ""
	e.home.tree.mu.Lock()
	late := owner && e.home.closed
	if late {
		err = closedError(e.key)
	} else {
		e.value = value
	}
	e.err = err
	if owner && !late {
		e.home.owned = append(e.home.owned, e)
	}
	e.home.tree.mu.Unlock()
	if late {
		e.err = errors.Join(err, closeResource(e.key, value))
	}
	close(e.done)
}

// startWait notes that the build of e is about to wait for other, unless other
// waits for e: then it is a cycle. As every wait of a build is noted under one
// mutex before it begins, whoever would close a cycle sees it, in whatever order
// goroutines run. Called with tree.mu held.
func (e *entry) startWait(other *entry) error {
	if path := other.pathTo(e, map[*entry]bool{}); path != nil {
		return newCycleError(path)
	}
	e.waits = append(e.waits, other)
	return nil
}

func (e *entry) endWait(other *entry) {
	e.home.tree.mu.Lock()
	defer e.home.tree.mu.Unlock()
	i := slices.Index(e.waits, other)
	e.waits = slices.Delete(e.waits, i, i+1)
}

// pathTo returns the entries on a way of waits from e to goal, both included,
// nil if there is none.
func (e *entry) pathTo(goal *entry, seen map[*entry]bool) []*entry {
	if e == goal {
		return []*entry{e}
	}
	seen[e] = true
	for _, next := range e.waits {
		if seen[next] {
			continue
		}
		if path := next.pathTo(goal, seen); path != nil {
			return append([]*entry{e}, path...)
		}
	}
	return nil
}

// cycleError tells that resources refer to each other in a circle.
type cycleError struct {
	path []*entry // each waits for the next, the last for the first
}

// newCycleError begins the circle at its smallest key, so that the text does not
// depend on who asked first.
func newCycleError(path []*entry) *cycleError {
	least := 0
	for i, e := range path {
		if e.key < path[least].key {
			least = i
		}
	}
	return &cycleError{path: slices.Concat(path[least:], path[:least])}
}

func (e *cycleError) Error() string {
	var b strings.Builder
	b.WriteString("resources refer to each other in a cycle: ")
	for _, step := range e.path {
		fmt.Fprintf(&b, "%q -> ", step.key)
	}
	fmt.Fprintf(&b, "%q", e.path[0].key)
	return b.String()
}
