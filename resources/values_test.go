package resources

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"
)

func TestSharedIsOneLimiterPerKindAndProcess(t *testing.T) {
	h := newHouse()
	seen := map[*Limiter]bool{}
	for name, want := range map[string]int{
		DataCopyConcurrency: runtime.GOMAXPROCS(0), FileIOConcurrency: max(4, runtime.GOMAXPROCS(0)),
		HTTPRequestConcurrency: 32, S3RequestConcurrency: 32, GCSRequestConcurrency: 32,
	} {
		a := get[*Limiter](t, h.chain(t, `{}`)[0], name)
		b := get[*Limiter](t, h.chain(t, fmt.Sprintf(`{%q: {"limit": "shared"}}`, name))[0], name)
		c := get[*Limiter](t, h.chain(t, `{}`, fmt.Sprintf(`{%q: null}`, name))[1], name)
		if a != b || a != c || a.Limit() != want || a.Name() != name {
			t.Errorf("%s: got %d, %d, %d, want one limiter of %d", name, a.Limit(), b.Limit(), c.Limit(), want)
		}
		seen[a] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d limiters for 5 kinds", len(seen))
	}
}

func TestALimitOfItsOwnIsALimiterOfItsOwn(t *testing.T) {
	h := newHouse()
	c := h.chain(t, `{"file_io_concurrency": {"limit": 2}, "file_io_concurrency#b": {"limit": 2}, "file_io_concurrency#c": {"limit": 18446744073709551615}}`)[0]
	a, b := get[*Limiter](t, c, "file_io_concurrency"), get[*Limiter](t, c, "file_io_concurrency#b")
	if a == b || a.Limit() != 2 || b.Limit() != 2 {
		t.Errorf("got %d and %d, want two limiters of 2", a.Limit(), b.Limit())
	}
	if got := get[*Limiter](t, c, "file_io_concurrency#c").Limit(); got != math.MaxInt {
		t.Errorf("got %d", got)
	}
}

func TestConfigurationComparesByValue(t *testing.T) {
	h := newHouse()
	doc := `{"file_io_sync": false, "file_io_locking": {"mode": "lockfile", "acquire_timeout": "1m"}, "s3_request_retries": {"max_retries": 2}}`
	one, two := h.chain(t, doc)[0], h.chain(t, doc)[0]
	for _, kind := range []string{FileIOSync, FileIOLocking, S3RequestRetries} {
		if get[any](t, one, kind) != get[any](t, two, kind) {
			t.Errorf("%s: equal definitions differ", kind)
		}
	}
	if get[FileSync](t, one, FileIOSync) {
		t.Error("file_io_sync: got true")
	}
	if got, want := get[FileLocking](t, one, FileIOLocking), (FileLocking{LockFile, time.Minute}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := get[Retries](t, one, S3RequestRetries), (Retries{2, time.Second, 32 * time.Second}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDefaultsOfConfiguration(t *testing.T) {
	c := newHouse().chain(t, `{"file_io_locking": {}}`)[0]
	if !get[FileSync](t, c, FileIOSync) {
		t.Error("file_io_sync: got false")
	}
	if got, want := get[FileLocking](t, c, FileIOLocking), (FileLocking{LockOS, time.Minute}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, kind := range []string{HTTPRequestRetries, GCSRequestRetries} {
		if got, want := get[Retries](t, c, kind), (Retries{32, time.Second, 32 * time.Second}); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestABareValueIsADefinitionAlsoAsAMember(t *testing.T) {
	h := newHouse()
	got, err := Get[FileSync](h.chain(t, `{}`)[0], h.member(t, FileIOSync, `false`))
	if err != nil || got {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = h.chain(t, `{"file_io_sync": "file_io_sync#a"}`)[0].Bind(at("file_io_sync"))
	wantError(t, err, `resource not defined: "file_io_sync#a"`)
}

func TestDurationsAreTextWithUnits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1.5s": 1500 * time.Millisecond, "1m30s": 90 * time.Second, "1h2m3.5s": 3723500 * time.Millisecond,
		"2ns": 2, "3us": 3 * time.Microsecond, "4ms": 4 * time.Millisecond, "0s": 0, "48h": 48 * time.Hour,
		"1h5s": time.Hour + 5*time.Second, "1h500ms": time.Hour + 500*time.Millisecond, "1.5us": 1500,
	} {
		if d, err := ParseDuration(value(t, fmt.Sprintf("%q", text))); err != nil || d != want {
			t.Errorf("%s: got %v, %v, want %v", text, d, err, want)
		}
		if got := durationText(want); got != text {
			t.Errorf("got %s, want %s", got, text)
		}
	}
	for _, bad := range []string{`1`, `"1"`, `"1d"`, `""`, `"-1s"`, `" 1s"`, `"1 s"`, `null`, `true`, `"1µs"`, `"99999999999h"`, `"inf"`} {
		if d, err := ParseDuration(value(t, bad)); err == nil {
			t.Errorf("%s: got %v, want an error", bad, d)
		}
	}
}
