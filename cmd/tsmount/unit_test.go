package main

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/kvstore/memory"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "512MiB": 512 << 20, "2G": 2 << 30, "3 KiB": 3 << 10, "7B": 7} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5G", "9999999999T", "x"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}

func TestMountOptionsSplitAtPlainCommas(t *testing.T) {
	got := splitOptions(`ro,context={"a":1\,"b":2},,uid=3`)
	want := []string{"ro", `context={"a":1,"b":2}`, "uid=3"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHelperArguments(t *testing.T) {
	got := helperArgs(strings.Fields("/data /mnt -sn -N /ns -t fuse.tsmount -o rw,uid=3 -v"))
	if want := strings.Fields("-o uid=3 /data /mnt"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := helperArgs([]string{"/data", "/mnt", "-fs"}); !slices.Equal(got, []string{"check", "/data"}) {
		t.Errorf("-f: got %q, want a check", got)
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	got := oneLine(errors.Join(errors.New("a\nb"), errors.New("c")).Error())
	if got != "a; b; c" {
		t.Errorf("got %q", got)
	}
	if got := oneLine(strings.Repeat("ä", 4000)); len(got) > maxLine+3 {
		t.Errorf("got %d bytes, want at most %d", len(got), maxLine+3)
	}
}

// TestRequestSurvivesThePipe checks that a child gets what its parent meant,
// numbers beyond 2^53 included.
func TestRequestSurvivesThePipe(t *testing.T) {
	spec, err := parseDocument([]byte(`{"driver": "zarr", "fill": 18446744073709551615}`), "spec.json")
	if err != nil {
		t.Fatal(err)
	}
	uid := uint32(7)
	want := &request{
		Context: &document{Source: "c", Path: "context", Value: map[string]any{}},
		Mounts: []mountRequest{{
			MountPoint: "/m", Spec: spec, Formats: []string{"raw"}, UID: &uid, Umask: 0o22,
			RecheckData: &drivers.Recheck{Mode: drivers.RecheckTime, Seconds: 1.5},
		}},
		Daemon: daemonOptions{InUse: 1 << 60},
	}
	text, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeRequest(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestOverlayKeepsChangesToItself(t *testing.T) {
	ctx := context.Background()
	base := memory.New()
	base.Preload(map[string][]byte{"a": []byte("old"), "b": []byte("old")})
	o := newOverlay(base)
	absent := kvstore.WriteOptions{IfEqual: kvstore.Absent}
	if _, err := o.Write(ctx, "a", nil, absent); !errors.Is(err, kvstore.ErrMismatch) {
		t.Errorf("create over a stored value: got %v, want ErrMismatch", err)
	}
	for _, key := range []string{"a", "b"} {
		if _, err := o.Delete(ctx, key, kvstore.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.Write(ctx, "a", []byte("new"), absent); err != nil {
		t.Errorf("create after a delete: %v", err)
	}
	if got := read(t, o, "a") + read(t, o, "b") + read(t, base, "a") + read(t, base, "b"); got != "newoldold" {
		t.Errorf("got %q, want %q", got, "newoldold")
	}
	var keys []string
	for e, err := range o.List(ctx, kvstore.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Key)
	}
	if !slices.Equal(keys, []string{"a"}) {
		t.Errorf("got the keys %q, want a", keys)
	}
	written, deleted := o.changes()
	if len(written) != 1 || len(deleted) != 2 {
		t.Errorf("got changes %q and %q, want one and two", written, deleted)
	}
}

func read(t *testing.T, s kvstore.Store, key string) string {
	t.Helper()
	r, err := s.Read(context.Background(), key, kvstore.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Value)
}

// TestURLsAreShownWithoutSecrets checks what goes into listings and attributes.
func TestURLsAreShownWithoutSecrets(t *testing.T) {
	tables := newTables()
	s, err := drivers.ParseURL(tables, "file:///a%20b/|zarr2:x")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shownURL(s), "file:///a%20b/x/|zarr2:"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDemoFitsEveryFormat checks that each format that exists holds an example.
func TestDemoFitsEveryFormat(t *testing.T) {
	for _, f := range newTables().Formats {
		held := 0
		for _, s := range demoSamples {
			store := memory.New()
			if err := s.write(context.Background(), f, store); err != nil {
				t.Errorf("%s: %s: %v", f.Name(), s.name, err)
			}
			if store.Len() > 1 {
				held++
			}
		}
		if held == 0 {
			t.Errorf("%s holds none of the examples", f.Name())
		}
	}
}
