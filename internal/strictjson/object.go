package strictjson

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// Object is a JSON object whose members are taken one by one; Close reports
// what nobody took.
type Object struct {
	v    Value
	m    map[string]any
	used map[string]bool
}

// Object returns the value as an object.
func (v Value) Object() (*Object, error) {
	m, ok := v.v.(map[string]any)
	if !ok {
		return nil, v.expected("an object")
	}
	return &Object{v: v, m: m, used: make(map[string]bool, len(m))}, nil
}

// Value returns the object as a value, for errors about the whole.
func (o *Object) Value() Value { return o.v }

// Get takes a member, null included.
func (o *Object) Get(name string) (Value, bool) {
	o.used[name] = true
	v, ok := o.m[name]
	return o.child(name, v), ok
}

// Need takes a member that must be there.
func (o *Object) Need(name string) (Value, error) {
	v, ok := o.Get(name)
	if !ok {
		return v, v.Errorf("member is missing")
	}
	return v, nil
}

// Optional calls set with the member if it is there.
func (o *Object) Optional(name string, set func(Value) error) error {
	if v, ok := o.Get(name); ok {
		return set(v)
	}
	return nil
}

// Names returns the names of all members, sorted.
func (o *Object) Names() []string {
	names := make([]string, 0, len(o.m))
	for name := range o.m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Unused returns the names of the members that nobody took, sorted.
func (o *Object) Unused() []string {
	return slices.DeleteFunc(o.Names(), func(n string) bool { return o.used[n] })
}

// Close returns an error that names the first member that nobody took.
func (o *Object) Close() error {
	rest := o.Unused()
	if len(rest) == 0 {
		return nil
	}
	known := make([]string, 0, len(o.used))
	for name := range o.used {
		known = append(known, name)
	}
	sort.Strings(known)
	return o.child(rest[0], nil).Errorf("unknown member (known: %s)", strings.Join(known, ", "))
}

func (o *Object) child(name string, v any) Value {
	path := name
	if strings.ContainsAny(name, ".[]") || name == "" {
		path = fmt.Sprintf("[%q]", name)
	} else if o.v.path != "" {
		path = "." + name
	}
	return Value{path: o.v.path + path, source: o.v.source, v: v}
}

// Array returns the elements of an array.
func (v Value) Array() ([]Value, error) {
	a, ok := v.v.([]any)
	if !ok {
		return nil, v.expected("an array")
	}
	out := make([]Value, len(a))
	for i, e := range a {
		out[i] = Value{path: fmt.Sprintf("%s[%d]", v.path, i), source: v.source, v: e}
	}
	return out, nil
}

// Ints returns an array of whole numbers in [lo, hi].
func (v Value) Ints(lo, hi int64) ([]int64, error) {
	a, err := v.Array()
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(a))
	for i, e := range a {
		if out[i], err = e.Int(lo, hi); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Strings returns an array of strings.
func (v Value) Strings() ([]string, error) {
	a, err := v.Array()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(a))
	for i, e := range a {
		if out[i], err = e.Str(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// MaxInt is the largest whole number that Int and Ints can ask for.
const MaxInt = math.MaxInt64
