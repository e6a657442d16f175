package drivers_test

import (
	"strings"
	"testing"

	"tsmount/drivers"
)

func parseURL(t testing.TB, url string) *drivers.Spec {
	t.Helper()
	s, err := drivers.ParseURL(fakeTables(), url)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return s
}

func TestPipelineNamesStoreFormatAndPath(t *testing.T) {
	for _, c := range []struct{ url, driver, path, canonical string }{
		{"memory://a/|zarr2:", "zarr", "a/", "memory://a/|zarr2:"},
		{"memory://a|zarr:", "zarr", "a/", "memory://a/|zarr2:"},
		{"memory://a|zarr2", "zarr", "a/", "memory://a/|zarr2:"},
		{"memory://a|n5:s0/x%20y", "n5", "a/s0/x y/", "memory://a/s0/x%20y/|n5:"},
		{"memory://a|zarr3:/t", "zarr3", "a//t/", "memory://a//t/|zarr3:"},
		{"memory://|zarr3:t", "zarr3", "t/", "memory://t/|zarr3:"},
		{"memory://v/|neuroglancer-precomputed:", "neuroglancer_precomputed", "v/", "memory://v/|neuroglancer-precomputed:"},
		{"memory://a", "auto", "a", "memory://a|auto:"},
		{"memory://a%7Cb/|auto", "auto", "a|b/", "memory://a%7Cb/|auto:"},
		{"file:///data/a/../b|zarr3:", "zarr3", "/data/b/", "file:///data/b/|zarr3:"},
	} {
		s := parseURL(t, c.url)
		url, err := s.URL()
		if s.Driver != c.driver || s.KvStore.Path != c.path || url != c.canonical || err != nil {
			t.Errorf("%s: got %s, %q, %s, %v", c.url, s.Driver, s.KvStore.Path, url, err)
		}
		if again := parseURL(t, url); text(t, again.JSON(false)) != text(t, s.JSON(false)) {
			t.Errorf("%s: the canonical form means %s", c.url, text(t, again.JSON(false)))
		}
	}
}

func TestComponentsInTheWrongPlaceAreErrors(t *testing.T) {
	for url, want := range map[string]string{
		"":                                     "empty",
		"z2":                                   "no URL scheme",
		"zarr2:":                               "needs a key-value store before it",
		"auto:":                                "needs a key-value store before it",
		"memory://a|zarr3:|n5:":                "cannot follow an array",
		"memory://a|n5:|file:///x":             "cannot follow an array",
		"memory://a|n5:|zz:":                   "unknown URL scheme",
		"memory://a|file:///x":                 "cannot follow a key-value store",
		"memory://a|":                          "unknown URL scheme",
		"memory://a|zz:":                       `unknown URL scheme "zz" (known after a key-value store: auto, zarr2, zarr3, n5, neuroglancer-precomputed)`,
		"memory://a|neuroglancer_precomputed:": "unknown URL scheme",
		"memory://a|ZARR3:":                    "unknown URL scheme",
		"memory://a| zarr3:":                   "unknown URL scheme",
		"nope:///x":                            `"nope"`,
	} {
		if s, err := drivers.ParseURL(fakeTables(), url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want an error that contains %q", url, s, err, want)
		}
	}
}

func TestWhatFollowsASchemeIsAPathOnly(t *testing.T) {
	for url, want := range map[string]string{
		"memory://a|neuroglancer-precomputed:8_8_8": "nothing can follow",
		"memory://a|auto:x":                         "nothing can follow",
		"memory://a|zarr2:x?q":                      "query",
		"memory://a|zarr2:#f":                       "fragment",
		"memory://a|zarr2:%zz":                      "percent-encoding",
		"memory://a|zarr2:%ff":                      "UTF-8",
		"file:///a|zarr2:../b":                      "..",
	} {
		if s, err := drivers.ParseURL(fakeTables(), url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %+v, %v, want an error that contains %q", url, s, err, want)
		}
	}
}

func TestURLInASpecIsBlamedByItsPath(t *testing.T) {
	refuse(t, `"memory://a|zz:"`, "", "zz")
	refuse(t, `{"driver":"zarr","kvstore":"nope://x"}`, "kvstore", "nope")
	refuse(t, `{"driver":"zarr","kvstore":"memory://a|zarr2:"}`, "kvstore", "zarr2")
}

func TestSpecsThatAURLCannotName(t *testing.T) {
	for _, doc := range []string{`{KV,"field":"x"}`, `{KV,"metadata_key":"m"}`, `{"driver":"zarr","kvstore":{"driver":"file","path":"a b/"}}`} {
		if url, err := parse(t, doc).URL(); err == nil {
			t.Errorf("%s: got %s, want an error", doc, url)
		}
	}
	if url, err := parse(t, `{KV,"create":true,"transform":{"input_rank":1},"recheck_cached_data":false}`).URL(); url != "memory://a/|zarr2:" || err != nil {
		t.Errorf("flags, transform and rechecks: got %s, %v, want them left out", url, err)
	}
}
