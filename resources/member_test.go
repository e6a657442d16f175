package resources

import "testing"

func TestAnAbsentMemberIsAReferenceToTheBareType(t *testing.T) {
	h := newHouse()
	c := h.chain(t, `{"cache_pool": {"total_bytes_limit": 7}}`)[0]
	got, err := Get[*pool](c, DefaultMember("cache_pool"))
	if err != nil || got != get[*pool](t, c, "cache_pool") || got.cfg.Total != 7 {
		t.Errorf("got %v, %v", got, err)
	}
	if m := DefaultMember("cache_pool"); m.JSON() != nil || !m.IsDefault() || m.Kind() != "cache_pool" {
		t.Errorf("got %v", m.JSON())
	}
	if m := h.member(t, "cache_pool", `"cache_pool"`); m != DefaultMember("cache_pool") {
		t.Errorf("got %v, want the default member", m.JSON())
	}
}

func TestANullMemberIsAnError(t *testing.T) {
	_, err := ParseMember(newHouse().kinds, "cache_pool", value(t, `null`))
	wantError(t, err, "got null (null has a meaning only in a context)")
	_, err = ParseMember(newHouse().kinds, "cache_pool", value(t, `[null]`))
	wantError(t, err, "[0]: ")
}

func TestAMemberReferenceMustBeOfItsType(t *testing.T) {
	h := newHouse()
	if m := h.member(t, "cache_pool", `"cache_pool#remote"`); m.JSON() != "cache_pool#remote" || m.IsDefault() {
		t.Errorf("got %v", m.JSON())
	}
	for _, doc := range []string{`"data_copy_concurrency"`, `"pool"`, `""`, `"#"`} {
		_, err := ParseMember(h.kinds, "cache_pool", value(t, doc))
		wantError(t, err, "neither a reference")
	}
	_, err := ParseMember(h.kinds, "nope", value(t, `{}`))
	wantError(t, err, `"nope" is not a resource type`)
}

func TestABoundMemberIsAnArrayOfOne(t *testing.T) {
	h := newHouse()
	wantJSON(t, h.member(t, "cache_pool", `["cache_pool#0"]`).JSON(), `"cache_pool#0"`)
	wantJSON(t, h.member(t, "cache_pool", `[{"total_bytes_limit": 3}]`).JSON(), `{"total_bytes_limit": 3}`)
	for _, doc := range []string{`[]`, `[{}, {}]`, `[[{}]]`} {
		_, err := ParseMember(h.kinds, "cache_pool", value(t, doc))
		wantError(t, err, "expected an object")
	}
}

func TestAnInlineDefinitionIsANewResourceEachTime(t *testing.T) {
	h := newHouse()
	c := h.chain(t, `{"cache_pool": {"total_bytes_limit": 1}}`)[0]
	m := h.member(t, "cache_pool", `{"total_bytes_limit": 1}`)
	one, err1 := Get[*pool](c, m)
	two, err2 := Get[*pool](c, m)
	if err1 != nil || err2 != nil || one == two || one == get[*pool](t, c, "cache_pool") {
		t.Errorf("got %p, %v and %p, %v: want three resources", one, err1, two, err2)
	}
}

func TestReferencesInsideAnInlineDefinitionStartInTheBindingContext(t *testing.T) {
	h := newHouse()
	cs := h.chain(t, `{"cache_pool#a": {"total_bytes_limit": 1}}`, `{"cache_pool#a": {"total_bytes_limit": 2}}`)
	m := h.member(t, "nest", `{"pool": "cache_pool#a", "peer": {"pool": "cache_pool#a"}}`)
	for i, c := range cs {
		n, err := Get[*nest](c, m)
		if err != nil || n.pool != get[*pool](t, c, "cache_pool#a") || n.peer.pool != n.pool {
			t.Errorf("context %d: got %+v, %v", i, n, err)
		}
	}
}

func TestTheZeroMemberCannotBeBound(t *testing.T) {
	_, err := newHouse().chain(t, `{}`)[0].Bind(Member{})
	wantError(t, err, "is not a resource type")
	_, err = New(nil, nil).Bind(DefaultMember("cache_pool"))
	wantError(t, err, `"cache_pool" is not a resource type`)
}

func TestAResourceOfAnotherTypeIsAnErrorNotAPanic(t *testing.T) {
	_, err := Get[*Limiter](newHouse().chain(t, `{}`)[0], DefaultMember("cache_pool"))
	wantError(t, err, `resource "cache_pool" is a *resources.pool, not a *resources.Limiter`)
}
