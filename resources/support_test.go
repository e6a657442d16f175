package resources

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tsmount/internal/strictjson"
)

// pool stands in for the cache pool, whose kind is in package cache.
type pool struct {
	cfg    poolConfig
	closed func(*pool) error
}

type poolConfig struct {
	Total  uint64
	Queued *uint64
}

func (p *pool) Close() error {
	if p.closed == nil {
		return nil
	}
	return p.closed(p)
}

var poolSyntax = Syntax[poolConfig]{
	Parse: func(v strictjson.Value, _ *Kinds) (c poolConfig, err error) {
		o, err := v.Object()
		if err != nil {
			return c, err
		}
		if err := o.Optional("total_bytes_limit", func(v strictjson.Value) (err error) {
			c.Total, err = v.Uint()
			return err
		}); err != nil {
			return c, err
		}
		if err := o.Optional("queued_for_writeback_bytes_limit", func(v strictjson.Value) error {
			u, err := v.Uint()
			c.Queued = &u
			return err
		}); err != nil {
			return c, err
		}
		return c, o.Close()
	},
	JSON: func(c poolConfig) any {
		m := map[string]any{}
		putChanged(m, "total_bytes_limit", c.Total, 0)
		if c.Queued != nil {
			m["queued_for_writeback_bytes_limit"] = *c.Queued
		}
		return m
	},
}

// nest is a resource made of two others and a secret.
type nest struct {
	pool *pool
	peer *nest
}

type nestConfig struct {
	Pool   Member
	Peer   Member // the zero Member: none
	Secret string
}

var nestSyntax = Syntax[nestConfig]{
	Default: nestConfig{Pool: DefaultMember("cache_pool")},
	Parse: func(v strictjson.Value, kinds *Kinds) (nestConfig, error) {
		c := nestConfig{Pool: DefaultMember("cache_pool")}
		o, err := v.Object()
		if err != nil {
			return c, err
		}
		member := func(m *Member, kind string) func(strictjson.Value) error {
			return func(v strictjson.Value) (err error) {
				*m, err = ParseMember(kinds, kind, v)
				return err
			}
		}
		secret := func(v strictjson.Value) (err error) {
			c.Secret, err = v.Str()
			return err
		}
		if err := errors.Join(o.Optional("pool", member(&c.Pool, "cache_pool")),
			o.Optional("peer", member(&c.Peer, "nest")), o.Optional("secret", secret)); err != nil {
			return c, err
		}
		return c, o.Close()
	},
	JSON: func(c nestConfig) any {
		m := map[string]any{"pool": c.Pool}
		if c.Peer != (Member{}) {
			m["peer"] = c.Peer
		}
		putChanged(m, "secret", c.Secret, "")
		return m
	},
	Secret: []string{"secret"},
}

func buildNest(r *Resolver, c nestConfig) (n *nest, err error) {
	n = &nest{}
	if n.pool, err = Get[*pool](r, c.Pool); err != nil {
		return nil, err
	}
	if c.Peer == (Member{}) {
		return n, nil
	}
	n.peer, err = Get[*nest](r, c.Peer)
	return n, err
}

// house is a table of kinds that notes what it builds and closes.
type house struct {
	kinds  *Kinds
	built  atomic.Int64
	before func(poolConfig) error // called by the build of a pool

	mu     sync.Mutex // guards following
	closed []uint64   // total_bytes_limit of closed pools
}

func newHouse() *house {
	h := &house{}
	list := append(Standard(), NewKind("nest", nestSyntax, buildNest),
		NewKind("cache_pool", poolSyntax, func(_ *Resolver, c poolConfig) (*pool, error) {
			h.built.Add(1)
			if h.before != nil {
				if err := h.before(c); err != nil {
					return nil, err
				}
			}
			return &pool{cfg: c, closed: h.note}, nil
		}))
	h.kinds = NewKinds(list...)
	return h
}

func (h *house) note(p *pool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = append(h.closed, p.cfg.Total)
	return nil
}

func value(t testing.TB, doc string) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc), "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *house) spec(t testing.TB, doc string) *Spec {
	t.Helper()
	s, err := ParseSpec(h.kinds, value(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// chain returns a root and its descendants, one per document, last one last.
func (h *house) chain(t testing.TB, docs ...string) []*Context {
	t.Helper()
	var out []*Context
	for i, doc := range docs {
		if i == 0 {
			out = append(out, Root(h.kinds, h.spec(t, doc)))
		} else {
			out = append(out, New(out[i-1], h.spec(t, doc)))
		}
	}
	return out
}

func (h *house) member(t testing.TB, kind, doc string) Member {
	t.Helper()
	m, err := ParseMember(h.kinds, kind, value(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// at is a reference to key.
func at(key string) Member { return Member{kind: kindOf(key), ref: key} }

// get binds a reference to key and wants success.
func get[T any](t testing.TB, c *Context, key string) T {
	t.Helper()
	r, err := Get[T](c, at(key))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantError(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

func wantJSON(t testing.TB, got any, want string) {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var g, w any
	if err := errors.Join(json.Unmarshal(b, &g), json.Unmarshal([]byte(want), &w)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got %s, want %s", b, want)
	}
}
