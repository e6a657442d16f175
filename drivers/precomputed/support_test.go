package precomputed

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// twoScales is an info with two raw scales; the first has two chunk sizes.
const twoScales = `{"@type":"neuroglancer_multiscale_volume","type":"image","data_type":"uint8","num_channels":1,"mesh":"m","scales":[
	{"key":"k","size":[10,20,30],"resolution":[1,2,3],"chunk_sizes":[[4,5,6],[8,8,8]],"encoding":"raw"},
	{"key":"k2","size":[5,10,15],"voxel_offset":[1,2,3],"resolution":[2,4,6],"chunk_sizes":[[4,5,6]],"encoding":"raw","hidden":true}]}`

// edited returns twoScales with members of info and of its first scale replaced;
// a value of null removes one.
func edited(t testing.TB, info, scale string) []byte {
	t.Helper()
	var doc map[string]any
	var changes [2]map[string]any
	for text, dst := range map[string]any{twoScales: &doc, info: &changes[0], scale: &changes[1]} {
		if err := json.Unmarshal([]byte(text), dst); err != nil && text != "" {
			t.Fatal(err)
		}
	}
	first := doc["scales"].([]any)[0].(map[string]any)
	for i, m := range []map[string]any{doc, first} {
		for name, v := range changes[i] {
			if m[name] = v; v == nil {
				delete(m, name)
			}
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wanting returns the constraints of a spec that has the given members.
func wanting(t testing.TB, members string) drivers.Constraints {
	t.Helper()
	want, err := tryWanting(members)
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func tryWanting(members string) (drivers.Constraints, error) {
	v, err := strictjson.Parse([]byte(members), "")
	if err != nil {
		return drivers.Constraints{}, err
	}
	o, err := v.Object()
	if err != nil {
		return drivers.Constraints{}, err
	}
	m, err := Format{}.Members(o)
	if err == nil {
		err = o.Close()
	}
	return drivers.Constraints{Rank: -1, Members: m}, err
}

func parse(doc []byte, want drivers.Constraints) (*dataset, error) {
	ds, err := Format{}.Parse("", map[string][]byte{"info": doc}, want)
	if err != nil {
		return nil, err
	}
	return ds.(*dataset), nil
}

// openDoc opens an info that must be good.
func openDoc(t testing.TB, doc []byte, members string) *dataset {
	t.Helper()
	d, err := parse(doc, wanting(t, members))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// value parses a member of a schema.
func value(t testing.TB, doc string) *strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc), "")
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

// shaped returns constraints for a new array.
func shaped(dtype arrayview.DType, origin, shape []int64) drivers.Constraints {
	box := arrayview.NewBox(len(shape))
	copy(box.Min, origin)
	copy(box.Shape, shape)
	domain := arrayview.BoxDomain(box)
	return drivers.Constraints{DType: dtype, Rank: -1, Schema: drivers.SchemaConstraints{Domain: &domain}}
}

// mustFail checks that err is of a kind and has a text.
func mustFail(t *testing.T, what string, err, kind error, text string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got %v, want %v with %q", what, err, kind, text)
	}
}

func compactJSON(t testing.TB, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
