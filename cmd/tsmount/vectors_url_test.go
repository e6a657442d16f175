package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/resources"
)

// urlCase is one case of urls.json.
type urlCase struct {
	Name, Direction, As, Outcome, URL string
	Optional                          bool
	Input, JSON                       json.RawMessage
}

// outside tells which store or driver of the case is not in the tables.
func (c *urlCase) outside(tables drivers.Tables) string {
	if c.Optional {
		return "optional"
	}
	for store, signs := range map[string][]string{
		"http": {`"http:/`, `"https:/`, `"http"`}, "s3": {`"s3:/`, `"s3"`}, "gcs": {`"gs:/`, `"gcs"`}, "array": {`"array"`},
	} {
		there := slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(string(c.Input), sign) })
		if there && !slices.Contains(tables.Stores.Known(), store) {
			return store
		}
	}
	return ""
}

// TestURLsMeanTheSpecsOfTensorStore parses and prints the URLs of the vectors
// with the stores and formats that exist.
func TestURLsMeanTheSpecsOfTensorStore(t *testing.T) {
	var file struct{ Cases []urlCase }
	readVectors(t, "urls.json", &file)
	tables := newTables()
	ran, skipped := map[string]int{}, map[string]int{}
	for _, c := range file.Cases {
		if why := c.outside(tables); why != "" {
			skipped[why]++
			continue
		}
		ran[c.Direction]++
		t.Run(c.Name, func(t *testing.T) { c.run(t, tables) })
	}
	t.Logf("cases ran: %v, skipped: %v", ran, skipped)
}

func (c *urlCase) run(t *testing.T, tables drivers.Tables) {
	v, err := strictjson.Parse(c.Input, "")
	if err != nil {
		t.Fatal(err)
	}
	got, url, err := bothForms(tables, v, c.As == "kvstore")
	if c.Outcome == "error" {
		if err == nil {
			t.Errorf("%s: got %s, want an error", c.Input, url)
		}
		return
	}
	if err != nil || url != c.URL {
		t.Errorf("%s: got %s, %v, want %s", c.Input, url, err, c.URL)
		return
	}
	if c.Direction == "format" {
		return
	}
	var want any
	if err := json.Unmarshal(c.JSON, &want); err != nil {
		t.Fatal(err)
	}
	if spec, is := want.(map[string]any); is && spec["driver"] == precomputed {
		delete(spec, "transform") // what TensorStore knows of the domain of every volume
	}
	if driver, _ := got["driver"].(string); driver != "http" && !reflect.DeepEqual(normalised(t, got), want) {
		t.Errorf("%s: got %v, want %v", c.Input, got, want)
	}
}

// bothForms returns the JSON and the URL of what v means.
func bothForms(tables drivers.Tables, v strictjson.Value, store bool) (map[string]any, string, error) {
	if store {
		s, err := kvstore.ParseSpec(tables.Stores, tables.Kinds, v)
		if err != nil {
			return nil, "", err
		}
		url, err := s.URL()
		return s.JSON(false), url, err
	}
	s, err := drivers.ParseSpec(tables, v)
	if err != nil {
		return nil, "", err
	}
	url, err := s.URL()
	return s.JSON(false), url, err
}

// contextCase is one case of contexts in specs.json.
type contextCase struct {
	Name, Resource, Outcome string
	Chain                   []json.RawMessage
	SameAs                  [][2]any `json:"same_as"`
	DistinctFrom            [][2]any `json:"distinct_from"`
}

// TestContextsResolveWithTheRealResources resolves the contexts of the vectors
// with the resource types that exist.
func TestContextsResolveWithTheRealResources(t *testing.T) {
	var file struct{ Contexts []contextCase }
	readVectors(t, "specs.json", &file)
	kinds := newTables().Kinds
	ran, skipped := 0, map[string]int{}
	for _, c := range file.Contexts {
		kind, _, _ := strings.Cut(c.Resource, "#")
		if !kinds.Has(kind) && c.Outcome == "ok" {
			skipped[kind]++
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) { c.run(t, kinds) })
	}
	t.Logf("%d cases ran, skipped: %v", ran, skipped)
}

func (c *contextCase) run(t *testing.T, kinds *resources.Kinds) {
	chain, err := c.contexts(kinds)
	var got any
	if err == nil {
		got, err = bindKey(kinds, chain[len(chain)-1], c.Resource)
	}
	if outcome := map[bool]string{true: "ok", false: "error"}[err == nil]; outcome != c.Outcome {
		t.Fatalf("got %s (%v), want %s", outcome, err, c.Outcome)
	}
	for _, place := range c.SameAs {
		if other, err := bindKey(kinds, chain[int(place[0].(float64))], place[1].(string)); err != nil || got != other {
			t.Errorf("not the resource at %v (%v)", place, err)
		}
	}
	for _, place := range c.DistinctFrom {
		if _, pool := got.(*cache.Pool); !pool {
			continue // what is but configuration is equal by value, "shared" limits are one per process
		}
		if other, err := bindKey(kinds, chain[int(place[0].(float64))], place[1].(string)); err != nil || got == other {
			t.Errorf("the resource at %v (%v)", place, err)
		}
	}
}

func (c *contextCase) contexts(kinds *resources.Kinds) ([]*resources.Context, error) {
	var chain []*resources.Context
	for i, text := range c.Chain {
		v, err := strictjson.Parse(text, "")
		if err != nil {
			return nil, err
		}
		spec, err := resources.ParseSpec(kinds, v)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			chain = append(chain, resources.Root(kinds, spec))
		} else {
			chain = append(chain, resources.New(chain[i-1], spec))
		}
	}
	return chain, nil
}

// bindKey returns the resource that a spec in context c gets for a key.
func bindKey(kinds *resources.Kinds, c *resources.Context, key string) (any, error) {
	kind, _, _ := strings.Cut(key, "#")
	m, err := resources.ParseMember(kinds, kind, strictjson.Of(key, "", kind))
	if err != nil {
		return nil, err
	}
	return c.Bind(m)
}
