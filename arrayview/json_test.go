package arrayview

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func parseTransform(t *testing.T, doc string) (*Transform, error) {
	t.Helper()
	v, err := parseDoc([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return ParseTransform(v)
}

func TestTransformErrorsNameThePath(t *testing.T) {
	for doc, want := range map[string]string{
		`{}`:                                   "at least one of input_rank",
		`5`:                                    "expected an object",
		`{"input_rank": 33}`:                   "input_rank: expected a whole number from 0 to 32",
		`{"input_rank": 1, "x": 1}`:            "x: unknown member",
		`{"input_rank": 1, "input_shape": []}`: "input_rank: rank 1 does not match rank 0 of input_shape",
		`{"input_shape": [1], "input_exclusive_max": [1]}`:                                                 "input_shape: at most one of",
		`{"input_shape": [1], "input_labels": ["a", "b"]}`:                                                 "input_labels: rank 2 does not match rank 1",
		`{"input_labels": ["a", "a"]}`:                                                                     `input_labels[1]: dimension label "a" is not unique`,
		`{"input_inclusive_min": ["+inf"]}`:                                                                `input_inclusive_min[0]: expected a whole number or "-inf"`,
		`{"input_shape": [[1, 2]]}`:                                                                        "input_shape[0]: expected an array of size 1",
		`{"input_shape": [-1]}`:                                                                            "input_shape: dimension 0: (0, -1) do not specify a valid sized",
		`{"input_inclusive_min": [5], "input_exclusive_max": [4]}`:                                         "input_exclusive_max: dimension 0: (5, 4)",
		`{"input_inclusive_min": [5], "input_inclusive_max": [3]}`:                                         "valid closed",
		`{"input_inclusive_min": [5], "input_shape": [4611686018427387904]}`:                               "valid sized",
		`{"input_exclusive_max": [4611686018427387905]}`:                                                   "valid half-open",
		`{"input_inclusive_min": [-4611686018427387904]}`:                                                  "lower bound",
		`{"input_inclusive_max": [9223372036854775806]}`:                                                   "valid closed",
		`{"input_rank": 1, "output": {}}`:                                                                  "output: expected an array",
		`{"input_rank": 1, "output": [{"stride": 2}]}`:                                                     "output[0].stride: either input_dimension",
		`{"input_rank": 1, "output": [{}, {"input_dimension": 1}]}`:                                        "output[1].input_dimension: input dimension 1 specified for output dimension 1 is outside valid range [0, 1)",
		`{"input_rank": 1, "output": [{"input_dimension": -1}]}`:                                           "outside valid range",
		`{"input_rank": 1, "output": [{"input_dimension": "a"}]}`:                                          "output[0].input_dimension: expected a whole number",
		`{"input_rank": 1, "output": [{"offset": "5"}]}`:                                                   "output[0].offset: expected a whole number",
		`{"input_shape": [2], "output": [{"input_dimension": 0, "index_array": [1, 2]}]}`:                  "at most one of input_dimension",
		`{"input_shape": [2], "output": [{"index_array_bounds": [1, 2]}]}`:                                 "only valid with index_array",
		`{"input_shape": [2], "output": [{"index_array": [1, 2, 3]}]}`:                                     "does not match input dimension 0 [0, 2)",
		`{"input_shape": [[2]], "output": [{"index_array": [1, 2]}]}`:                                      "with implicit bounds",
		`{"input_shape": [2, 2], "output": [{"index_array": [[1, 2], [3]]}]}`:                              "output[0].index_array[1]: expected an array of length 2",
		`{"input_shape": [2, 2], "output": [{"index_array": [1, 2]}]}`:                                     "output[0].index_array: index array has rank 1 but must have rank 2",
		`{"input_shape": [2], "output": [{"index_array": [1, [2]]}]}`:                                      "output[0].index_array[1]: expected a whole number",
		`{"input_shape": [2], "output": [{"index_array": [1, 2], "index_array_bounds": [5, 2]}]}`:          "valid closed index interval",
		`{"input_shape": [2], "output": [{"index_array": [1, 2], "index_array_bounds": [5]}]}`:             "expected two bounds",
		`{"input_shape": [2], "output": [{"x": 1}]}`:                                                       "output[0].x: unknown member",
		`{"input_rank": 0, "output": [` + strings.TrimSuffix(strings.Repeat("{},", MaxRank+1), ",") + `]}`: "output rank 33",
		`{"input_shape": [` + strings.TrimSuffix(strings.Repeat("1,", MaxRank+1), ",") + `]}`:              "rank 33 is outside",
	} {
		if tr, err := parseTransform(t, doc); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v, want an error with %q", doc, tr, err, want)
		}
	}
}

func TestCanonicalTransforms(t *testing.T) {
	for doc, want := range map[string]string{
		`{"input_rank": 2}`:                                                                            `{"input_rank":2}`,
		`{"input_shape": ["5", 2.0]}`:                                                                  `{"input_exclusive_max":[5,2],"input_inclusive_min":[0,0]}`,
		`{"input_shape": ["+inf"]}`:                                                                    `{"input_exclusive_max":["+inf"],"input_inclusive_min":[0]}`,
		`{"input_inclusive_max": [4611686018427387903]}`:                                               `{"input_exclusive_max":["+inf"]}`,
		`{"input_inclusive_min": [-4611686018427387903]}`:                                              `{"input_inclusive_min":["-inf"]}`,
		`{"input_inclusive_min":[5],"input_inclusive_max":[4]}`:                                        `{"input_exclusive_max":[5],"input_inclusive_min":[5]}`,
		`{"input_labels": ["x", ""]}`:                                                                  `{"input_labels":["x",""]}`,
		`{"input_rank": 1, "output": []}`:                                                              `{"input_rank":1,"output":[]}`,
		`{"input_rank": 1, "output": [{"input_dimension": 0, "stride": 0, "offset": 3}]}`:              `{"input_rank":1,"output":[{"offset":3}]}`,
		`{"input_shape": [2], "output": [{"index_array": [1, 2], "stride": 0, "offset": 3}]}`:          `{"input_exclusive_max":[2],"input_inclusive_min":[0],"output":[{"offset":3}]}`,
		`{"input_shape": [0], "output": [{"index_array": [], "offset": 3}]}`:                           `{"input_exclusive_max":[0],"input_inclusive_min":[0],"output":[{}]}`,
		`{"input_shape": [2], "output": [{"index_array": [1, "2"], "index_array_bounds": [1, 2]}]}`:    `{"input_exclusive_max":[2],"input_inclusive_min":[0],"output":[{"index_array":[1,2]}]}`,
		`{"input_shape": [2], "output": [{"index_array": [1, 2], "index_array_bounds": ["-inf", 1]}]}`: `{"input_exclusive_max":[2],"input_inclusive_min":[0],"output":[{"index_array":[1,2],"index_array_bounds":["-inf",1]}]}`,
		`{"input_rank": 1, "output": [{"index_array": [7]}]}`:                                          `{"input_rank":1,"output":[{"index_array":[7]}]}`,
	} {
		tr, err := parseTransform(t, doc)
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		if got, _ := json.Marshal(tr.JSON()); string(got) != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
}

func TestDomainJSON(t *testing.T) {
	v, _ := parseDoc([]byte(`{"inclusive_min": [1, ["-inf"]], "exclusive_max": [[5], "+inf"], "labels": ["a", ""]}`))
	d, err := ParseDomain(v)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(d.JSON())
	if want := `{"exclusive_max":[[5],"+inf"],"inclusive_min":[1,["-inf"]],"labels":["a",""]}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	bad, _ := parseDoc([]byte(`{"rank": 1, "output": []}`))
	if _, err := ParseDomain(bad); err == nil {
		t.Error("output in a domain was accepted")
	}
}

// FuzzParseTransform checks that what is accepted survives its canonical form,
// and that resolving, composing and checking never panic.
func FuzzParseTransform(f *testing.F) {
	for _, s := range []string{
		`{"input_rank":2}`, `{"input_shape":[3,[4]],"output":[{"input_dimension":1,"stride":-2,"offset":3},{"index_array":[[1],[2],[3]],"index_array_bounds":[0,2]}]}`,
		`{"input_inclusive_min":[-5,["-inf"]],"input_labels":["a","b"],"output":[{},{"input_dimension":0}]}`,
		`{"input_shape":[1],"output":[{"input_dimension":0,"offset":9223372036854775807,"stride":-9223372036854775808}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parseDoc(data)
		if err != nil {
			return
		}
		tr, err := ParseTransform(doc)
		if err != nil {
			return
		}
		text, err := json.Marshal(tr.JSON())
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseTransform(t, string(text))
		if err != nil || !reflect.DeepEqual(normal(t, again.JSON()), normal(t, tr.JSON())) {
			t.Fatalf("%s reads back as %v, %v", text, again, err)
		}
		base := BoxDomain(Box{make([]int64, tr.OutputRank()), make([]int64, tr.OutputRank())})
		for i := range base.Max {
			base.Max[i], base.ImplicitMax[i] = 10, i%2 == 0
		}
		view, err := tr.Resolve(base)
		if err != nil {
			return
		}
		if both, err := Compose(Identity(base), tr); err != nil || !reflect.DeepEqual(both.Input, view.Input) {
			t.Fatalf("composed with the identity: %v, %v, want %v", both, err, view)
		}
		if view.Input.Finite() && view.Check(view.Input.Box(), base) == nil && !view.Input.Box().Empty() {
			out := make([]int64, len(base.Min))
			if err := view.Apply(view.Input.Min, out); err != nil || !base.Box().Contains(out) {
				t.Fatalf("%s: first index maps to %v, %v", text, out, err)
			}
		}
	})
}
