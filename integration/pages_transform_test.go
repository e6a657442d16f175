package integration

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A transformed mount of a 6 by 8 array whose element [y, x] is 10 y + x.
type transformed struct {
	name          string
	transform     object
	shape, origin []int64
	labels        []string
	at            func(in []int64) (y, x int64)
}

// transforms are one of each kind.
var transforms = []transformed{
	{"range", object{"input_inclusive_min": []int{1, 2}, "input_exclusive_max": []int{5, 7}}, []int64{4, 5}, []int64{1, 2}, []string{"", ""},
		func(in []int64) (int64, int64) { return in[0], in[1] }},
	{"stride", object{"input_shape": []int{3, 8}, "output": []object{{"input_dimension": 0, "stride": 2, "offset": 1}, {"input_dimension": 1}}},
		[]int64{3, 8}, []int64{0, 0}, []string{"", ""}, func(in []int64) (int64, int64) { return 2*in[0] + 1, in[1] }},
	{"reversal", object{"input_inclusive_min": []int{0, -7}, "input_shape": []int{6, 8}, "output": []object{{"input_dimension": 0}, {"input_dimension": 1, "stride": -1}}},
		[]int64{6, 8}, []int64{0, -7}, []string{"", ""}, func(in []int64) (int64, int64) { return in[0], -in[1] }},
	{"permutation", object{"input_rank": 2, "output": []object{{"input_dimension": 1}, {"input_dimension": 0}}},
		[]int64{8, 6}, []int64{0, 0}, []string{"", ""}, func(in []int64) (int64, int64) { return in[1], in[0] }},
	{"index", object{"input_rank": 1, "output": []object{{"offset": 4}, {"input_dimension": 0}}},
		[]int64{8}, []int64{0}, []string{""}, func(in []int64) (int64, int64) { return 4, in[0] }},
	{"array", object{"input_shape": []int{3, 2}, "output": []object{{"index_array": [][]int{{5}, {0}, {5}}}, {"index_array": [][]int{{1, 6}}}}},
		[]int64{3, 2}, []int64{0, 0}, []string{"", ""}, func(in []int64) (int64, int64) { return []int64{5, 0, 5}[in[0]], []int64{1, 6}[in[1]] }},
	{"labels", object{"input_labels": []string{"row", "column"}}, []int64{6, 8}, []int64{0, 0}, []string{"row", "column"},
		func(in []int64) (int64, int64) { return in[0], in[1] }},
	{"new", object{"input_inclusive_min": []int{7, 0, 0}, "input_shape": []int{2, 6, 8}, "output": []object{{"input_dimension": 1}, {"input_dimension": 2}}},
		[]int64{2, 6, 8}, []int64{7, 0, 0}, []string{"", "", ""}, func(in []int64) (int64, int64) { return in[1], in[2] }},
}

// TestTransformedMountShowsTheTransformedDomain looks at every place that shows
// the domain: sizes, elements, names, slices, cutouts, info.json and npy.
func TestTransformedMountShowsTheTransformedDomain(t *testing.T) {
	d := newDataset(t, filepath.Join(folder(t, "data"), "v.zarr"), volume{shape: []int64{6, 8}, chunk: []int64{4, 3}})
	store := d.store(t)
	for cell := range d.cells() {
		chunk := make([]byte, 4*3*2)
		for p := range positions(d.chunk) {
			binary.LittleEndian.PutUint16(chunk[(p[0]*3+p[1])*2:], uint16(10*(cell[0]*4+p[0])+cell[1]*3+p[1]))
		}
		d.put(t, store, cell, chunk)
	}
	var mounts []object
	for _, c := range transforms {
		mounts = append(mounts, object{"spec": d.spec(object{"transform": c.transform})})
	}
	all := startTogether(t, object{}, mounts...)
	for i, c := range transforms {
		t.Run(c.name, func(t *testing.T) { c.check(t, all.ats[i]) })
	}
}

