package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestTransformedMountsWrite writes through a transform of each kind, also those
// that show an element twice: what is written last counts.
func TestTransformedMountsWrite(t *testing.T) {
	for _, c := range transforms {
		t.Run(c.name, func(t *testing.T) {
			a := makeTarget(t, "zarr", []int64{6, 8}, []int64{4, 3}, 42)
			copy(a.data, noise(1, len(a.data)))
			plain := writable(t, a.spec())
			plain.putFile("array.raw", a.data, 0)
			plain.stop()
			m := writable(t, a.spec(object{"transform": c.transform}))
			places := c.places(t, m)
			f := m.openFlags("array.raw", os.O_RDWR)
			for seed, piece := range [][2]int{{0, 2 * len(places)}, {3, 5}, {1, 2*len(places) - 1}, {7, 8}} {
				data := noise(seed+2, piece[1]-piece[0])
				put(t, f, data, int64(piece[0]))
				for i, b := range data {
					at := piece[0] + i
					a.data[places[at/2]+int64(at%2)] = b
				}
				expect(t, "the view", readFile(t, m.path("array.raw")), elementsAt(a, places))
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			expect(t, "the array", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
			if err := openFor(m.path("array.raw"), os.O_WRONLY|os.O_TRUNC); err != nil {
				t.Fatal(err)
			}
			for _, at := range places {
				copy(a.data[at:at+2], number(a.fill))
			}
			expect(t, "the view that was truncated", readFile(t, m.path("array.raw")), elementsAt(a, places))
			expect(t, "the array whose view was truncated", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
		})
	}
}

func elementsAt(a *target, places []int64) (data []byte) {
	for _, at := range places {
		data = append(data, a.data[at:at+2]...)
	}
	return data
}

// places returns where in the array the elements of array.raw are.
func (c *transformed) places(t *testing.T, m *mount) (list []int64) {
	t.Helper()
	var info infoDocument
	if err := json.Unmarshal(readFile(t, m.path("info.json")), &info); err != nil {
		t.Fatal(err)
	}
	order := info.Files["array.raw"].Order
	shape := make([]int64, len(order))
	for i, dim := range order {
		shape[i] = c.shape[dim]
	}
	for p := range positions(shape) {
		in := make([]int64, len(order))
		for i, dim := range order {
			in[dim] = c.origin[dim] + p[i]
		}
		y, x := c.at(in)
		list = append(list, 2*(y*8+x))
	}
	return list
}

// TestFieldsAreWrittenAlone writes fields of an array of structures: bytes of
// other fields stay as they are, also where a field is truncated.
func TestFieldsAreWrittenAlone(t *testing.T) {
	a := makeTarget(t, "zarr", []int64{10}, []int64{4}, 0)
	a.editMetadata(t, object{"dtype": []any{[]any{"a", "<u2"}, []any{"b", "|u1"}, []any{"c", ">f4"}}, "fill_value": nil})
	const size = 7
	records := noise(1, 12*size)
	for i := range 3 {
		renameInto(t, filepath.Join(a.dir, strconv.Itoa(i)), records[i*4*size:][:4*size])
	}
	settle()
	stored := func(what string) {
		t.Helper()
		var got []byte
		for i := range 3 {
			got = append(got, readFile(t, filepath.Join(a.dir, strconv.Itoa(i)))...)
		}
		expect(t, what, got[:10*size], records[:10*size])
	}
	b := writable(t, a.spec(object{"field": "b"}))
	b.putFile("array.raw", noise(2, 10), 0)
	for i, v := range noise(2, 10) {
		records[i*size+2] = v
	}
	stored("after writing b")
	c := writable(t, a.spec(object{"field": "c"}))
	data := noise(3, 9) // from the middle of element 3 to that of element 5
	c.putFile("array.raw", data, 3*4+2)
	for i, v := range data {
		at := 3*4 + 2 + i
		records[at/4*size+3+(3-at%4)] = v // stored big-endian, read little-endian
	}
	stored("after writing a part of c")
	if err := openFor(c.path("at/2:9.raw"), os.O_WRONLY|os.O_TRUNC); err != nil {
		t.Fatal(err)
	}
	for i := 2; i < 9; i++ {
		clear(records[i*size+3 : i*size+7])
	}
	stored("after truncating c[2:9]")
	want := make([]byte, 0, 10)
	for i := range 10 {
		want = append(want, records[i*size+2])
	}
	expect(t, "b through its mount", readFile(t, b.path("array.raw")), want)
}

// TestWritesWhileTheArrayGrows writes before an array grows, and through the
// same handle the rows that are new.
func TestWritesWhileTheArrayGrows(t *testing.T) {
	for _, kind := range []string{"zarr", "zarr3"} {
		a := makeTarget(t, kind, []int64{6, 8}, []int64{4, 4}, 42)
		grown := makeTarget(t, kind, []int64{9, 8}, []int64{4, 4}, 42)
		m := writable(t, a.spec(recheck(true, true)))
		f := m.openFlags("array.raw", os.O_RDWR)
		first := noise(1, len(a.data))
		put(t, f, first, 0) // all that the chunks have, which is a part soon
		copy(grown.data, first)
		a.resize(t, 9)
		last := noise(2, 24)
		put(t, f, last, int64(len(grown.data)-24))
		copy(grown.data[len(grown.data)-24:], last)
		expect(t, "through the handle", whole(t, f, len(grown.data)), grown.data)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		expect(t, "what is stored", readFile(t, start(t, a.spec()).path("array.raw")), grown.data)
	}
}

// TestWritersOfAFullStoreGetTheError writes more than may be queued to a store
// that takes nothing: a write fails, and its bytes are not taken.
func TestWritersOfAFullStoreGetTheError(t *testing.T) {
	const rows, row = 16, 64 << 10 // a handle keeps the last rows in use
	a := makeTarget(t, "zarr", []int64{rows, row / 2}, []int64{1, row / 2}, 42)
	var away []func()
	for i := range int64(rows) {
		away = append(away, obstruct(t, a, i, 0))
	}
	limits := object{"context": object{"cache_pool": object{"total_bytes_limit": 0, "queued_for_writeback_bytes_limit": 2 * row}}}
	m := writable(t, a.spec(limits), "--drain-timeout", "1s")
	f := m.openFlags("array.raw", os.O_RDWR)
	want := bytes.Clone(a.data)
	turn := 0
	eventually(t, "a write fails", func() bool {
		data, at := noise(turn, row), turn%rows*row
		turn++
		if _, err := f.WriteAt(data, int64(at)); err != nil {
			return true
		}
		copy(want[at:], data)
		return false
	})
	for i := range rows { // one after the other: rows to which nothing was written cannot be read
		if data := want[i*row:][:row]; !bytes.Equal(data, a.data[i*row:][:row]) {
			expect(t, "what was taken", readFile(t, m.path("slices/0/"+strconv.Itoa(i)+".raw")), data)
		}
	}
	for _, clear := range away {
		clear()
	}
	put(t, f, noise(turn, row), row)
	copy(want[row:], noise(turn, row))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("write %d failed", turn)
	expect(t, "what is stored", readFile(t, start(t, a.spec()).path("array.raw")), want)
}
