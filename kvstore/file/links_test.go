package file_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tsmount/kvstore"
	"tsmount/kvstore/file"
)

// both runs test on a store with and one without openat2.
func both(t *testing.T, test func(t *testing.T, dir string, s *file.Store)) {
	for _, plain := range []bool{false, true} {
		name := "openat2"
		if plain {
			name = "os.Root"
		}
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "root")
			s := open(t, dir, file.Options{})
			if plain {
				s = s.WithoutOpenat2()
			}
			test(t, dir, s)
		})
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s kvstore.Store, key string, opt kvstore.ReadOptions) kvstore.ReadResult {
	t.Helper()
	res, err := s.Read(t.Context(), key, opt)
	if err != nil {
		t.Fatalf("Read(%q): %v", key, err)
	}
	return res
}

func write(t *testing.T, s kvstore.Store, key, value string, opt kvstore.WriteOptions) kvstore.Generation {
	t.Helper()
	stamp, err := s.Write(t.Context(), key, []byte(value), opt)
	if err != nil {
		t.Fatalf("Write(%q): %v", key, err)
	}
	return stamp.Generation
}

func wantValue(t *testing.T, s kvstore.Store, key, value string) {
	t.Helper()
	if res := read(t, s, key, kvstore.ReadOptions{}); res.State != kvstore.Present || string(res.Value) != value {
		t.Errorf("%q: got state %v and value %q, want %q", key, res.State, res.Value, value)
	}
}

func listed(t *testing.T, s kvstore.Store, opt kvstore.ListOptions) string {
	t.Helper()
	var keys []string
	for e, err := range s.List(t.Context(), opt) {
		if err != nil {
			t.Fatalf("List(%+v): %v", opt, err)
		}
		if e.Dir {
			e.Key += "/"
		}
		keys = append(keys, e.Key)
	}
	return strings.Join(keys, " ")
}

// Nothing outside the root is reached through a link, neither read nor written,
// and never called missing.
func TestLinksOut(t *testing.T) {
	both(t, func(t *testing.T, dir string, s *file.Store) {
		outside := filepath.Join(filepath.Dir(dir), "outside")
		put(t, filepath.Join(outside, "secret"), "secret")
		link(t, filepath.Join(outside, "secret"), filepath.Join(dir, "absolute"))
		link(t, "../outside/secret", filepath.Join(dir, "relative"))
		link(t, outside, filepath.Join(dir, "dir"))
		link(t, "relative", filepath.Join(dir, "twice"))
		link(t, "../root/../outside", filepath.Join(dir, "round"))
		for _, key := range []string{"absolute", "relative", "dir/secret", "twice", "round/secret", "dir/none"} {
			for _, opt := range []kvstore.ReadOptions{{}, {StatOnly: true}, {IfNotEqual: kvstore.Absent}} {
				res, err := s.Read(t.Context(), key, opt)
				if !errors.Is(err, fs.ErrPermission) {
					t.Errorf("Read(%q, %+v): got %+v, %v, want ErrPermission", key, opt, res, err)
				}
			}
		}
		for _, key := range []string{"dir/new", "dir/secret", "round/new"} {
			if _, err := s.Write(t.Context(), key, []byte("x"), kvstore.WriteOptions{}); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("Write(%q): got %v, want ErrPermission", key, err)
			}
			if _, err := s.Delete(t.Context(), key, kvstore.WriteOptions{}); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("Delete(%q): got %v, want ErrPermission", key, err)
			}
		}
		if got := listed(t, s, kvstore.ListOptions{}); got != "absolute dir relative round twice" {
			t.Errorf("List: got %q", got)
		}
		for _, err := range s.List(t.Context(), kvstore.ListOptions{Prefix: "dir/"}) {
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("List behind a link: got error %v, want ErrPermission", err)
			}
		}
		// A link in a value's place is replaced, not followed.
		write(t, s, "relative", "mine", kvstore.WriteOptions{})
		wantValue(t, s, "relative", "mine")
		if b, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(b) != "secret" {
			t.Errorf("the file outside: %q, %v", b, err)
		}
		if names, _ := os.ReadDir(outside); len(names) != 1 {
			t.Errorf("outside there are now %v", names)
		}
	})
}

