package drivers_test

import (
	"strings"
	"testing"
)

// TestLabelsOfADomainInTheSpecReplaceTheStoredOnes holds what TensorStore 0.1.86
// shows: the labels of a spec that states the domain, stored ones otherwise.
func TestLabelsOfADomainInTheSpecReplaceTheStoredOnes(t *testing.T) {
	for _, c := range []struct {
		driver, more, labels string // labels "-": what is stored
	}{
		{"zarr3", `"rank":2`, "-"},
		{"zarr3", `"schema":{"domain":{"shape":[6,4]}}`, ","},
		{"zarr3", `"schema":{"domain":{"rank":2}}`, ","},
		{"n5", `"schema":{"domain":{"shape":[6,4],"labels":["y",""]}}`, "y,"},
		{"zarr", `"schema":{"domain":{"labels":["y","x"]}}`, "y,x"},
		{"zarr", `"schema":{"dimension_units":[null,null]}`, "-"},
		{"neuroglancer_precomputed", `"schema":{"domain":{"rank":4}}`, "-"},
		{"zarr3", `"schema":{"domain":{"labels":["y","x"]}},"transform":{"input_labels":["a","b"]}`, "a,b"},
	} {
		s := parse(t, `{"driver":"`+c.driver+`","kvstore":"memory://a",`+c.more+`}`)
		got := "-"
		if v := s.View(); v != nil {
			got = strings.Join(v.Input.Labels, ",")
		}
		if got != c.labels {
			t.Errorf("%s %s: got %s, want %s", c.driver, c.more, got, c.labels)
		}
	}
}
