package resources

import (
	"errors"
	"slices"
	"strings"

	"tsmount/internal/strictjson"
)

// maxKeys is how many keys a context may have. It bounds how deep references
// can lead from one to the next.
const maxKeys = 1000

// hidden stands for the value of a secret member.
const hidden = "***"

// definition is one value of a context or one private definition.
type definition struct {
	kind   *Kind
	ref    string // the key referred to; empty when config counts
	null   bool   // written as null; config is the default
	config any
}

// parseDefinition reads a value that stands for a resource of kind, null apart.
func parseDefinition(kinds *Kinds, kind *Kind, v strictjson.Value) (*definition, error) {
	s, strErr := v.Str()
	if strErr == nil && kindOf(s) == kind.name {
		return &definition{kind: kind, ref: s}, nil
	}
	config, err := kind.parse(v, kinds)
	if err != nil {
		err = kind.hide(v, err)
		var e *strictjson.Error
		if strErr == nil && errors.As(err, &e) {
			return nil, v.Errorf(`neither a reference (%q or "%s#id") nor a definition: %s`, kind.name, kind.name, e.Msg)
		}
		return nil, err
	}
	return &definition{kind: kind, config: config}, nil
}

// render returns the definition as JSON, secrets hidden or not.
func (d *definition) render(redact bool) any {
	switch {
	case d.null:
		return nil
	case d.ref != "":
		return d.ref
	}
	whole := d.kind.json(d.config)
	members, ok := whole.(map[string]any)
	if !ok {
		if redact && len(d.kind.secret) > 0 {
			return hidden
		}
		return whole
	}
	out := make(map[string]any, len(members))
	for name, value := range members {
		if m, ok := value.(Member); ok {
			if value = m.render(redact); value == nil {
				continue
			}
		}
		if redact && slices.Contains(d.kind.secret, name) {
			value = hidden
		}
		out[name] = value
	}
	return out
}

// Spec is a parsed context: keys and what they stand for. It is immutable; nil
// is a context that defines nothing.
type Spec struct {
	kinds *Kinds
	defs  map[string]*definition
}

// ParseSpec reads the JSON of a context. Every key must be of a type in kinds
// and every value must suit its type; errors name the JSON path.
func ParseSpec(kinds *Kinds, v strictjson.Value) (*Spec, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	keys := o.Names()
	if len(keys) > maxKeys {
		return nil, v.Errorf("more than %d resources", maxKeys)
	}
	s := &Spec{kinds: kinds, defs: make(map[string]*definition, len(keys))}
	for _, key := range keys {
		value, _ := o.Get(key)
		if s.defs[key], err = parseEntry(kinds, key, value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func parseEntry(kinds *Kinds, key string, v strictjson.Value) (*definition, error) {
	kind := kinds.get(kindOf(key))
	if kind == nil {
		return nil, unknownKind(kinds, key, v)
	}
	if v.IsNull() {
		return &definition{kind: kind, null: true, config: kind.fallback}, nil
	}
	return parseDefinition(kinds, kind, v)
}

func unknownKind(kinds *Kinds, key string, v strictjson.Value) error {
	return v.Errorf("%q is not a resource type (known: %s)", kindOf(key), strings.Join(kinds.Names(), ", "))
}

// Has reports whether the context defines key itself.
func (s *Spec) Has(key string) bool { return s.get(key) != nil }

// JSON returns the canonical form of the context, with default values left out
// of definitions. It contains secrets: see Redacted.
func (s *Spec) JSON() map[string]any { return s.render(false) }

// Redacted is JSON with the values of secret members replaced by "***".
func (s *Spec) Redacted() map[string]any { return s.render(true) }

func (s *Spec) render(redact bool) map[string]any {
	out := map[string]any{}
	if s == nil {
		return out
	}
	for key, d := range s.defs {
		out[key] = d.render(redact)
	}
	return out
}

// get returns the definition of key, nil if there is none.
func (s *Spec) get(key string) *definition {
	if s == nil {
		return nil
	}
	return s.defs[key]
}
