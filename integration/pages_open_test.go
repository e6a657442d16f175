package integration

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	formats "tsmount/drivers/all"
)

// sketch is what a spec says of an array to be created.
var sketch = object{"dtype": "uint16", "schema": object{"domain": object{"shape": []int{20, 30}}, "fill_value": 7}}

// with returns a spec of a driver at a folder with further members.
func with(driver, dir string, more ...object) object {
	spec := object{"driver": driver, "kvstore": object{"driver": "file", "path": dir + "/"}}
	for _, m := range more {
		maps.Copy(spec, m)
	}
	return spec
}

// listing returns the contents of the files in a folder, by name.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		if !e.IsDir() {
			files[e.Name()] = string(readFile(t, filepath.Join(dir, e.Name())))
		}
	}
	return files
}

func TestOpenIsWhatAbsenceMeans(t *testing.T) {
	a := makeDataset(t, small)
	for _, mode := range []object{{}, {"open": true}, {"open": true, "create": false}} {
		m := start(t, a.spec(mode))
		expect(t, "an open array", readFile(t, m.path("array.raw")), a.data)
	}
	if text := refused(t, 1, with("zarr", filepath.Join(a.dir, "none"))); !strings.Contains(text, "no array found") {
		t.Errorf("opening nothing: got %q", text)
	}
	for _, mode := range []object{{"open": false}, {"create": false}, {"open": false, "create": false}} {
		if text := refused(t, 2, a.spec(mode)); !strings.Contains(text, "both false") {
			t.Errorf("%v: got %q", mode, text)
		}
	}
}

func TestCreateMakesWhatIsMissingAndNothingElse(t *testing.T) {
	dir := filepath.Join(folder(t, "create"), "new")
	create := with("zarr", dir, sketch, object{"create": true})
	if got := tsmount(t, "check", specFile(t, create)); got.status != 0 || !strings.Contains(got.stdout, "would create "+dir+"/.zarray") {
		t.Errorf("check: status %d, %q%q", got.status, got.stdout, got.stderr)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("check has made something")
	}
	m := start(t, create)
	want := strings.Repeat("\x07\x00", 20*30)
	expect(t, "a new array", readFile(t, m.path("array.raw")), []byte(want))
	made := listing(t, dir)
	if len(made) != 1 || made[".zarray"] == "" {
		t.Errorf("created %v, want the metadata alone", made)
	}
	if text := refused(t, 1, create); !strings.Contains(text, "already exists") {
		t.Errorf("creating what exists: got %q", text)
	}
	either := with("zarr", dir, sketch, object{"create": true, "open": true})
	expect(t, "opened or created", readFile(t, start(t, either).path("array.raw")), []byte(want))
	if now := listing(t, dir); !maps.Equal(now, made) {
		t.Errorf("opening changed what is stored: %v, was %v", now, made)
	}
}

func TestOpenOrCreateCreates(t *testing.T) {
	for _, driver := range []string{"zarr", "zarr3", "n5"} {
		dir := filepath.Join(folder(t, "create"), driver)
		plain := object{"dtype": "uint16", "schema": object{"domain": object{"shape": []int{20, 30}}}}
		m := start(t, with(driver, dir, plain, object{"create": true, "open": true}))
		if text := readFile(t, m.path("array.raw")); len(text) != 20*30*2 || strings.Trim(string(text), "\x00") != "" {
			t.Errorf("%s: %d bytes, want %d zeros", driver, len(text), 20*30*2)
		}
		if len(listing(t, dir)) != 1 {
			t.Errorf("%s: created %v", driver, listing(t, dir))
		}
	}
}

func TestDeleteExistingIsRefusedByAReadOnlyMount(t *testing.T) {
	a := makeDataset(t, small)
	before := listing(t, a.dir)
	spec := a.spec(sketch, object{"create": true, "delete_existing": true})
	if text := refused(t, 2, spec); !strings.Contains(text, "delete_existing: ") {
		t.Errorf("check: got %q", text)
	}
	at := folder(t, "mnt")
	if got := tsmount(t, specFile(t, spec), at, "-f"); got.status != 2 || !strings.Contains(got.stderr, "delete_existing: ") {
		t.Errorf("mount: status %d, %q", got.status, got.stderr)
	}
	for _, bad := range []object{{"create": false}, {"open": true}} {
		if text := refused(t, 2, a.spec(sketch, object{"create": true, "delete_existing": true}, bad)); !strings.Contains(text, "delete_existing: ") {
			t.Errorf("%v: got %q", bad, text)
		}
	}
	if !maps.Equal(listing(t, a.dir), before) {
		t.Error("something was deleted")
	}
}

