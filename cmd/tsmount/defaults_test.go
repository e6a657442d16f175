package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestCreatedDocumentsAreTensorStores creates the arrays of the tables that
// TensorStore's defaults were written down in and compares the documents.
func TestCreatedDocumentsAreTensorStores(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "reference", "defaults.md"))
	if err != nil {
		t.Skipf("no table of defaults: %v", err)
	}
	driver, ran := "", 0
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "### "); ok {
			driver = strings.TrimSpace(name)
		}
		if strings.HasPrefix(line, "## ") {
			driver = ""
		}
		cells := tableCells(line)
		switch {
		case driver == "" || len(cells) < 3 || !strings.HasPrefix(cells[len(cells)-1], "{"):
			continue
		case driver == "with constraints":
			createAsTold(t, cells[0], cells[1], cells[2])
		default:
			createAsTold(t, driver, `{"dtype":"`+cells[0]+`","schema":{"domain":{"shape":`+cells[1]+`}}}`, cells[3])
		}
		ran++
	}
	if t.Logf("%d documents", ran); ran < 60 {
		t.Errorf("the tables have only %d rows", ran)
	}
}

// tableCells returns the cells of a row of a Markdown table, without the marks
// of code.
func tableCells(line string) []string {
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "| "), " |")
	cells := strings.Split(line, " | ")
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(strings.Trim(cell, "`"), `\|`, "|")
	}
	return cells
}

// createAsTold creates an array of a driver with further members of the spec.
func createAsTold(t *testing.T, driver, members, want string) {
	t.Helper()
	dir := t.TempDir()
	spec := map[string]any{}
	if err := json.Unmarshal([]byte(members), &spec); err != nil {
		t.Fatalf("%s: %v", members, err)
	}
	spec["driver"], spec["create"] = driver, true
	spec["kvstore"] = map[string]any{"driver": "file", "path": dir + "/"}
	spec["context"] = map[string]any{"file_io_sync": false}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := openSpec(t, string(text), false); err != nil {
		t.Errorf("%s %s: %v", driver, members, err)
		return
	}
	for name, got := range allFiles(t, dir) {
		if !reflect.DeepEqual(normalised(t, json.RawMessage(got)), normalised(t, json.RawMessage(want))) {
			t.Errorf("%s %s: %s is\n     %s\nwant %s", driver, members, name, got, want)
		}
	}
}
