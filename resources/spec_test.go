package resources

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheTypeOfAKeyIsTheTextBeforeTheFirstHash(t *testing.T) {
	h := newHouse()
	for _, key := range []string{"cache_pool", "cache_pool#a", "cache_pool#", "cache_pool#a#b", "cache_pool#x y2", "cache_pool##"} {
		s := h.spec(t, fmt.Sprintf(`{%q: {"total_bytes_limit": 5}}`, key))
		if !s.Has(key) {
			t.Errorf("%q is not defined", key)
		}
		if got := get[*pool](t, New(nil, s), key); got.cfg.Total != 5 {
			t.Errorf("%q: got %d, want 5", key, got.cfg.Total)
		}
	}
}

func TestMalformedContextsAreErrorsThatNameThePath(t *testing.T) {
	for doc, want := range map[string]string{
		`null`:                  "expected an object, got null",
		`[]`:                    "expected an object",
		`3`:                     "expected an object",
		`{"nope": {}}`:          `nope: "nope" is not a resource type (known: cache_pool, `,
		`{"nope#cache_pool":1}`: `nope#cache_pool: "nope" is not`,
		`{"": {}}`:              `[""]: "" is not a resource type`,
		`{"#a": {}}`:            `#a: "" is not a resource type`,
		`{"Cache_pool": {}}`:    `"Cache_pool" is not a resource type`,
		`{"cache_pool": 3}`:     "cache_pool: expected an object, got 3",
		`{"cache_pool": true}`:  "cache_pool: expected an object, got true",
		`{"cache_pool": [{}]}`:  "cache_pool: expected an object, got [{}]",
		`{"cache_pool": "pool"}`: `cache_pool: neither a reference ("cache_pool" or "cache_pool#id") nor a definition: ` +
			`expected an object, got "pool"`,
		`{"cache_pool": "data_copy_concurrency"}`:           "cache_pool: neither a reference",
		`{"cache_pool": {"x": 1}}`:                          "cache_pool.x: unknown member",
		`{"cache_pool#b": {"total_bytes_limit": -1}}`:       "cache_pool#b.total_bytes_limit: expected a whole number",
		`{"cache_pool": {"total_bytes_limit": "5"}}`:        "cache_pool.total_bytes_limit: ",
		`{"data_copy_concurrency": {"limit": 0}}`:           `data_copy_concurrency.limit: expected a whole number of at least 1, or "shared", got 0`,
		`{"data_copy_concurrency": {"limit": null}}`:        "data_copy_concurrency.limit: ",
		`{"data_copy_concurrency": {"limit": "Shared"}}`:    "data_copy_concurrency.limit: ",
		`{"data_copy_concurrency": {"limit": true}}`:        "data_copy_concurrency.limit: ",
		`{"data_copy_concurrency": {"limits": 1}}`:          "data_copy_concurrency.limits: unknown member (known: limit)",
		`{"file_io_sync": {}}`:                              "file_io_sync: expected true or false",
		`{"file_io_sync": "yes"}`:                           "file_io_sync: neither a reference",
		`{"file_io_locking": {"mode": "x"}}`:                `file_io_locking.mode: expected one of "os", "lockfile", "none", "non_atomic", got "x"`,
		`{"file_io_locking": "os"}`:                         "file_io_locking: neither a reference",
		`{"file_io_locking": {"acquire_timeout": 5}}`:       "file_io_locking.acquire_timeout: expected a duration",
		`{"s3_request_retries": {"max_retries": -1}}`:       "s3_request_retries.max_retries: ",
		`{"http_request_retries": {"initial_delay": "1"}}`:  "http_request_retries.initial_delay: expected a duration",
		`{"gcs_request_retries": {"retries": 1}}`:           "gcs_request_retries.retries: unknown member",
		`{"nest": {"pool": null}}`:                          "nest.pool: expected a definition or a reference, got null",
		`{"nest": {"pool": "nest"}}`:                        "nest.pool: neither a reference",
		`{"nest": {"peer": {"pool": {"y": 1}}}}`:            "nest.peer.pool.y: unknown member",
		`{"nest": {"peer": "nest#undefined", "colour": 1}}`: "nest.colour: unknown member",
	} {
		_, err := ParseSpec(newHouse().kinds, value(t, doc))
		if err == nil || !strings.HasPrefix(err.Error(), want) && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", doc, err, want)
		}
	}
}