// Links that stay inside lead where they lead.
func TestLinksInside(t *testing.T) {
	both(t, func(t *testing.T, dir string, s *file.Store) {
		put(t, filepath.Join(dir, "a/b"), "value")
		link(t, "a/b", filepath.Join(dir, "file"))
		link(t, "a", filepath.Join(dir, "dir"))
		link(t, "../dir/../a", filepath.Join(dir, "x/up"))
		link(t, "nowhere", filepath.Join(dir, "dangling"))
		for _, key := range []string{"file", "dir/b", "x/up/b"} {
			wantValue(t, s, key, "value")
			g := read(t, s, key, kvstore.ReadOptions{}).Stamp.Generation
			if _, err := s.Read(t.Context(), key, kvstore.ReadOptions{IfEqual: g}); err != nil {
				t.Error(err)
			}
		}
		if res := read(t, s, "dangling", kvstore.ReadOptions{}); res.State != kvstore.Missing {
			t.Errorf("a dangling link: got %+v, want Missing", res)
		}
		if got := listed(t, s, kvstore.ListOptions{}); got != "a/b file" {
			t.Errorf("List: got %q", got)
		}
		if got := listed(t, s, kvstore.ListOptions{Delimiter: true}); got != "a/ dir/ file x/" {
			t.Errorf("List of one level: got %q", got)
		}
		g := read(t, s, "file", kvstore.ReadOptions{}).Stamp.Generation
		write(t, s, "file", "own", kvstore.WriteOptions{IfEqual: g})
		wantValue(t, s, "file", "own")
		wantValue(t, s, "a/b", "value")
	})
}

// The root may be reached through links; equal places have equal identities.
func TestRootThroughLink(t *testing.T) {
	both(t, func(t *testing.T, dir string, s *file.Store) {
		alias := filepath.Join(filepath.Dir(dir), "alias")
		write(t, s, "a/b", "one", kvstore.WriteOptions{})
		link(t, "root", alias)
		through := open(t, alias+"/a", file.Options{})
		wantValue(t, through, "b", "one")
		write(t, through, "b", "two", kvstore.WriteOptions{})
		wantValue(t, s, "a/b", "two")
		if got := listed(t, through, kvstore.ListOptions{}); got != "b" {
			t.Errorf("List: got %q", got)
		}
		if a, b := through.Identity(), open(t, dir+"/a", file.Options{}).Identity(); a != b {
			t.Errorf("got identities %q and %q", a, b)
		}
		other := filepath.Join(filepath.Dir(dir), "other")
		put(t, filepath.Join(other, "a/b"), "elsewhere")
		if err := os.Remove(alias); err != nil {
			t.Fatal(err)
		}
		link(t, "other", alias)
		wantValue(t, through, "b", "elsewhere")
	})
}

// A root that is replaced is seen at once, also when it is back as another.
func TestRootReplaced(t *testing.T) {
	both(t, func(t *testing.T, dir string, s *file.Store) {
		if res := read(t, s, "a", kvstore.ReadOptions{}); res.State != kvstore.Missing {
			t.Errorf("no root: got %+v", res)
		}
		if got := listed(t, s, kvstore.ListOptions{}); got != "" {
			t.Errorf("no root: got %q", got)
		}
		write(t, s, "a", "one", kvstore.WriteOptions{})
		if err := os.Rename(dir, dir+".old"); err != nil {
			t.Fatal(err)
		}
		if res := read(t, s, "a", kvstore.ReadOptions{}); res.State != kvstore.Missing {
			t.Errorf("root moved away: got %+v", res)
		}
		put(t, filepath.Join(dir, "a"), "two")
		wantValue(t, s, "a", "two")
	})
}

// Only regular files are values: a directory is a missing one, all else an error
// that comes at once.
func TestNotRegular(t *testing.T) {
	both(t, func(t *testing.T, dir string, s *file.Store) {
		put(t, filepath.Join(dir, "dir/x"), "x")
		if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(dir, "v.__lock"), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, opt := range []kvstore.ReadOptions{{}, {StatOnly: true}} {
			if res := read(t, s, "dir", opt); res.State != kvstore.Missing {
				t.Errorf("a directory: got %+v, want Missing", res)
			}
			if res := read(t, s, "dir/x/y", opt); res.State != kvstore.Missing {
				t.Errorf("below a value: got %+v, want Missing", res)
			}
			_, err := s.Read(t.Context(), "fifo", opt)
			if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("a FIFO: got error %v", err)
			}
		}
		if _, err := s.Write(t.Context(), "v", []byte("x"), kvstore.WriteOptions{}); err == nil {
			t.Error("a FIFO as the lock file was accepted")
		}
		for _, key := range []string{"dir", "dir/x/y"} {
			if _, err := s.Write(t.Context(), key, []byte("x"), kvstore.WriteOptions{}); !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("Write(%q): got error %v, want ErrInvalid", key, err)
			}
			if _, err := s.Delete(t.Context(), key, kvstore.WriteOptions{}); err != nil {
				t.Errorf("Delete(%q): %v", key, err)
			}
		}
		if got := listed(t, s, kvstore.ListOptions{}); got != "dir/x fifo" {
			t.Errorf("List: got %q", got)
		}
	})
}

// What may not be read is an error, never missing.
func TestPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	both(t, func(t *testing.T, dir string, s *file.Store) {
		put(t, filepath.Join(dir, "a"), "x")
		if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(context.Background(), "a", kvstore.ReadOptions{}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got error %v, want ErrPermission", err)
		}
	})
}
