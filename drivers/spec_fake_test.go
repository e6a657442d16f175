package drivers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
	"tsmount/kvstore/all"
	"tsmount/resources"
)

// fakeFormat stands for a format of which only the names and members count. Its
// documents are {"array": true}, {"group": [names]} or both.
type fakeFormat struct {
	drivers.Format
	name, key, groupKey string
	members             []string // its own members of a spec
	notInURL            []string // those that choose another array
}

func (f *fakeFormat) Name() string { return f.name }

func (f *fakeFormat) MetadataKeys(path string, _ drivers.Constraints) []string {
	return []string{path + f.key, path + ".attributes"}
}

func (f *fakeFormat) GroupKeys(path string) []string {
	if f.groupKey == "" {
		return nil
	}
	return []string{path + f.groupKey}
}

type fakeDoc struct {
	Array bool     `json:"array"`
	Group []string `json:"group"`
}

func (f *fakeFormat) Parse(path string, docs map[string][]byte, _ drivers.Constraints) (drivers.Dataset, error) {
	var d fakeDoc
	if err := json.Unmarshal(docs[path+f.key], &d); err != nil {
		return nil, err
	}
	if !d.Array {
		return nil, fmt.Errorf("%s: %w", path+f.key, drivers.ErrNoArray)
	}
	return nil, nil
}

func (f *fakeFormat) ParseGroup(path string, docs map[string][]byte) (*drivers.GroupInfo, error) {
	doc, ok := docs[path+f.groupKey]
	if !ok || f.groupKey == "" {
		return nil, nil
	}
	var d fakeDoc
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	if d.Group == nil {
		return nil, nil
	}
	info := &drivers.GroupInfo{}
	for _, name := range d.Group {
		info.Members = append(info.Members, drivers.GroupMember{Name: name, Path: name})
	}
	return info, nil
}

type fakeMembers struct {
	format *fakeFormat
	json   map[string]any
}

func (m fakeMembers) JSON() map[string]any { return maps.Clone(m.json) }

func (m fakeMembers) CheckURL() error {
	for _, name := range m.format.notInURL {
		if v, ok := m.json[name]; ok && v != json.Number("0") {
			return fmt.Errorf("a URL cannot name %q", name)
		}
	}
	return nil
}

func (f *fakeFormat) Members(o *strictjson.Object) (drivers.Members, error) {
	m := fakeMembers{f, map[string]any{}}
	for _, name := range f.members {
		if v, ok := o.Get(name); ok {
			m.json[name] = v.Any()
		}
	}
	return m, nil
}

func fakeFormats() []drivers.Format {
	return []drivers.Format{
		&fakeFormat{name: "zarr", key: ".zarray", groupKey: ".zgroup",
			members: strings.Fields("metadata metadata_key key_encoding field open_as_void"), notInURL: strings.Fields("field metadata_key")},
		&fakeFormat{name: "zarr3", key: "zarr.json", groupKey: "zarr.json", members: strings.Fields("metadata field open_as_void")},
		&fakeFormat{name: "n5", key: "attributes.json", groupKey: "attributes.json", members: strings.Fields("metadata")},
		&fakeFormat{name: "neuroglancer_precomputed", key: "info", groupKey: "info",
			members: strings.Fields("scale_index scale_metadata multiscale_metadata"), notInURL: strings.Fields("scale_index")},
	}
}

// poolKind has the definition of the real cache_pool, which lives above here.
func poolKind() resources.Kind {
	type config struct{ total, queued int64 }
	return resources.NewValueKind("cache_pool", resources.Syntax[config]{
		Parse: func(v strictjson.Value, _ *resources.Kinds) (c config, err error) {
			o, err := v.Object()
			if err != nil {
				return c, err
			}
			err = errors.Join(
				o.Optional("total_bytes_limit", func(v strictjson.Value) (err error) { c.total, err = v.Int(0, strictjson.MaxInt); return }),
				o.Optional("queued_for_writeback_bytes_limit", func(v strictjson.Value) (err error) { c.queued, err = v.Int(0, strictjson.MaxInt); return }))
			if err != nil {
				return c, err
			}
			return c, o.Close()
		},
		JSON: func(c config) any { return map[string]any{"total_bytes_limit": c.total} },
	})
}

func fakeTables() drivers.Tables {
	kinds := append(append(resources.Standard(), all.Kinds()...), poolKind())
	formats := fakeFormats()
	return drivers.Tables{Formats: formats, Stores: all.Table(drivers.ArrayNames(formats)...), Kinds: resources.NewKinds(kinds...)}
}

func value(t testing.TB, doc string) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc), "spec.json")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// parse reads a spec that must be good. KV in it stands for a store.
func parse(t testing.TB, doc string) *drivers.Spec {
	t.Helper()
	s, err := drivers.ParseSpec(fakeTables(), value(t, withStore(doc)))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return s
}

func withStore(doc string) string {
	return strings.ReplaceAll(doc, "KV", `"driver":"zarr","kvstore":{"driver":"memory","path":"a/"}`)
}

// refuse checks that a spec is refused with an error about member that contains
// text.
func refuse(t testing.TB, doc, member, text string) {
	t.Helper()
	_, err := drivers.ParseSpec(fakeTables(), value(t, withStore(doc)))
	var e *strictjson.Error
	switch {
	case err == nil:
		t.Errorf("%s: got no error, want one about %s", doc, member)
	case !errors.As(err, &e) || e.Path != member || !strings.Contains(err.Error(), text):
		t.Errorf("%s: got %q, want one about %s that contains %q", doc, err, member, text)
	}
}

// text renders JSON with sorted members.
func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func checkJSON(t testing.TB, got any, want string) {
	t.Helper()
	if g, w := text(t, got), text(t, value(t, want).Any()); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}
