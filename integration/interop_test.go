package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python returns a Python that can import the modules. The test is skipped
// where there is none: `make test` makes one.
func python(t testing.TB, modules ...string) string {
	t.Helper()
	path, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if given := os.Getenv("TSMOUNT_PYTHON"); given != "" {
		path = given
	}
	if text, err := exec.Command(path, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		t.Skipf("no Python with %v (make test installs it): %v %s", modules, err, text)
	}
	return path
}

// TestNumPy loads files of the mount as NumPy does, whole and mapped.
func TestNumPy(t *testing.T) {
	py := python(t, "numpy")
	for _, v := range []volume{
		{dtype: "<u2", shape: []int64{9, 20, 31}, chunk: []int64{4, 8, 16}, fill: 3, missing: small.missing},
		{dtype: "<f8", shape: []int64{9, 20, 31}, chunk: []int64{4, 8, 16}, order: "F"},
		{dtype: "|u1", shape: []int64{1000}, chunk: []int64{300}},
		{dtype: ">i4", shape: []int64{1, 30, 1}, chunk: []int64{1, 7, 1}},
	} {
		t.Run(v.dtype+v.order, func(t *testing.T) {
			d := makeDataset(t, v)
			m := start(t, d.spec())
			expected := filepath.Join(folder(t, "npy"), "expected.raw")
			if err := os.WriteFile(expected, d.data, 0o644); err != nil {
				t.Fatal(err)
			}
			little := strings.Replace(v.dtype, ">", "<", 1)
			shape := strings.Trim(strings.ReplaceAll(fmt.Sprint(v.shape), " ", ","), "[]")
			t.Log(tool(t, py, "testdata/numpy_reads.py", m.at, expected, little, shape))
		})
	}
}

// TestTensorStore mounts what TensorStore writes, and compares the files with
// what it reads.
func TestTensorStore(t *testing.T) {
	py := python(t, "numpy", "tensorstore")
	data := folder(t, "tensorstore")
	tool(t, py, "testdata/tensorstore_writes.py", data)
	for _, name := range []string{"default", "fortran", "zstd"} {
		t.Run(name, func(t *testing.T) {
			m := start(t, "file://"+filepath.Join(data, name)+"/|zarr2:")
			expect(t, "array.raw", readFile(t, m.path("array.raw")), readFile(t, filepath.Join(data, name+".raw")))
			expect(t, "array.npy", readFile(t, m.path("array.npy")), readFile(t, filepath.Join(data, name+".npy")))
		})
	}
}

// eachSeed runs a test with one seed of random data, or with many if there is
// time ($TSMOUNT_LONG). $TSMOUNT_SEED runs the same again.
func eachSeed(t *testing.T, test func(t *testing.T, seed string)) {
	seeds := []string{"1"}
	if long {
		seeds = strings.Fields("2 3 4 5 6 7 8 9")
	}
	if seed := os.Getenv("TSMOUNT_SEED"); seed != "" {
		seeds = []string{seed}
	}
	for _, seed := range seeds {
		t.Run(seed, func(t *testing.T) { test(t, seed) })
	}
}

// TestTensorStoreAgreesOnRandomArrays mounts arrays of all four drivers with
// random data types, shapes, chunks, codecs and shards, compares every element
// with what TensorStore reads, writes to them, and compares again what
// TensorStore finds.
func TestTensorStoreAgreesOnRandomArrays(t *testing.T) {
	py := python(t, "numpy", "tensorstore")
	count := "60"
	if long {
		count = "250"
	}
	eachSeed(t, func(t *testing.T, seed string) {
		data := folder(t, "random")
		tool(t, py, "testdata/random_arrays.py", "make", seed, count, data)
		m := start(t, object{"kvstore": "file://" + data + "/"}, "--writable")
		t.Log(tool(t, py, "testdata/random_arrays.py", "check", seed, data, m.at))
	})
}

// TestTensorStoreAgreesOnRandomViews does so with what operations of
// TensorStore's indexing make of arrays: each view is a mount of its own.
func TestTensorStoreAgreesOnRandomViews(t *testing.T) {
	py := python(t, "numpy", "tensorstore")
	eachSeed(t, func(t *testing.T, seed string) {
		data := folder(t, "views")
		tool(t, py, "testdata/random_views.py", "make", seed, "40", data)
		var specs []any
		if err := json.Unmarshal(readFile(t, filepath.Join(data, "specs.json")), &specs); err != nil {
			t.Fatal(err)
		}
		mounts := make([]object, len(specs))
		for i, spec := range specs {
			mounts[i] = object{"spec": spec, "writable": true}
		}
		d := startTogether(t, object{}, mounts...)
		t.Log(tool(t, py, "testdata/random_views.py", "check", seed, data, filepath.Dir(d.at)))
	})
}
