package drivers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// vectors reads a file of cases that were made with TensorStore; see its member
// "format".
func vectors[T any](t testing.TB, name string) []T {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "reference", "vectors", name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no vectors: %v", err)
	}
	data = bytes.ReplaceAll(data, []byte(": NaN"), []byte(": null")) // Python's JSON
	var file struct {
		Cases []T `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

type specCase struct {
	Name, Outcome, Stage, Member, Text string
	Spec                               json.RawMessage
}

// outside tells why a case is not for this package: a driver that is not in the
// table, or a rule of one format. Empty: it is.
func (c *specCase) outside() string {
	var head struct{ Driver string }
	_ = json.Unmarshal(c.Spec, &head)
	if head.Driver == "array" {
		return "driver array"
	}
	first, _, _ := strings.Cut(c.Member, ".")
	byFormat := c.Member == "" && head.Driver != "" && head.Driver != drivers.Auto
	if c.Outcome == "error" && c.Stage == "parse" && (byFormat || first == "metadata" || strings.HasPrefix(first, "scale_")) {
		return "rule of " + head.Driver
	}
	return ""
}

func (c *specCase) run(t *testing.T) {
	doc := strings.ReplaceAll(string(c.Spec), "DATA", "/data")
	v := value(t, doc)
	s, err := drivers.ParseSpec(fakeTables(), v)
	switch {
	case c.Outcome != "error":
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			return
		}
		first := text(t, s.JSON(false))
		if second := text(t, parse(t, first).JSON(false)); first != second {
			t.Errorf("%s: %s parses to %s", doc, first, second)
		}
	case strings.Contains(c.Text, "Cannot specify an open mode"):
		if err == nil {
			t.Errorf("%s: got no error, want one about the open mode", doc)
		}
	case c.Stage == "parse":
		var e *strictjson.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Path, c.Member) {
			t.Errorf("%s: got %v, want an error about %q", doc, err, c.Member)
		}
	}
}

func TestSpecVectors(t *testing.T) {
	ran, skipped := 0, map[string]int{}
	for _, c := range vectors[specCase](t, "specs.json") {
		if why := c.outside(); why != "" {
			skipped[why]++
			continue
		}
		ran++
		t.Run(c.Name, c.run)
	}
	t.Logf("%d cases ran, skipped: %v", ran, skipped)
}

type urlCase struct {
	Name, Direction, As, Outcome, URL string
	Optional                          bool
	Input, JSON                       json.RawMessage
}

// outside tells which store or driver of the case is not in the tables.
func (c *urlCase) outside() string {
	if c.Optional {
		return "optional"
	}
	input := string(c.Input)
	for _, known := range []struct {
		store string
		signs []string
	}{
		{"http", []string{`"http:/`, `"https:/`, `"http"`}}, {"s3", []string{`"s3:/`, `"s3"`}},
		{"gcs", []string{`"gs:/`, `"gcs"`}}, {"array", []string{`"array"`}},
	} {
		if slices.ContainsFunc(known.signs, func(s string) bool { return strings.Contains(input, s) }) {
			return known.store
		}
	}
	return ""
}

func (c *urlCase) run(t *testing.T) {
	s, err := drivers.ParseSpec(fakeTables(), value(t, string(c.Input)))
	var url string
	if err == nil && c.As == "kvstore" {
		url, err = s.KvStore.URL()
	} else if err == nil {
		url, err = s.URL()
	}
	switch {
	case c.Outcome == "error":
		if err == nil {
			t.Errorf("%s: got %s, want an error", c.Input, url)
		}
		return
	case err != nil || url != c.URL:
		t.Errorf("%s: got %s, %v, want %s", c.Input, url, err, c.URL)
		return
	}
	var want map[string]any
	if err := json.Unmarshal(c.JSON, &want); err != nil {
		t.Fatal(err)
	}
	if want["driver"] == "neuroglancer_precomputed" {
		delete(want, "transform") // what the real format knows of its domain
	}
	got := s.JSON(false)
	if c.As == "kvstore" {
		got = s.KvStore.JSON(false)
	}
	if text(t, got) != text(t, want) {
		t.Errorf("%s: got  %s\nwant %s", c.Input, text(t, got), text(t, want))
	}
}

func TestURLVectors(t *testing.T) {
	ran, skipped := 0, map[string]int{}
	for _, c := range vectors[urlCase](t, "urls.json") {
		if why := c.outside(); why != "" {
			skipped[why]++
			continue
		}
		ran++
		t.Run(c.Name, c.run)
	}
	t.Logf("%d cases ran, skipped: %v", ran, skipped)
}
