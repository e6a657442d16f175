package kvstore

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// EscapePath encodes a path for a URL as TensorStore does: unreserved
// characters, sub-delimiters, ":" and "/" stay, and so do the bytes of also.
func EscapePath(path, also string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(path))
	for i := 0; i < len(path); i++ {
		if c := path[i]; plain(c) || strings.IndexByte(also, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=:/", c) >= 0
}

// UnescapePath decodes %XX. The result is valid UTF-8 without NUL, which no
// store could tell from the end of a name.
func UnescapePath(s string) (string, error) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			hi, lo := -1, -1
			if i+2 < len(s) {
				hi, lo = unhex(s[i+1]), unhex(s[i+2])
			}
			if hi < 0 || lo < 0 {
				return "", fmt.Errorf("invalid percent-encoding at byte %d of %q", i, s)
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		if c == 0 {
			return "", fmt.Errorf("NUL in %q", s)
		}
		b = append(b, c)
	}
	if !utf8.Valid(b) {
		return "", fmt.Errorf("%q does not decode to valid UTF-8", s)
	}
	return string(b), nil
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// HierPart returns what follows "//" in the part of a URL behind "scheme:",
// which has no query and no fragment. It is still encoded.
func HierPart(scheme, rest string) (string, error) {
	hier, ok := strings.CutPrefix(rest, "//")
	switch {
	case !ok:
		return "", fmt.Errorf("the URL must begin with %q", scheme+"://")
	case strings.Contains(hier, "?"):
		return "", errors.New(`a query ("?...") is not supported`)
	case strings.Contains(hier, "#"):
		return "", errors.New(`a fragment ("#...") is not supported`)
	}
	return hier, nil
}

// RedactURL removes what may be secret from a URL that goes into a message:
// user information, the query and the fragment.
func RedactURL(url string) string {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i+1] + "..."
	}
	start := strings.Index(url, "://")
	if start < 0 {
		return url
	}
	start += len("://")
	end := len(url)
	if i := strings.IndexByte(url[start:], '/'); i >= 0 {
		end = start + i
	}
	if at := strings.LastIndexByte(url[start:end], '@'); at >= 0 {
		url = url[:start] + "..." + url[start+at:]
	}
	return url
}
