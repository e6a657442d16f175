package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEverySentenceOfThePagesHasATest looks for each test that docs/PAGES.md
// names in the folder that it names.
func TestEverySentenceOfThePagesHasATest(t *testing.T) {
	text, err := os.ReadFile("../docs/PAGES.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("^\\| \\*\\*(P-[A-Z]+-[0-9]+)\\*\\* \\| .+ \\| (.*) \\|$")
	test := regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9_]+|Fuzz[A-Za-z0-9_]+)`")
	seen, code := map[string]bool{}, map[string]string{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| **") {
			continue
		}
		cells := row.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil {
			t.Errorf("not a row: %s", line)
			continue
		}
		if seen[cells[1]] {
			t.Errorf("%s stands in the table twice", cells[1])
		}
		seen[cells[1]] = true
		names := test.FindAllStringSubmatch(cells[2], -1)
		if len(names) == 0 {
			t.Errorf("%s names no test", cells[1])
		}
		for _, name := range names {
			if code[name[1]] == "" {
				code[name[1]] = testsOf(t, name[1])
			}
			if !strings.Contains(code[name[1]], "\nfunc "+name[2]+"(") {
				t.Errorf("%s: there is no test %s.%s", cells[1], name[1], name[2])
			}
		}
	}
	if len(seen) == 0 {
		t.Error("the table has no rows")
	}
}

// testsOf returns the text of all tests in a folder.
func testsOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		all.WriteString("\n")
		all.Write(readFile(t, file))
	}
	return all.String()
}
