package zarr

import (
	"fmt"
	"testing"

	"tsmount/drivers"
)

// group parses the group "g" of the documents given by their names.
func group(t *testing.T, docs map[string]string) *drivers.GroupInfo {
	t.Helper()
	have := map[string][]byte{"g/" + groupKey: []byte(`{"zarr_format":2}`)}
	for name, doc := range docs {
		have["g/"+name] = []byte(doc)
	}
	info, err := Format{}.ParseGroup("g/", have)
	if err != nil || info == nil {
		t.Fatalf("%v: got %v, %v", docs, info, err)
	}
	return info
}

func TestImagesAreMembersByTheirPaths(t *testing.T) {
	for _, c := range []struct{ attributes, consolidated, want string }{
		{
			`{"multiscales":[{"version":"0.4","axes":[{"name":"y"},{"name":"x"}],"datasets":[{"path":"1"},{"path":"0"}]}],"range":NaN}`,
			`{"metadata":{".zgroup":{},"0/.zarray":{},"0/.zattrs":{},"extra/.zgroup":{},"extra/.zattrs":{},"extra/a/.zarray":{}},"zarr_consolidated_format":1}`,
			"[{1 1/ <nil> false [y x] []} {0 0/ <nil> false [y x] []} {extra extra/ <nil> false [] []}]",
		},
		{`{"plate":{"wells":[{"path":"A/1"},{"path":"A/2"},{"path":"B/1"}]}}`, "", "[{A A/ <nil> false [] []} {B B/ <nil> false [] []}]"},
		{`{"well":{"images":[{"path":"0"}]}}`, "{", "[{0 0/ <nil> false [] []}]"},
		{`{`, `{"metadata":{"a/.zarray":{"fill_value":NaN},"a/.zgroup":{},"../.zgroup":{},"/.zgroup":{},"b/.zattrs":{}}}`, "[{a a/ <nil> false [] []}]"},
		{`[]`, `{"metadata":7}`, "[]"},
	} {
		docs := map[string]string{attributesKey: c.attributes, consolidatedKey: c.consolidated}
		if info := group(t, docs); fmt.Sprint(info.Members) != c.want || info.Complete {
			t.Errorf("%v: got %v, want %s", docs, info.Members, c.want)
		}
	}
}

func TestGroupTellsAttributes(t *testing.T) {
	for attributes, want := range map[string]string{`{"a":NaN}`: `{"a":"NaN"}`, `{`: ""} {
		if got := string(group(t, map[string]string{attributesKey: attributes}).Attributes); got != want {
			t.Errorf("%s: got %q, want %q", attributes, got, want)
		}
	}
	if got := string(group(t, nil).Attributes); got != "{}" {
		t.Errorf("no attributes: got %q", got)
	}
}

func TestWhatIsNoGroup(t *testing.T) {
	if info, err := (Format{}).ParseGroup("", map[string][]byte{arrayKey: zarray()}); info != nil || err != nil {
		t.Errorf("got %v, %v", info, err)
	}
	for _, bad := range []string{`{`, `[]`, `{}`, `{"zarr_format":3}`} {
		if _, err := (Format{}).ParseGroup("", map[string][]byte{groupKey: []byte(bad)}); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
}
