package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"tsmount/kvstore"
)

// scheme matches the beginning of a URL.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// specText reads SPEC as the command line has it. plain says that it was a URL
// or a path.
func specText(text string, stdin io.Reader) (doc document, plain bool, err error) {
	switch {
	case text == "":
		return document{}, false, badUsagef("SPEC is empty")
	case text == "-":
		doc, err = readDocument(stdin, "stdin")
	case strings.HasPrefix(strings.TrimSpace(text), "{"):
		doc, err = parseDocument([]byte(text), "spec")
	default:
		return specName(text)
	}
	return doc, doc.isURL(), err
}

// isURL reports whether the document is a string, which a spec can be.
func (d *document) isURL() bool {
	_, is := d.Value.(string)
	return is
}

// specName reads a SPEC that names something: a URL, a file with a spec, or a
// dataset on this machine.
func specName(text string) (doc document, plain bool, err error) {
	st, statErr := os.Stat(text)
	exists := !errors.Is(statErr, fs.ErrNotExist)
	switch {
	case strings.Contains(text, "://"), !exists && (scheme.MatchString(text) || strings.Contains(text, "|")):
		return document{Value: text}, true, nil
	case statErr != nil:
		return document{}, false, badUsage(withoutVerb(statErr))
	case st.IsDir():
		doc, err = localSpec(text)
		return doc, true, err
	case strings.HasSuffix(text, ".json"):
		doc, err = readFile(text)
		return doc, doc.isURL(), err
	}
	return document{}, false, badUsagef("%s: expected a directory, a file that ends in .json, or a URL", text)
}

// withoutVerb returns the error of a path without the system call that failed.
func withoutVerb(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// localSpec returns the spec of the directory at path.
func localSpec(path string) (document, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return document{}, err
	}
	store := map[string]any{"driver": "file", "path": kvstore.DirPath(abs)}
	return document{Source: path, Value: map[string]any{"driver": "auto", "kvstore": store}}, nil
}

// readFile reads a file that holds one JSON document.
func readFile(name string) (document, error) {
	f, err := os.Open(name)
	if err != nil {
		return document{}, badUsage(withoutVerb(err))
	}
	defer f.Close()
	return readDocument(f, name)
}

// contextText reads a context as the command line has it: JSON or a file.
func contextText(text string) (*document, error) {
	if text == "" {
		return nil, nil
	}
	var doc document
	var err error
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		doc, err = parseDocument([]byte(text), "--context")
	} else {
		doc, err = readFile(text)
	}
	if err != nil {
		return nil, err
	}
	return &doc, nil
}
