package file

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"tsmount/kvstore"
)

// lockSuffix ends the names of lock files and of values that are being written.
const lockSuffix = ".__lock"

// maxName is how long the name of a value may be: the lock file's must be a name
// too, of at most 255 bytes.
const maxName = 255 - len(lockSuffix)

// checkKey refuses keys that are not a path below the root.
func checkKey(key string) error {
	if why := badComponents(key); why != "" {
		return kvstore.BadKey(key, why)
	}
	return nil
}

// badComponents says what is wrong with a relative path, or "".
func badComponents(p string) string {
	if p == "" {
		return "a key is not empty"
	}
	if strings.IndexByte(p, 0) >= 0 {
		return "it contains NUL"
	}
	for more := true; more; {
		var name string
		name, p, more = strings.Cut(p, "/")
		switch {
		case name == "":
			return `it has an empty component ("//", or "/" at an end)`
		case name == "." || name == "..":
			return fmt.Sprintf("it has a component %q", name)
		case strings.HasSuffix(name, lockSuffix):
			return fmt.Sprintf("names that end in %q are lock files", lockSuffix)
		}
	}
	return ""
}

// checkName refuses keys that can be read as missing but never be written.
func checkName(key string) error {
	for name := range strings.SplitSeq(key, "/") {
		if len(name) > maxName {
			return kvstore.BadKey(key, fmt.Sprintf("a name is longer than %d bytes", maxName))
		}
	}
	return nil
}

// checkPath refuses paths of a spec. A backslash is a character like any other.
func checkPath(p string) error {
	rel := strings.TrimSuffix(strings.TrimPrefix(p, "/"), "/")
	if rel == "" && len(p) < 2 {
		return nil
	}
	if why := badComponents(rel); why != "" {
		return fmt.Errorf("invalid file path %q: %s", p, why)
	}
	return nil
}

// parseURL reads the part of a URL behind "file:".
func parseURL(scheme, rest string) (any, string, error) {
	hier, err := kvstore.HierPart(scheme, rest)
	if err != nil {
		return nil, "", err
	}
	host, _, _ := strings.Cut(hier, "/")
	if host == hier {
		return nil, "", errors.New("a file URL has an absolute path: file:///...")
	}
	if host != "" && host != "localhost" {
		return nil, "", fmt.Errorf("a file URL has no host, got %q", host)
	}
	p, err := kvstore.UnescapePath(hier[len(host):])
	if err != nil {
		return nil, "", err
	}
	return nil, normalise(p), nil
}

// normalise resolves "//", "." and ".." in an absolute path and keeps it in
// directory form if it was.
func normalise(p string) string {
	clean := path.Clean(p)
	if last := p[strings.LastIndexByte(p, '/')+1:]; last == "" || last == "." || last == ".." {
		return kvstore.DirPath(clean)
	}
	return clean
}

func formatURL(_ any, p string) (string, error) {
	if !strings.HasPrefix(p, "/") {
		return "", fmt.Errorf("the relative path %q has no URL", p)
	}
	return "file://" + kvstore.EscapePath(p, "@"), nil
}

// split returns the directory of a key, "" for the root, and the name in it.
func split(key string) (dir, name string) {
	i := strings.LastIndexByte(key, '/')
	return key[:max(i, 0)], key[i+1:]
}
