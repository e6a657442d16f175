package drivers

import (
	"errors"
	"fmt"
	"strings"

	"tsmount/internal/strictjson"
	"tsmount/kvstore"
)

// URLChecker is an optional power of Members: to say that they choose something
// that a URL cannot name (a field, a scale, another metadata document).
type URLChecker interface {
	// CheckURL returns nil when a URL leads to the same array.
	CheckURL() error
}

// noPath are the schemes that nothing follows.
var noPath = map[string]bool{Auto: true, "neuroglancer-precomputed": true}

// schemeOf returns the URL scheme of a driver.
func schemeOf(driver string) string {
	if driver == "zarr" {
		return "zarr2"
	}
	return strings.ReplaceAll(driver, "_", "-")
}

// formatByScheme returns the format of a URL scheme, or nil. "zarr" is an alias
// of "zarr2" here as in the JSON of a spec.
func formatByScheme(formats []Format, scheme string) Format {
	for _, f := range formats {
		if scheme == schemeOf(f.Name()) || scheme == f.Name() && scheme == "zarr" {
			return f
		}
	}
	return nil
}

// ParseURL reads a URL pipeline: the URL of a key-value store, "|", and the
// scheme of a format with a path below the store's, as in
// "file:///data/|zarr2:a/b". Without a format it stands for "auto:".
func ParseURL(tables Tables, text string) (*Spec, error) {
	if text == "" {
		return nil, errors.New("the URL is empty")
	}
	parts := strings.Split(text, "|")
	scheme, _, ok := strings.Cut(parts[0], ":")
	switch {
	case !ok && len(parts) == 1:
		return nil, fmt.Errorf("%q has no URL scheme such as %q", kvstore.RedactURL(text), "file://")
	case isArrayScheme(tables, scheme):
		return nil, fmt.Errorf("%q needs a key-value store before it", scheme+":")
	}
	kv, err := kvstore.ParseURL(tables.Stores, tables.Kinds, parts[0])
	if err != nil {
		return nil, err
	}
	s := newSpec()
	s.KvStore = kv
	if len(parts) == 1 {
		return s, nil
	}
	if err := s.applyURL(tables, parts[1]); err != nil {
		return nil, fmt.Errorf("invalid URL component %q: %w", kvstore.RedactURL(parts[1]), err)
	}
	if len(parts) > 2 {
		return nil, afterArray(tables, parts[2])
	}
	return s, nil
}

// isArrayScheme reports whether scheme is that of a format or of detection.
func isArrayScheme(t Tables, scheme string) bool {
	return scheme == Auto || formatByScheme(t.Formats, scheme) != nil
}

// afterArray returns the error for a component that follows an array.
func afterArray(t Tables, component string) error {
	scheme, _, _ := strings.Cut(component, ":")
	_, err := t.Stores.LookupScheme(scheme)
	if err == nil || isArrayScheme(t, scheme) {
		return fmt.Errorf("%q cannot follow an array", scheme+":")
	}
	return unknownScheme(t, scheme)
}

func unknownScheme(t Tables, scheme string) error {
	known := []string{Auto}
	for _, f := range t.Formats {
		known = append(known, schemeOf(f.Name()))
	}
	return fmt.Errorf("unknown URL scheme %q (known after a key-value store: %s)", kvstore.RedactURL(scheme), strings.Join(known, ", "))
}

// applyURL takes the component that names the format.
func (s *Spec) applyURL(t Tables, component string) error {
	scheme, rest, _ := strings.Cut(component, ":")
	f := formatByScheme(t.Formats, scheme)
	if f == nil && scheme != Auto {
		if _, err := t.Stores.LookupScheme(scheme); err == nil {
			return fmt.Errorf("%q cannot follow a key-value store", scheme+":")
		}
		return unknownScheme(t, scheme)
	}
	sub, err := urlPath(scheme, rest)
	if err != nil || f == nil {
		return err
	}
	s.Driver, s.Format = f.Name(), f
	if s.KvStore, err = below(s.KvStore, sub, false); err != nil {
		return err
	}
	s.Members, err = noMembers(f)
	return err
}

// urlPath reads the path that follows the scheme of a format.
func urlPath(scheme, rest string) (string, error) {
	switch {
	case strings.Contains(rest, "?"):
		return "", errors.New(`a query ("?...") is not supported`)
	case strings.Contains(rest, "#"):
		return "", errors.New(`a fragment ("#...") is not supported`)
	case rest != "" && noPath[schemeOf(scheme)]:
		return "", fmt.Errorf("nothing can follow %q", scheme+":")
	}
	return kvstore.UnescapePath(rest)
}

// URL returns the canonical URL pipeline. Flags, bounds, the transform, the
// schema and resources have no place in it and are left out; what chooses
// another array than the URL would is an error.
func (s *Spec) URL() (string, error) {
	if c, ok := s.Members.(URLChecker); ok {
		if err := c.CheckURL(); err != nil {
			return "", err
		}
	}
	base, err := s.KvStore.URL()
	if err != nil {
		return "", err
	}
	return base + "|" + schemeOf(s.Driver) + ":", nil
}

// noMembers returns the members of a spec that has none of the format's own.
func noMembers(f Format) (Members, error) {
	o, err := strictjson.Of(map[string]any{}, "", "").Object()
	if err != nil {
		return nil, err
	}
	return f.Members(o)
}
