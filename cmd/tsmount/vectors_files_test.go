package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readVectors reads a file of cases that were made with TensorStore; see its
// member "format".
func readVectors(t testing.TB, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "reference", "vectors", name))
	if err != nil {
		t.Skipf("no vectors: %v", err)
	}
	text = bytes.ReplaceAll(text, []byte(": NaN"), []byte(`: "NaN"`)) // Python's JSON
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// writeVectorFile makes a file whose content is a text or {"hex": ...}.
func writeVectorFile(t *testing.T, path string, content json.RawMessage) {
	t.Helper()
	var text string
	if json.Unmarshal(content, &text) != nil {
		var coded struct{ Hex string }
		if err := json.Unmarshal(content, &coded); err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(coded.Hex)
		if err != nil {
			t.Fatal(err)
		}
		text = string(raw)
	}
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// allFiles returns the contents of the files below dir.
func allFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// normalised returns v as JSON gives it back.
func normalised(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
