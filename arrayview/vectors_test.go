package arrayview

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"tsmount/internal/strictjson"
)

type vectorDomain struct {
	Min           []int64  `json:"inclusive_min"`
	Max           []int64  `json:"exclusive_max"`
	ImplicitLower []bool   `json:"implicit_lower"`
	ImplicitUpper []bool   `json:"implicit_upper"`
	Labels        []string `json:"labels"`
}

type vector struct {
	Name string
	Base struct {
		Driver        string
		Origin, Shape []int64
		Labels        []string
	}
	Transform, Canonical, Then json.RawMessage
	Outcome, About, Text       string
	Domain                     *vectorDomain
	ThenDomain                 *vectorDomain `json:"then_domain"`
	Shape, ThenShape           []int64       `json:"-"`
	Elements                   []int64
	ThenElements               []int64 `json:"then_elements"`
}

func (v *vector) base() Domain {
	d := NewDomain(len(v.Base.Shape))
	for i, o := range v.Base.Origin {
		d.Min[i], d.Max[i] = o, o+v.Base.Shape[i]
		d.ImplicitMin[i] = false
		d.ImplicitMax[i] = slices.Contains([]string{"zarr", "zarr3", "n5"}, v.Base.Driver)
	}
	copy(d.Labels, v.Base.Labels)
	return d
}

// TestTensorStoreVectors compares with what TensorStore answered.
func TestTensorStoreVectors(t *testing.T) {
	file := filepath.Join("..", "..", "shared", "reference", "vectors", "transforms.json")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("no vectors: %v", err)
	}
	var doc struct{ Cases []vector }
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for _, v := range doc.Cases {
		t.Run(v.Name, v.check)
	}
}

func parseDoc(data []byte) (strictjson.Value, error) { return strictjson.Parse(data, "") }

func (v *vector) check(t *testing.T) {
	doc, err := parseDoc(v.Transform)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := ParseTransform(doc)
	if v.Outcome == "parse-error" {
		if err == nil {
			t.Fatalf("got no error, want %s", v.Text)
		}
		return
	}
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	if got, want := normal(t, tr.JSON()), normal(t, v.Canonical); !reflect.DeepEqual(got, want) {
		t.Errorf("canonical: got %v, want %v", got, want)
	}
	view, err := tr.Resolve(v.base())
	if v.Outcome == "open-error" {
		if err == nil {
			t.Fatalf("got no error, want %s", v.Text)
		}
		return
	}
	if err != nil {
		t.Fatalf("resolve: %v", err)
	}
	sameDomain(t, v.Domain, view.Input)
	got, err := v.read(view)
	if v.Outcome == "read-error" {
		if !errors.Is(err, ErrOutOfRange) {
			t.Errorf("read: got %v, want %s", err, v.Text)
		}
		if _, fixed := view.Resolve(v.base().Fixed()); fixed == nil && v.About != "index-array" {
			t.Errorf("resolved with fixed bounds, want %s", v.Text)
		}
		return
	}
	if err != nil || !slices.Equal(got, v.Elements) {
		t.Fatalf("elements: got %v, %v, want %v", got, err, v.Elements)
	}
	if v.Then != nil {
		v.checkThen(t, view)
	}
}

func (v *vector) checkThen(t *testing.T, view *Transform) {
	doc, _ := parseDoc(v.Then)
	then, err := ParseTransform(doc)
	if err != nil {
		t.Fatalf("parse then: %v", err)
	}
	both, err := Compose(view, then)
	if err != nil {
		t.Fatalf("compose: %v", err)
	}
	sameDomain(t, v.ThenDomain, both.Input)
	if got, err := v.read(both); err != nil || !slices.Equal(got, v.ThenElements) {
		t.Fatalf("then elements: got %v, %v, want %v", got, err, v.ThenElements)
	}
}

// read evaluates the view on the array whose elements are 0, 1, 2... in C order.
func (v *vector) read(view *Transform) ([]int64, error) {
	stored := v.base()
	box := view.Input.Box()
	if err := view.Check(box, stored); err != nil || box.Empty() {
		return nil, err
	}
	order := make([]int, stored.Rank())
	for i := range order {
		order[i] = i
	}
	var out []int64
	in, at := slices.Clone(box.Min), make([]int64, stored.Rank())
	for more := true; more; more = step(in, box) {
		if err := view.Apply(in, at); err != nil {
			return nil, err
		}
		out = append(out, LinearIndex(stored.Box(), order, at))
	}
	return out, nil
}

func sameDomain(t *testing.T, want *vectorDomain, got Domain) {
	t.Helper()
	if want == nil {
		return
	}
	w := Domain{want.Min, want.Max, want.ImplicitLower, want.ImplicitUpper, want.Labels}
	if !reflect.DeepEqual(w, got) {
		t.Errorf("domain: got %v, want %v", got, w)
	}
}

// normal makes JSON comparable.
func normal(t *testing.T, v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parseDoc(data)
	if err != nil {
		t.Fatal(err)
	}
	return doc.Any()
}
