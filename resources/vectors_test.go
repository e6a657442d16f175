package resources

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tsmount/internal/strictjson"
)

// parseUnlessBroken reads the JSON of a context from bytes.
func parseUnlessBroken(doc []byte, kinds *Kinds) (*Spec, error) {
	v, err := strictjson.Parse(doc, "")
	if err != nil {
		return nil, err
	}
	return ParseSpec(kinds, v)
}

// checkCanonical wants the canonical form to mean itself.
func checkCanonical(t *testing.T, h *house, s *Spec) {
	t.Helper()
	doc, err := json.Marshal(s.JSON())
	if err != nil {
		t.Fatal(err)
	}
	again, err := parseUnlessBroken(doc, h.kinds)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	if doc2, err := json.Marshal(again.JSON()); err != nil || !bytes.Equal(doc, doc2) {
		t.Errorf("%s became %s (%v)", doc, doc2, err)
	}
}

// vector is one case of contexts in reference/vectors/specs.json.
type vector struct {
	Name         string
	Chain        []json.RawMessage
	Resource     string
	Outcome      string
	Definition   json.RawMessage
	SameAs       []place `json:"same_as"`
	DistinctFrom []place `json:"distinct_from"`
}

// place is a context's number and a key.
type place [2]json.RawMessage

func (p place) resource(t *testing.T, chain []*Context) any {
	t.Helper()
	var n int
	var key string
	if err := json.Unmarshal(p[0], &n); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(p[1], &key); err != nil {
		t.Fatal(err)
	}
	return get[any](t, chain[n], key)
}

func (v vector) contexts(h *house) ([]*Context, error) {
	var chain []*Context
	for i, doc := range v.Chain {
		spec, err := parseUnlessBroken(doc, h.kinds)
		switch {
		case err != nil:
			return nil, err
		case i == 0:
			chain = append(chain, Root(h.kinds, spec))
		default:
			chain = append(chain, New(chain[i-1], spec))
		}
	}
	return chain, nil
}

func (v vector) run(t *testing.T) {
	h := newHouse()
	chain, err := v.contexts(h)
	var got any
	if err == nil {
		got, err = chain[len(chain)-1].Bind(at(v.Resource))
	}
	if outcome := map[bool]string{true: "ok", false: "error"}[err == nil]; outcome != v.Outcome {
		t.Fatalf("got %s (%v), want %s", outcome, err, v.Outcome)
	}
	if err != nil {
		return
	}
	wantJSON(t, definitionOf(chain[len(chain)-1], v.Resource), string(v.Definition))
	for _, p := range v.SameAs {
		if got != p.resource(t, chain) {
			t.Errorf("not the resource of context %s, %s", p[0], p[1])
		}
	}
	for _, p := range v.DistinctFrom {
		if got == p.resource(t, chain) {
			t.Errorf("the resource of context %s, %s", p[0], p[1])
		}
	}
}

// definitionOf follows references to the definition behind key.
func definitionOf(c *Context, key string) any {
	for {
		e, _, err := c.target(at(key))
		if err != nil {
			return fmt.Sprint(err)
		}
		if e.def.ref == "" {
			return e.def.kind.json(e.def.config)
		}
		c, key = e.home, e.def.ref
	}
}

// Kinds whose owner is another package that tests them itself.
var elsewhere = map[string]bool{"aws_credentials": true, "gcs_user_project": true}

func TestContextsResolveAsInTensorStore(t *testing.T) {
	name := filepath.Join("..", "..", "shared", "reference", "vectors", "specs.json")
	doc, err := os.ReadFile(name)
	if err != nil {
		t.Skipf("no vectors: %v", err)
	}
	// The cases before the contexts hold NaN, which is not JSON.
	_, tail, _ := bytes.Cut(doc, []byte(`"contexts":`))
	var vectors []vector
	if err := json.NewDecoder(bytes.NewReader(tail)).Decode(&vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			if elsewhere[v.Resource] {
				t.Skipf("%s belongs to another package", v.Resource)
			}
			v.run(t)
		})
	}
}
