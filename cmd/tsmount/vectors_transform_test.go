package main

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"tsmount/arrayview"
	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
	"tsmount/resources"
)

// vectorDomain is a domain before its bounds are resolved.
type vectorDomain struct {
	Min           []int64  `json:"inclusive_min"`
	Max           []int64  `json:"exclusive_max"`
	ImplicitLower []bool   `json:"implicit_lower"`
	ImplicitUpper []bool   `json:"implicit_upper"`
	Labels        []string `json:"labels"`
}

func (d vectorDomain) domain() arrayview.Domain {
	return arrayview.Domain{Min: d.Min, Max: d.Max, ImplicitMin: d.ImplicitLower, ImplicitMax: d.ImplicitUpper, Labels: d.Labels}
}

// transformCase is one case of transforms.json.
type transformCase struct {
	Name, Outcome, Text string
	Base                struct {
		Driver        string
		Origin, Shape []int64
		Labels        []string
	}
	Transform, Then json.RawMessage
	Domain          vectorDomain
	Elements        []int32
	ThenDomain      vectorDomain `json:"then_domain"`
	ThenElements    []int32      `json:"then_elements"`
}

// TestTransformsShowTheElementsOfTensorStore stores the arrays of the vectors
// and reads them through the transforms as files do.
func TestTransformsShowTheElementsOfTensorStore(t *testing.T) {
	var file struct{ Cases []transformCase }
	readVectors(t, "transforms.json", &file)
	tables := newTables()
	r := &transformRig{t.TempDir(), &plan{tables: tables, root: resources.Root(tables.Kinds, nil)}, cache.New(cache.Config{})}
	t.Cleanup(r.engine.Close)
	ran, skipped := 0, map[string]int{}
	for _, c := range file.Cases {
		if c.Base.Driver == "array" {
			skipped["driver array"]++
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) { r.run(t, &c) })
	}
	t.Logf("%d cases ran, skipped: %v", ran, skipped)
}

// transformRig holds the folder in which all arrays lie.
type transformRig struct {
	dir    string
	plan   *plan
	engine *cache.Engine
}

func (r *transformRig) run(t *testing.T, c *transformCase) {
	r.store(t, c)
	base := r.base(c)
	base["transform"] = c.Transform
	set, err := r.open(t, base)
	if c.Outcome == "parse-error" {
		if err == nil {
			t.Fatalf("got no error, want %s", c.Text)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	opened, err := set.openSingle(t.Context(), time.Now())
	if c.Outcome == "open-error" {
		if err == nil {
			opened.Array.Close()
			t.Fatalf("got no error, want %s", c.Text)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Array.Close()
	st, err := opened.Array.State(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := st.Transform.Input, c.Domain.domain(); !reflect.DeepEqual(got, want) {
		t.Errorf("domain: got %v, want %v", got, want)
	}
	got, err := elements(t, set)
	if c.Outcome == "read-error" {
		if err == nil {
			t.Errorf("read %v, want the error %s", got, c.Text)
		}
		return
	}
	if err != nil || !slices.Equal(got, c.Elements) {
		t.Fatalf("got elements %v, %v, want %v", got, err, c.Elements)
	}
	if c.Then != nil {
		r.runThen(t, c, base, st)
	}
}

// base returns the spec of the array without a transform.
func (r *transformRig) base(c *transformCase) map[string]any {
	return map[string]any{
		"driver": c.Base.Driver, "context": map[string]any{"file_io_sync": false},
		"kvstore": map[string]any{"driver": "file", "path": filepath.Join(r.dir, c.Name) + "/"},
	}
}

// runThen opens the composition of both transforms.
func (r *transformRig) runThen(t *testing.T, c *transformCase, base map[string]any, st *cache.State) {
	v, err := strictjson.Parse(c.Then, "")
	if err != nil {
		t.Fatal(err)
	}
	then, err := arrayview.ParseTransform(v)
	if err != nil {
		t.Fatal(err)
	}
	both, err := arrayview.Compose(st.Transform, then)
	if err != nil {
		t.Fatal(err)
	}
	if want := c.ThenDomain.domain(); !reflect.DeepEqual(both.Input, want) {
		t.Errorf("then: got domain %v, want %v", both.Input, want)
	}
	base["transform"] = both.JSON()
	set, err := r.open(t, base)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := elements(t, set); err != nil || !slices.Equal(got, c.ThenElements) {
		t.Errorf("then: got elements %v, %v, want %v", got, err, c.ThenElements)
	}
}

func (r *transformRig) open(t *testing.T, spec any) (*dataset, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parseDocument(text, "")
	if err != nil {
		return nil, err
	}
	parsed, err := drivers.ParseSpec(r.plan.tables, doc.value())
	if err != nil {
		return nil, err
	}
	m := &mountPlan{mountRequest: mountRequest{Spec: doc}, spec: parsed, context: r.plan.root}
	return openDataset(t.Context(), r.engine, r.plan, m, nil)
}
