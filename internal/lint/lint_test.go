package lint

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestHouse holds the rules against this module.
func TestHouse(t *testing.T) {
	module, files := load(t, os.DirFS("../.."))
	if len(files) < 20 {
		t.Fatalf("found only %d files", len(files))
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, offence := range rule.find(module, files) {
				t.Error(offence)
			}
		})
	}
}

// TestRulesFind shows each rule a module that breaks it, and one that hardly
// does not.
func TestRulesFind(t *testing.T) {
	long := strings.Repeat("\n", maxFunctionLines)
	tests := []struct {
		rule, file, text string
		want             string // part of the one offence; "" when there is none
	}{
		{"floors", "kvstore/a.go", `package kvstore; import "m/drivers"`, "kvstore/a.go:1: kvstore (floor 2) imports drivers (floor 5)"},
		{"floors", "kvstore/a.go", `package kvstore; import "m/resources"`, ""},
		{"floors", "kvstore/memory/a.go", `package memory; import "m/kvstore/file"`, "kvstore/memory/a.go:1: kvstore/memory (floor 3) imports kvstore/file (floor 3)"},
		{"floors", "kvstore/a_test.go", `package kvstore; import "m/kvstore/memory"`, ""},
		{"floors", "cache/a_test.go", `package cache; import "m/fusefs"`, "cache/a_test.go:1: cache (floor 9) imports fusefs (floor 11)"},
		{"floors", "cache/a_test.go", `package cache_test; import "m/cache"`, ""},
		{"floors", "cache/a.go", `package cache; import "m/util"`, "imports util, which is on no floor"},
		{"floors", "util/a.go", `package util`, "util/a.go: package util is on no floor"},
		{"privileges", "fusefs/tree/a.go", `package tree; import "github.com/hanwen/go-fuse/v2/fuse"`, "fusefs/tree/a.go:1: imports github.com/hanwen/go-fuse/v2/fuse: only fusefs"},
		{"privileges", "fusefs/a.go", `package fusefs; import "github.com/hanwen/go-fuse/v2/fuse"`, ""},
		{"privileges", "integration/a_test.go", `package integration; import "github.com/hanwen/go-fuse/v2/posixtest"`, ""},
		{"privileges", "cache/a.go", `package cache; import "net/http"`, "cache/a.go:1: imports net/http: above kvstore"},
		{"privileges", "kvstore/s3/a.go", `package s3; import "net/http"`, ""},
		{"privileges", "cache/a.go", `package cache; import "testing"`, "test code does not ship"},
		{"purity", "drivers/a.go", `package drivers; import "os"`, "drivers/a.go:1: drivers imports os, but is pure"},
		{"purity", "cache/a.go", `package cache; import "os"`, ""},
		{"errnos", "cache/a.go", "package cache\nvar e = syscall.EIO", "cache/a.go:2: syscall.EIO"},
		{"errnos", "fusefs/file.go", "package fusefs\nvar e = unix.ENOTSUP", "fusefs/file.go:2: unix.ENOTSUP"},
		{"errnos", "fusefs/errno.go", "package fusefs\nvar e = syscall.EIO", ""},
		{"errnos", "kvstore/file/a.go", "package file\nvar e = unix.EEXIST", ""},
		{"errnos", "cache/a.go", "package cache\nvar e, f = unix.EPOLLIN, syscall.Errno(0)", ""},
		{"comments", "cache/a.go", "package cache", "cache: package without a comment"},
		{"comments", "cache/a.go", "// Package cache is\npackage cache", ""},
		{"comments", "cache/a_test.go", "// Package cache is\npackage cache", "cache: package without a comment"},
		{"sizes", "cache/a.go", "package cache\n" + strings.Repeat("\n", maxFileLines), "cache/a.go: 601 lines"},
		{"sizes", "cache/a_test.go", "package cache\n" + strings.Repeat("\n", maxFileLines), ""},
		{"sizes", "cache/a.go", "package cache\nfunc long() {" + long + "}", "cache/a.go:2: long has 81 lines"},
		{"sizes", "cache/a.go", "package cache\nfunc long() {" + long[1:] + "}", ""},
	}
	for i, test := range tests {
		t.Run(fmt.Sprintf("%s/%d", test.rule, i), func(t *testing.T) {
			module, files := load(t, fstest.MapFS{
				"go.mod":               {Data: []byte("module m\n")},
				test.file:              {Data: []byte(test.text)},
				"testdata/ignored.go":  {Data: []byte("not Go")},
				".venv/lib/ignored.go": {Data: []byte("not Go")},
			})
			at := slices.IndexFunc(rules, func(r rule) bool { return r.name == test.rule })
			found := rules[at].find(module, files)
			switch {
			case test.want == "" && len(found) > 0:
				t.Errorf("got %q, want nothing", found)
			case test.want != "" && (len(found) != 1 || !strings.Contains(found[0], test.want)):
				t.Errorf("got %q, want one offence with %q", found, test.want)
			}
		})
	}
}

// TestPolicy finds mistakes in the policy itself.
func TestPolicy(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rooms {
		if seen[r.path] || r.what == "" || path.Clean(r.path) != r.path {
			t.Errorf("room %q: twice, unclean or without a purpose", r.path)
		}
		seen[r.path] = true
	}
	for _, name := range pure {
		if !seen[name] {
			t.Errorf("pure package %q is on no floor", name)
		}
	}
	for _, p := range privileges {
		if p.why == "" || len(p.only) == 0 {
			t.Errorf("privilege %q has no reason or no holder", p.prefix)
		}
	}
}
