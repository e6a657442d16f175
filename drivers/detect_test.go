package drivers_test

import (
	"strings"
	"testing"

	"tsmount/drivers"
)

// found renders what detection says of documents at "m/".
func found(t testing.TB, docs map[string]string) string {
	t.Helper()
	have := map[string][]byte{}
	for name, doc := range docs {
		have["m/"+name] = []byte(doc)
	}
	f, err := drivers.Detect(fakeFormats(), "m/", have)
	if err != nil {
		return "error: " + err.Error()
	}
	out := []string{"array:"}
	if f.Array != nil {
		out = append(out, f.Array.Name())
	}
	out = append(out, "groups:")
	for _, g := range f.Groups {
		out = append(out, g.Format.Name())
	}
	if f.None() != (len(out) == 2) {
		t.Errorf("None is %v for %v", f.None(), out)
	}
	return strings.Join(out, " ")
}

const (
	anArray = `{"array":true}`
	aGroup  = `{"group":["a"]}`
)

func TestDetectionDecidesFromTheDocumentsThatExist(t *testing.T) {
	for _, c := range []struct {
		docs map[string]string
		want string
	}{
		{nil, "array: groups:"},
		{map[string]string{".zarray": anArray}, "array: zarr groups:"},
		{map[string]string{"zarr.json": anArray}, "array: zarr3 groups:"},
		{map[string]string{"attributes.json": anArray}, "array: n5 groups:"},
		{map[string]string{"info": anArray}, "array: neuroglancer_precomputed groups:"},
		{map[string]string{".zgroup": aGroup}, "array: groups: zarr"},
		{map[string]string{"zarr.json": aGroup}, "array: groups: zarr3"},
		{map[string]string{"attributes.json": aGroup, ".zgroup": aGroup}, "array: groups: zarr n5"},
		{map[string]string{"attributes.json": aGroup, ".zarray": anArray}, "array: zarr groups: n5"},
		{map[string]string{"info": `{"array":true,"group":["8_8_8"]}`}, "array: neuroglancer_precomputed groups: neuroglancer_precomputed"},
		{map[string]string{".attributes": anArray}, "array: groups:"},
	} {
		if got := found(t, c.docs); got != c.want {
			t.Errorf("%v: got %s, want %s", c.docs, got, c.want)
		}
	}
}

func TestSeveralArrayFormatsAreAnErrorThatNamesThem(t *testing.T) {
	got := found(t, map[string]string{".zarray": anArray, "zarr.json": anArray})
	if want := "error: driver: several formats in one place: zarr (.zarray), zarr3 (zarr.json); name the one that is meant"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBrokenDocumentIsFoundSoThatOpeningTellsWhy(t *testing.T) {
	if got := found(t, map[string]string{".zarray": "{"}); got != "array: zarr groups:" {
		t.Errorf("got %s", got)
	}
	if got := found(t, map[string]string{".zgroup": "{"}); !strings.HasPrefix(got, "error: ") {
		t.Errorf("a broken group and nothing else: got %s, want an error", got)
	}
	if got := found(t, map[string]string{".zgroup": "{", "info": anArray}); got != "array: neuroglancer_precomputed groups:" {
		t.Errorf("a broken group beside an array: got %s", got)
	}
}

func TestCandidatesAreNamedWithoutAList(t *testing.T) {
	got := strings.Join(drivers.Candidates(fakeFormats(), "m/"), " ")
	if want := "m/.zarray m/.attributes m/.zgroup m/zarr.json m/attributes.json m/info"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGroupTellsItsMembers(t *testing.T) {
	docs := map[string][]byte{"zarr.json": []byte(`{"group":["a","b"]}`)}
	info, err := drivers.ReadGroup(fakeFormats()[1], "", docs)
	if err != nil || len(info.Members) != 2 || info.Members[1].Path != "b" {
		t.Errorf("got %+v, %v", info, err)
	}
}
