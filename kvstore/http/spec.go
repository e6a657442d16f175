package http

import (
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"strings"

	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/resources"
)

// config is what a spec says beside the path. The path begins with "/" or is
// empty; base has no "/" at its end.
type config struct {
	base    string   // scheme://authority and the part of the path that stays encoded
	query   string   // "" or what follows "?"
	headers []string // "Name: value"
}

// Driver returns the table entry of this store.
func Driver() kvstore.Driver {
	return kvstore.Driver{
		Name:          "http",
		Schemes:       []string{"https", "http"},
		Resources:     []string{resources.HTTPRequestConcurrency, resources.HTTPRequestRetries},
		ParseMembers:  parseMembers,
		FormatMembers: formatMembers,
		ParseURL:      parseURL,
		FormatURL:     formatURL,
		Open:          open,
	}
}

func open(_ context.Context, o kvstore.Opening) (kvstore.Store, error) {
	limiter, err := kvstore.Resource[*resources.Limiter](o, resources.HTTPRequestConcurrency)
	if err != nil {
		return nil, err
	}
	retries, err := kvstore.Resource[resources.Retries](o, resources.HTTPRequestRetries)
	if err != nil {
		return nil, err
	}
	c := o.Config.(config)
	header, err := parseHeaders(c.headers)
	if err != nil {
		return nil, err
	}
	s, err := New(c.base, Options{Requests: limiter, Header: header, Query: c.query})
	if err != nil {
		return nil, err
	}
	return kvstore.Prefixed(kvstore.Retry(s, kvstore.RetryPolicy(retries)), strings.TrimPrefix(o.Path, "/")), nil
}

func parseMembers(o kvstore.Members, path string) (any, string, error) {
	v, err := o.Need("base_url")
	if err != nil {
		return nil, "", err
	}
	url, err := v.Str()
	if err != nil {
		return nil, "", err
	}
	c, front, err := splitURL(url)
	switch {
	case err != nil:
		return nil, "", v.Errorf("invalid URL %q: %v", kvstore.RedactURL(url), err)
	case strings.HasPrefix(path, "/") && (len(front) > 1 || strings.Count(c.base, "/") > 2):
		return nil, "", v.Errorf("the URL has a path: then the member \"path\" must not begin with \"/\"")
	case path != "":
		path = strings.TrimSuffix(front, "/") + "/" + strings.TrimPrefix(path, "/")
	default:
		path = front
	}
	err = o.Optional("headers", c.takeHeaders)
	return c, path, err
}

func (c *config) takeHeaders(v strictjson.Value) error {
	list, err := v.Array()
	if err != nil {
		return err
	}
	for _, item := range list {
		text, err := item.Str()
		if err != nil {
			return err
		}
		if err := checkHeader(text); err != nil {
			return item.Errorf("expected a header, \"Name: value\": %v", err) // its text may be secret
		}
		c.headers = append(c.headers, text)
	}
	return nil
}

func formatMembers(conf any, redact bool) map[string]any {
	c := conf.(config)
	base, headers := c.base, c.headers
	if c.query != "" {
		base += "?" + c.query
	}
	if redact {
		base = kvstore.RedactURL(base)
		headers = nil
		for _, h := range c.headers {
			name, _, _ := strings.Cut(h, ":")
			headers = append(headers, name+": ...")
		}
	}
	members := map[string]any{"base_url": base}
	if len(headers) > 0 {
		members["headers"] = headers
	}
	return members
}

func parseURL(scheme, rest string) (any, string, error) {
	c, path, err := splitURL(scheme + ":" + rest)
	return c, path, err
}

// formatURL leaves the headers out, which have no place in a URL.
func formatURL(conf any, path string) (string, error) {
	c := conf.(config)
	url := c.base + kvstore.EscapePath(path, "")
	if c.query != "" {
		url += "?" + c.query
	}
	return url, nil
}

// splitURL takes from the path of a URL the end that decoding and encoding again
// restores: the part behind the last component with an encoded character that
// means something else when it is not.
func splitURL(url string) (c config, path string, err error) {
	scheme, rest, ok := strings.Cut(url, "://")
	switch {
	case !ok || scheme != "http" && scheme != "https":
		return c, "", errors.New(`it must begin with "http://" or "https://"`)
	case strings.Contains(rest, "#"):
		return c, "", errors.New(`a fragment ("#...") is not supported`)
	}
	rest, c.query, _ = strings.Cut(rest, "?")
	at := strings.IndexByte(rest, '/')
	if at < 0 {
		at = len(rest)
	}
	if at == 0 {
		return c, "", errors.New("it names no host")
	}
	cut := at
	for i := at; i < len(rest); i++ {
		if rest[i] == '%' && i+2 < len(rest) && isReserved(rest[i+1:i+3]) {
			if cut = strings.IndexByte(rest[i:], '/'); cut < 0 {
				cut = len(rest)
			} else {
				cut += i
			}
		}
	}
	c.base = scheme + "://" + rest[:cut]
	path, err = kvstore.UnescapePath(rest[cut:])
	return c, path, err
}

// isReserved reports whether the two hexadecimal digits are those of a reserved
// character of RFC 3986.
func isReserved(hex string) bool {
	s, err := kvstore.UnescapePath("%" + hex)
	return err == nil && len(s) == 1 && strings.Contains(":/?#[]@!$&'()*+,;=", s)
}

func checkHeader(text string) error {
	name, value, ok := strings.Cut(text, ":")
	switch {
	case !ok:
		return errors.New(`no ":"`)
	case name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) }):
		return fmt.Errorf("invalid name %q", name)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return fmt.Errorf("control character in the value of %q", name)
	}
	return nil
}

// isToken reports whether r may be part of a header's name (RFC 9110, 5.6.2).
func isToken(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func parseHeaders(list []string) (nethttp.Header, error) {
	header := nethttp.Header{}
	for _, text := range list {
		if err := checkHeader(text); err != nil {
			return nil, err
		}
		name, value, _ := strings.Cut(text, ":")
		header.Add(name, strings.TrimSpace(value))
	}
	return header, nil
}