// elements returns the elements of the view in C order; dimension drop, unless it
// is -1, has but the index at.
func (c *transformed) elements(drop int, at int64) []byte {
	var out []byte
	for p := range positions(c.shape) {
		in := make([]int64, len(p))
		for d := range p {
			in[d] = p[d] + c.origin[d]
		}
		if drop >= 0 && in[drop] != at {
			continue
		}
		y, x := c.at(in)
		out = binary.LittleEndian.AppendUint16(out, uint16(10*y+x))
	}
	return out
}

// infoDocument is what these tests read of info.json.
type infoDocument struct {
	Shape, Origin []int64
	Labels        []string
	Files         map[string]struct {
		Size   int64
		Offset int64 `json:"payload_offset"`
		Order  []int `json:"dimension_order"`
	}
}

func (c *transformed) check(t *testing.T, at string) {
	var info infoDocument
	if err := json.Unmarshal(readFile(t, filepath.Join(at, "info.json")), &info); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(info.Shape, c.shape) || !reflect.DeepEqual(info.Origin, c.origin) || !reflect.DeepEqual(info.Labels, c.labels) {
		t.Errorf("info.json: %+v, want shape %v, origin %v, labels %v", info, c.shape, c.origin, c.labels)
	}
	c.checkFile(t, filepath.Join(at, "array.raw"), info, -1, 0)
	npy := readFile(t, filepath.Join(at, "array.npy"))
	shape := strings.TrimSuffix(strings.ReplaceAll(strings.Trim(fmt.Sprint(c.shape), "[]"), " ", ", "), ",")
	if len(c.shape) == 1 {
		shape += ","
	}
	if !strings.Contains(string(npy[:info.Files["array.npy"].Offset]), "'shape': ("+shape+")") || int64(len(npy)) != info.Files["array.npy"].Size {
		t.Errorf("array.npy: %d bytes, header %q, want the shape (%s)", len(npy), npy[:128], shape)
	}
	dim := "0"
	if c.labels[0] != "" {
		dim = c.labels[0]
	}
	names, err := os.ReadDir(filepath.Join(at, "slices", dim))
	if err != nil || int64(len(names)) != c.shape[0] {
		t.Errorf("%d slices, %v, want %d", len(names), err, c.shape[0])
	}
	last := c.origin[0] + c.shape[0] - 1
	for _, name := range []string{fmt.Sprintf("slices/%s/%d", dim, last), fmt.Sprintf("at/%s=%d", dim, last), fmt.Sprintf("at/%d", last)} {
		if dim == "0" && strings.Contains(name, "=") {
			continue // only labels can be named so
		}
		var cut infoDocument
		if err := json.Unmarshal(readFile(t, filepath.Join(at, name, "info.json")), &cut); err != nil {
			t.Fatal(err)
		}
		c.checkFile(t, filepath.Join(at, name+".raw"), cut, 0, last)
	}
	if _, err := os.Stat(filepath.Join(at, fmt.Sprintf("slices/%s/%d.raw", dim, last+1))); !os.IsNotExist(err) {
		t.Errorf("an index outside the domain: got %v, want that it does not exist", err)
	}
}

// checkFile compares a raw file with the elements of the view.
func (c *transformed) checkFile(t *testing.T, path string, info infoDocument, drop int, at int64) {
	t.Helper()
	raw := readFile(t, path)
	if size := stat(t, path).Size; size != int64(len(raw)) {
		t.Errorf("%s: size %d, %d bytes were read", path, size, len(raw))
	}
	want := c.elements(drop, at)
	if order := info.Files["array.raw"].Order; len(order) == 2 && order[0] == 1 {
		want = transposed(want, info.Shape)
	}
	expect(t, path, raw, want)
}

// transposed returns the elements of a matrix in the other order.
func transposed(data []byte, shape []int64) []byte {
	var out []byte
	for x := range shape[1] {
		for y := range shape[0] {
			out = append(out, data[(y*shape[1]+x)*2:][:2]...)
		}
	}
	return out
}