func TestNothingIsBuiltByParsing(t *testing.T) {
	h := newHouse()
	c := h.chain(t, `{"cache_pool": {}, "cache_pool#a": "cache_pool#undefined", "nest": {"pool": {}}}`)[0]
	h.member(t, "cache_pool", `{"total_bytes_limit": 1}`)
	if h.built.Load() != 0 {
		t.Errorf("%d resources were built", h.built.Load())
	}
	c.Each(func(key string, _ any) { t.Errorf("%s was built", key) })
}

func TestTheCanonicalFormLeavesOutDefaults(t *testing.T) {
	h := newHouse()
	for doc, want := range map[string]string{
		`{}`: `{}`,
		`{"cache_pool": {"total_bytes_limit": 0}, "cache_pool#a": null, "cache_pool#b": "cache_pool#a"}`: `{"cache_pool": {}, "cache_pool#a": null, "cache_pool#b": "cache_pool#a"}`,
		`{"cache_pool": {"total_bytes_limit": 5.0}}`:                                                     `{"cache_pool": {"total_bytes_limit": 5}}`,
		`{"data_copy_concurrency": {"limit": "shared"}, "file_io_concurrency": {"limit": 3.0}}`:          `{"data_copy_concurrency": {}, "file_io_concurrency": {"limit": 3}}`,
		`{"file_io_sync": true, "file_io_sync#no": false}`:                                               `{"file_io_sync": true, "file_io_sync#no": false}`,
		`{"file_io_locking": {"mode": "os", "acquire_timeout": "60s"}}`:                                  `{"file_io_locking": {}}`,
		`{"file_io_locking": {"mode": "lockfile", "acquire_timeout": "1500ms"}}`:                         `{"file_io_locking": {"mode": "lockfile", "acquire_timeout": "1.5s"}}`,
		`{"s3_request_retries": {"max_retries": 0, "initial_delay": "1s", "max_delay": "90s"}}`:          `{"s3_request_retries": {"max_retries": 0, "max_delay": "1m30s"}}`,
		`{"nest": {"pool": "cache_pool"}, "nest#a": {"pool": {}, "peer": {"pool": "cache_pool#z"}}}`:     `{"nest": {}, "nest#a": {"pool": {}, "peer": {"pool": "cache_pool#z"}}}`,
	} {
		wantJSON(t, h.spec(t, doc).JSON(), want)
	}
	wantJSON(t, (*Spec)(nil).JSON(), `{}`)
}

func TestSecretsAreNotPrintedWhereverTheyStand(t *testing.T) {
	h := newHouse()
	s := h.spec(t, `{"nest": {"secret": "s1", "peer": {"secret": "s2"}}, "nest#plain": {}}`)
	wantJSON(t, s.Redacted(), `{"nest": {"secret": "***", "peer": {"secret": "***"}}, "nest#plain": {}}`)
	wantJSON(t, s.JSON(), `{"nest": {"secret": "s1", "peer": {"secret": "s2"}}, "nest#plain": {}}`)
	m := h.member(t, "nest", `{"secret": "s3"}`)
	wantJSON(t, m.Redacted(), `{"secret": "***"}`)
	wantJSON(t, m.JSON(), `{"secret": "s3"}`)
}

func TestSecretsAreNotPrintedByErrors(t *testing.T) {
	for _, doc := range []string{`"hush"`, `["hush"]`, `{"secret": ["hush"]}`, `{"peer": {"secret": {"hush": 1}}}`, `{"peer": "hush"}`} {
		_, err := ParseMember(newHouse().kinds, "nest", value(t, doc))
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v, want an error that keeps the secret", doc, err)
		}
	}
	_, err := ParseMember(newHouse().kinds, "nest", value(t, `{"pool": 3, "x": 1}`))
	wantError(t, err, "pool: expected an object, got 3")
}

func TestAContextHasABoundedNumberOfKeys(t *testing.T) {
	var b strings.Builder
	for i := range maxKeys {
		fmt.Fprintf(&b, `"cache_pool#%d": "cache_pool#%d",`, i, i+1)
	}
	h := newHouse()
	c := h.chain(t, `{`+strings.TrimSuffix(b.String(), ",")+`}`)[0]
	_, err := c.Bind(at("cache_pool#0"))
	wantError(t, err, fmt.Sprintf(`resource not defined: "cache_pool#%d"`, maxKeys))
	_, err = ParseSpec(h.kinds, value(t, `{`+b.String()+`"cache_pool": {}}`))
	wantError(t, err, "more than 1000 resources")
}
