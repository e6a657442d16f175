package resources

import "tsmount/internal/strictjson"

// Member is a resource as a spec of a driver or a store, or the definition of
// another resource, names it. It is immutable. The zero Member names nothing
// and cannot be bound.
type Member struct {
	kind   string
	ref    string      // the key referred to; empty when inline is set
	inline *definition // a definition of its own
}

// DefaultMember is the member that is not written: it refers to the resource
// that the context has under the bare type.
func DefaultMember(kindName string) Member { return Member{kind: kindName, ref: kindName} }

// ParseMember reads a resource member of type kindName: a reference to that
// type, or a definition. Null is an error; for a member that is absent there is
// DefaultMember. A member that TensorStore has already bound is written as an
// array of one element and means that element.
func ParseMember(kinds *Kinds, kindName string, v strictjson.Value) (Member, error) {
	kind := kinds.get(kindName)
	if kind == nil {
		return Member{}, unknownKind(kinds, kindName, v)
	}
	if bound, err := v.Array(); err == nil && len(bound) == 1 {
		v = bound[0]
	}
	if v.IsNull() {
		return Member{}, v.Errorf("expected a definition or a reference, got null (null has a meaning only in a context)")
	}
	d, err := parseDefinition(kinds, kind, v)
	if err != nil {
		return Member{}, err
	}
	if d.ref != "" {
		return Member{kind: kindName, ref: d.ref}, nil
	}
	return Member{kind: kindName, inline: d}, nil
}

// Kind returns the resource type of the member.
func (m Member) Kind() string { return m.kind }

// IsDefault reports whether the member says no more than if it were absent.
func (m Member) IsDefault() bool { return m.inline == nil && m.ref == m.kind }

// JSON returns the member in canonical form: nil for one that is better left
// out, a reference, or a definition. It contains secrets: see Redacted.
func (m Member) JSON() any { return m.render(false) }

// Redacted is JSON with the values of secret members replaced by "***".
func (m Member) Redacted() any { return m.render(true) }

func (m Member) render(redact bool) any {
	switch {
	case m.IsDefault():
		return nil
	case m.inline != nil:
		return m.inline.render(redact)
	}
	return m.ref
}
