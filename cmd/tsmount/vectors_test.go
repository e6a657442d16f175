package main

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tsmount/arrayview"
	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
	"tsmount/resources"
)

// specCase is one case of specs.json.
type specCase struct {
	Name, Outcome, Stage, Member, Driver, DType string
	Spec                                        json.RawMessage
	Domain                                      struct {
		Min           []int64  `json:"inclusive_min"`
		Max           []int64  `json:"exclusive_max"`
		ImplicitLower []bool   `json:"implicit_lower"`
		ImplicitUpper []bool   `json:"implicit_upper"`
		Labels        []string `json:"labels"`
	}
	Chunk   []int64 `json:"chunk_shape"`
	Fill    any     `json:"fill_value"`
	Units   []any   `json:"units"`
	Created map[string]any
	Deleted []string
}

// TestSpecsHaveTheOutcomesOfTensorStore opens the specs of the vectors with all
// formats, as a mount does.
func TestSpecsHaveTheOutcomesOfTensorStore(t *testing.T) {
	var file struct {
		Files map[string]json.RawMessage
		Cases []specCase
	}
	readVectors(t, "specs.json", &file)
	ran, skipped := 0, map[string]int{}
	for _, c := range file.Cases {
		if strings.Contains(string(c.Spec), `"driver": "array"`) {
			skipped["driver array"]++
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range file.Files {
				if first, _, _ := strings.Cut(name, "/"); strings.Contains(string(c.Spec), "DATA/"+first) || strings.Contains(string(c.Spec), `DATA/"`) {
					writeVectorFile(t, filepath.Join(dir, name), content)
				}
			}
			c.run(t, dir)
		})
	}
	t.Logf("%d cases ran, skipped: %v", ran, skipped)
}

func (c *specCase) run(t *testing.T, dir string) {
	before := allFiles(t, dir)
	text := strings.ReplaceAll(string(c.Spec), "DATA", dir)
	st, driver, err := openSpec(t, text, c.Driver == precomputed)
	outcome := "ok"
	switch {
	case err != nil:
		outcome = "error"
	case st == nil:
		outcome = "group"
	}
	if outcome != c.Outcome {
		t.Fatalf("%s: got %s (%v), want %s", c.Spec, outcome, err, c.Outcome)
	}
	if c.Stage == "parse" {
		var e *strictjson.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Path, c.Member) {
			t.Errorf("%s: got %v, want an error about %q", c.Spec, err, c.Member)
		}
	}
	if outcome == "ok" {
		c.compare(t, st, driver)
	}
	c.compareFiles(t, before, allFiles(t, dir))
}

// precomputed is the driver of volumes with several scales. Where TensorStore
// detects one it opens the first scale, a mount shows all of them.
const precomputed = "neuroglancer_precomputed"

// openSpec opens a spec as a mount that may be written does; no state is that
// of a group. Of a volume, it opens the first scale.
func openSpec(t *testing.T, text string, volume bool) (*cache.State, string, error) {
	doc, err := parseDocument([]byte(text), "")
	if err != nil {
		return nil, "", err
	}
	tables := newTables()
	p := &plan{tables: tables, root: resources.Root(tables.Kinds, nil)}
	spec, err := drivers.ParseSpec(tables, doc.value())
	if err != nil {
		return nil, "", err
	}
	e := cache.New(cache.Config{})
	defer e.Close()
	m := &mountPlan{mountRequest: mountRequest{Spec: doc}, spec: spec, context: p.root}
	set, err := openDataset(t.Context(), e, p, m, nil)
	if err != nil {
		return nil, "", err
	}
	found, err := set.source().Look(t.Context(), "", time.Now())
	if err == nil && found.Group != nil && volume {
		for name, err := range found.Group.Members(t.Context()) {
			if err != nil {
				return nil, "", err
			}
			found, err = set.source().Look(t.Context(), name, time.Now())
			if err != nil {
				return nil, "", err
			}
			break
		}
	}
	if err != nil || found.Open == nil {
		return nil, "", err
	}
	opened, err := found.Open(t.Context(), time.Now())
	if err != nil {
		return nil, "", err
	}
	defer opened.Array.Close()
	st, err := opened.Array.State(t.Context(), time.Time{})
	return st, opened.Driver, err
}

func (c *specCase) compare(t *testing.T, st *cache.State, driver string) {
	s := st.Schema
	if driver != c.Driver || s.DType.String() != c.DType {
		t.Errorf("%s: got driver %s, dtype %v, want %s, %s", c.Spec, driver, s.DType, c.Driver, c.DType)
	}
	want := arrayview.Domain{Min: c.Domain.Min, Max: c.Domain.Max, ImplicitMin: c.Domain.ImplicitLower, ImplicitMax: c.Domain.ImplicitUpper, Labels: c.Domain.Labels}
	if got := st.Transform.Input; !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got domain %v, want %v", c.Spec, got, want)
	}
	if got := viewChunk(st); c.Chunk != nil && !slices.Equal(got, c.Chunk) {
		t.Errorf("%s: got chunk %v, want %v", c.Spec, got, c.Chunk)
	}
	if got := normalised(t, s.FillJSON); !reflect.DeepEqual(got, c.Fill) {
		t.Errorf("%s: got fill value %v, want %v", c.Spec, got, c.Fill)
	}
	if c.Units != nil {
		if got := normalised(t, drivers.UnitsJSON(s.Units)); !reflect.DeepEqual(got, any(c.Units)) {
			t.Errorf("%s: got units %v, want %v", c.Spec, got, c.Units)
		}
	}
}

// viewChunk returns the shape of chunks along the dimensions of the view.
func viewChunk(st *cache.State) []int64 {
	shape := make([]int64, st.Transform.Input.Rank())
	for o, m := range st.Transform.Output {
		if m.Kind == arrayview.MapInput {
			shape[m.Dim] = st.Schema.Chunk[o] / max(m.Stride, -m.Stride)
		}
	}
	return shape
}

// compareFiles looks at which documents came into being or vanished.
func (c *specCase) compareFiles(t *testing.T, before, after map[string]string) {
	created := map[string]any{}
	for name, text := range after {
		if before[name] == text {
			continue
		}
		var doc any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Errorf("%s: %s is not JSON: %v", c.Spec, name, err)
		}
		created[name] = doc
	}
	if want := normalised(t, c.Created); len(created) != len(c.Created) || len(created) > 0 && !reflect.DeepEqual(any(created), want) {
		t.Errorf("%s:\ncreated %v\nwant    %v", c.Spec, created, want)
	}
	var deleted []string
	for name := range before {
		if _, there := after[name]; !there {
			deleted = append(deleted, name)
		}
	}
	slices.Sort(deleted)
	slices.Sort(c.Deleted)
	if !slices.Equal(deleted, c.Deleted) {
		t.Errorf("%s: deleted %v, want %v", c.Spec, deleted, c.Deleted)
	}
}