func TestConstraintsThatDoNotAgreeNameBothValues(t *testing.T) {
	a := makeDataset(t, volume{shape: []int64{7, 10, 12}, chunk: []int64{3, 4, 5}, fill: 42})
	schema := func(name string, value any) object { return object{"schema": object{name: value}} }
	for _, c := range []struct {
		status int
		more   object
		parts  []string
	}{
		{1, object{"dtype": "uint8"}, []string{"uint8", "uint16"}},
		{1, object{"rank": 2}, []string{"2", "3"}},
		{2, object{"rank": 2, "transform": object{"input_rank": 3}}, []string{"rank: ", "2", "3"}},
		{2, object{"rank": 33}, []string{"rank: ", "33"}},
		{2, object{"dtype": "uint8", "schema": object{"dtype": "int8"}}, []string{"dtype: ", "uint8", "int8"}},
		{2, object{"rank": 2, "schema": object{"rank": 3}}, []string{"rank: ", "2", "3"}},
		{1, object{"transform": object{"input_rank": 2}}, []string{"2", "3"}},
		{1, object{"transform": object{"input_inclusive_min": []int{-1, 0, 0}, "input_shape": []int{2, 2, 2}}}, []string{"[-1, 1)", "[0, 7"}},
		{1, schema("domain", object{"shape": []int{7, 10, 13}}), []string{"7 10 13", "7 10 12"}},
		{1, schema("chunk_layout", object{"chunk": object{"shape": []int{3, 4, 6}}}), []string{"3,4,6", "3,4,5"}},
		{1, schema("chunk_layout", object{"inner_order": []int{2, 1, 0}}), []string{"2,1,0", "0,1,2"}},
		{1, schema("fill_value", 8), []string{"8", "42"}},
		{1, schema("codec", object{"driver": "zarr", "compressor": nil}), []string{"null", "blosc"}},
		{1, object{"metadata": object{"shape": []int{7, 10, 13}}}, []string{"shape", "13", "12"}},
		{1, object{"metadata": object{"dtype": "<u4"}}, []string{"dtype", "<u4", "<u2"}},
	} {
		text := strings.ReplaceAll(refused(t, c.status, a.spec(c.more)), ", ", ",")
		for _, part := range c.parts {
			spaced := strings.ReplaceAll(part, " ", ",")
			if !strings.Contains(text, strings.ReplaceAll(part, ", ", ",")) && !strings.Contains(text, spaced) && !strings.Contains(text, strings.ReplaceAll(spaced, ",", " ")) {
				t.Errorf("%v: got %q, want it to name %s", c.more, text, part)
			}
		}
	}
}

func TestUnknownMembersAreNamed(t *testing.T) {
	a := makeDataset(t, small)
	for path, more := range map[string]object{
		"recheck":                    {"recheck": true},
		"schema.shape":               {"schema": object{"shape": []int{1}}},
		"transform.rank":             {"transform": object{"input_rank": 3, "rank": 3}},
		"context.cache_pool.size":    {"context": object{"cache_pool": object{"size": 1}}},
		"kvstore.file":               {"kvstore": object{"driver": "file", "path": a.dir + "/", "file": 1}},
		"metadata.foo":               {"metadata": object{"foo": 1}},
		"schema.chunk_layout.chunks": {"schema": object{"chunk_layout": object{"chunks": 1}}},
		"scale_index":                {"scale_index": 0},
	} {
		if text := refused(t, 2, a.spec(more)); !strings.HasPrefix(text, "tsmount: spec: "+path+": ") {
			t.Errorf("%v: got %q, want an error about %s", more, text, path)
		}
	}
}

// TestWhatWeCreateOthersOpen creates an array of each format by mounting it.
// TensorStore and zarr-python open it, TensorStore writes to it, and the mount
// shows that.
func TestWhatWeCreateOthersOpen(t *testing.T) {
	py := python(t, "numpy", "tensorstore")
	dir := folder(t, "created")
	mounts := map[string]*mount{}
	for _, f := range formats.Formats() {
		shape := []int64{20, 30}
		if f.Name() == "neuroglancer_precomputed" {
			shape = []int64{20, 30, 5, 2}
		}
		schema := object{"domain": object{"shape": shape}}
		if f.Name() == "zarr" || f.Name() == "zarr3" {
			schema["fill_value"] = 7
		}
		at := filepath.Join(dir, f.Name())
		mounts[f.Name()] = start(t, with(f.Name(), at, object{"dtype": "uint16", "schema": schema, "create": true}))
	}
	args := []string{"testdata/pages_created.py", dir}
	for name, m := range mounts {
		args = append(args, name+"="+m.at)
	}
	t.Log(tool(t, py, args...))
}
