package lint

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// A rule returns the offenders, one line each.
type rule struct {
	name string
	find func(module string, files []*file) []string
}

// rules are what the house demands.
var rules = []rule{
	{"floors", floors},
	{"privileges", privileged},
	{"purity", purity},
	{"errnos", errnos},
	{"comments", comments},
	{"sizes", sizes},
}

// floors finds imports that do not go down, and packages without a floor. A test
// may import what it needs from any floor but the last three: whoever tests
// with a mount does so in integration.
func floors(module string, files []*file) (found []string) {
	level, homeless := map[string]int{}, map[string]bool{}
	for _, r := range rooms {
		level[r.path] = r.floor
	}
	for _, f := range files {
		own, known := level[f.room]
		if !known {
			if !homeless[f.room] {
				found = append(found, fmt.Sprintf("%s: package %s is on no floor: add it to rooms", f.name, f.room))
			}
			homeless[f.room] = true
			continue
		}
		f.imports(func(at, path string) {
			to, ours := strings.CutPrefix(path, module+"/")
			floor, known := level[to]
			switch {
			case !ours || to == f.room:
			case !known:
				found = append(found, fmt.Sprintf("%s: imports %s, which is on no floor", at, to))
			case f.test && floor < level["fusefs"]:
			case floor >= own:
				found = append(found, fmt.Sprintf("%s: %s (floor %d) imports %s (floor %d)", at, f.room, own, to, floor))
			}
		})
	}
	return found
}

// privileged finds imports from outside that the package has no right to.
func privileged(_ string, files []*file) (found []string) {
	for _, f := range files {
		f.imports(func(at, path string) {
			for _, p := range privileges {
				if within(path, p.prefix) && !(f.test && p.tests) && !f.allowed(p.only) {
					found = append(found, fmt.Sprintf("%s: imports %s: %s", at, path, p.why))
				}
			}
		})
	}
	return found
}

// purity finds imports by which a pure package could do more than compute.
func purity(_ string, files []*file) (found []string) {
	for _, f := range files {
		if f.test || !slices.Contains(pure, f.room) {
			continue
		}
		f.imports(func(at, path string) {
			for banned, why := range impure {
				if within(path, banned) {
					found = append(found, fmt.Sprintf("%s: %s imports %s, but is pure: %s", at, f.room, path, why))
				}
			}
		})
	}
	return found
}

// errnos finds errnos that are named outside the rooms where errors are numbers.
func errnos(_ string, files []*file) (found []string) {
	names := errnoNames()
	for _, f := range files {
		if f.test || f.allowed(errnoRooms) {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && names[s.Sel.Name] {
				if pkg, ok := s.X.(*ast.Ident); ok && (pkg.Name == "syscall" || pkg.Name == "unix") {
					found = append(found, fmt.Sprintf("%s: %s.%s: fusefs/errno.go alone turns errors into numbers", f.at(n), pkg.Name, s.Sel.Name))
				}
			}
			return true
		})
	}
	return found
}

// comments finds packages that do not say what they are.
func comments(_ string, files []*file) (found []string) {
	said := map[string]bool{}
	for _, f := range files {
		said[f.room] = said[f.room] || !f.test && f.tree.Doc != nil && strings.TrimSpace(f.tree.Doc.Text()) != ""
	}
	for room, ok := range said {
		if !ok {
			found = append(found, room+": package without a comment: add a doc.go that states its laws")
		}
	}
	slices.Sort(found)
	return found
}

// sizes finds files and functions that are too long. Tests may be longer.
func sizes(_ string, files []*file) (found []string) {
	for _, f := range files {
		if f.test {
			continue
		}
		if f.lines > maxFileLines {
			found = append(found, fmt.Sprintf("%s: %d lines, more than %d", f.name, f.lines, maxFileLines))
		}
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > maxFunctionLines {
				found = append(found, fmt.Sprintf("%s: %s has %d lines, more than %d", f.at(fn), fn.Name.Name, n, maxFunctionLines))
			}
		}
	}
	return found
}
