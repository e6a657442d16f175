package zarr3

import (
	"fmt"
	"slices"
	"testing"

	"tsmount/drivers"
)

func group(t *testing.T, doc string) *drivers.GroupInfo {
	t.Helper()
	info, err := Format{}.ParseGroup("g/", map[string][]byte{"g/" + nodeKey: []byte(doc)})
	if err != nil || info == nil {
		t.Fatalf("%s: got %v, %v", doc, info, err)
	}
	return info
}

func TestGroupTellsAttributesAndConsolidatedMembers(t *testing.T) {
	info := group(t, `{"zarr_format":3,"node_type":"group","attributes":{"a":NaN},"consolidated_metadata":
		{"kind":"inline","must_understand":false,"metadata":{"a/b":{},"a":{},"c":{},"../x":{},"":{}}}}`)
	if string(info.Attributes) != `{"a":"NaN"}` || info.Complete {
		t.Errorf("got %s, %v", info.Attributes, info.Complete)
	}
	var names []string
	for _, m := range info.Members {
		names = append(names, m.Name+"="+m.Path)
	}
	if want := []string{"a=a/", "c=c/"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestImagesAreMembersByTheirPaths(t *testing.T) {
	info := group(t, `{"zarr_format":3,"node_type":"group","attributes":{"ome":{"version":"0.5","multiscales":[
		{"axes":[{"name":"y"},{"name":"x"}],"datasets":[{"path":"1"},{"path":"0"},{"path":"deep/er"},{"path":"/abs"},{"path":".."}]}],"labels":["cells"]}}}`)
	got := fmt.Sprint(info.Members)
	if want := "[{1 1/ <nil> false [y x] []} {0 0/ <nil> false [y x] []} {deep deep/ <nil> false [] []} {cells cells/ <nil> false [] []}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsNoGroup(t *testing.T) {
	for _, docs := range []map[string][]byte{nil, {nodeKey: []byte(`{"zarr_format":3,"node_type":"array"}`)}} {
		if info, err := (Format{}).ParseGroup("", docs); info != nil || err != nil {
			t.Errorf("got %v, %v", info, err)
		}
	}
	for _, bad := range []string{`{`, `[]`, `{"node_type":"group"}`, `{"node_type":"group","zarr_format":2}`} {
		if _, err := (Format{}).ParseGroup("", map[string][]byte{nodeKey: []byte(bad)}); err == nil {
			t.Errorf("%s: got no error", bad)
		}
	}
}
