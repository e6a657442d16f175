package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A file is one Go file of the module.
type file struct {
	name  string // below the module's root
	room  string // its folder
	test  bool
	lines int
	set   *token.FileSet
	tree  *ast.File
}

// at says where a node of the file begins.
func (f *file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.name, f.set.Position(n.Pos()).Line)
}

// load parses the Go files of a module and returns its path, too. What the go
// command ignores is not part of it.
func load(t *testing.T, root fs.FS) (module string, files []*file) {
	t.Helper()
	mod, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^module\s+(\S+)`).FindSubmatch(mod)
	if match == nil {
		t.Fatal("go.mod names no module")
	}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ignored := name != "." && strings.ContainsAny(d.Name()[:1], "._"); d.IsDir() {
			if ignored || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		} else if ignored || path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f := &file{name: name, room: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), lines: bytes.Count(text, []byte("\n")), set: token.NewFileSet()}
		f.tree, err = parser.ParseFile(f.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(match[1]), files
}

// imports calls yield with each import of the file.
func (f *file) imports(yield func(at, path string)) {
	for _, spec := range f.tree.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			yield(f.at(spec), p)
		}
	}
}

// within reports whether the import path is prefix or below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// allowed reports whether a list of packages, files, and folders with a slash
// at the end has the file.
func (f *file) allowed(list []string) bool {
	for _, entry := range list {
		folder, isFolder := strings.CutSuffix(entry, "/")
		if entry == f.room || entry == f.name || isFolder && within(f.room, folder) {
			return true
		}
	}
	return false
}

// errnoNames returns the names of all errnos.
func errnoNames() map[string]bool {
	names := map[string]bool{"EWOULDBLOCK": true, "ENOTSUP": true, "EDEADLOCK": true}
	for n := range unix.Errno(256) {
		if name := unix.ErrnoName(n); name != "" {
			names[name] = true
		}
	}
	return names
}
