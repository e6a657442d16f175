package drivertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// array is one golden array: what case.json says of it. null in a list means
// that the reader which made the case reported nothing.
type array struct {
	Name     string          `json:"name"`
	Kind     string          `json:"kind"`
	Driver   string          `json:"driver"`
	Spec     json.RawMessage `json:"spec"`
	Expected string          `json:"expected"` // expected.npy when empty

	DType      string          `json:"dtype"`
	Origin     []int64         `json:"origin"`
	Shape      []int64         `json:"shape"`
	Labels     []string        `json:"labels"`
	Chunk      []*int64        `json:"chunk_shape"`
	WriteChunk []*int64        `json:"write_chunk_shape"`
	InnerOrder []int           `json:"inner_order"`
	GridOrigin []*int64        `json:"grid_origin"`
	FillValue  any             `json:"fill_value"`
	FillBits   *string         `json:"fill_bits"`
	Codec      json.RawMessage `json:"codec"`
	Units      []*[2]any       `json:"units"`
	Attributes json.RawMessage `json:"attributes"`

	Lossy     bool    `json:"lossy"`
	Tolerance float64 `json:"tolerance_rmse"`
	Beyond    bool    `json:"beyond_tensorstore"`
	Expect    string  `json:"expect"` // of bad cases
	Or        string  `json:"or"`
	BadCells  []cell  `json:"bad_cells"`

	Members map[string]*array `json:"members"`

	dir string // of case.json
}

// cell is a position in the chunk grid.
type cell []int64

// fixturesDir returns shared/fixtures beside the repository, or "".
func fixturesDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(filepath.Dir(dir), "shared", "fixtures")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

// loadCases returns the arrays of the given driver, members of groups included.
func loadCases(t *testing.T, dir, driver string) []*array {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*", "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out []*array
	for _, name := range names {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a := &array{}
		if err := json.Unmarshal(doc, a); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a.dir = filepath.Dir(name)
		for path, m := range a.Members {
			m.Name, m.dir, m.Kind = a.Name+"/"+path, a.dir, "array"
			if m.Driver == driver {
				out = append(out, m)
			}
		}
		if a.Driver == driver && a.Members == nil {
			out = append(out, a)
		}
	}
	return out
}

// spec is what the suite uses of a TensorStore spec.
type spec struct {
	path        string // of the folder of the array
	want        drivers.Constraints
	transformed bool // the case describes a view of the array
}

// genericMembers are the members of a spec that no format reads.
var genericMembers = []string{"driver", "kvstore", "schema", "transform", "open", "create"}

// spec reads the spec of the case.
func (a *array) spec(t *testing.T, f drivers.Format) spec {
	t.Helper()
	s, err := a.parseSpec(f)
	if err != nil {
		t.Fatalf("spec: %v", err)
	}
	return s
}

func (a *array) parseSpec(f drivers.Format) (spec, error) {
	v, err := strictjson.Parse(a.Spec, "")
	if err != nil {
		return spec{}, err
	}
	o, err := v.Object()
	if err != nil {
		return spec{}, err
	}
	s := spec{want: drivers.Constraints{Rank: -1}}
	_, s.transformed = o.Get("transform")
	for _, name := range genericMembers {
		o.Get(name)
	}
	err = o.Optional("dtype", func(v strictjson.Value) error {
		name, err := v.Str()
		if err == nil {
			s.want.DType, err = arrayview.ParseDType(name)
		}
		return err
	})
	if err != nil {
		return spec{}, err
	}
	err = o.Optional("rank", func(v strictjson.Value) error {
		n, err := v.Int(0, arrayview.MaxRank)
		s.want.Rank = int(n)
		return err
	})
	if err != nil {
		return spec{}, err
	}
	if s.want.Members, err = f.Members(o); err != nil {
		return spec{}, err
	}
	s.path, err = a.folder(o)
	if err != nil {
		return spec{}, err
	}
	return s, o.Close()
}

// folder returns the folder of the array: kvstore.path, where DATA stands for
// the data folder of the case. A kvstore spec in place of a TensorStore spec
// has the path itself.
func (a *array) folder(o *strictjson.Object) (string, error) {
	path, ok := o.Get("path")
	if kv, given := o.Get("kvstore"); given {
		store, err := kv.Object()
		if err != nil {
			return "", err
		}
		path, ok = store.Get("path")
	}
	if !ok {
		return "", path.Errorf("member is missing")
	}
	s, err := path.Str()
	return strings.Replace(s, "DATA", filepath.Join(a.dir, "data"), 1), err
}
