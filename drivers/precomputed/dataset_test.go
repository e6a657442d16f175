package precomputed

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers"
)

// TestMortonCodes holds the vectors of TensorStore's tests and of formats' own.
func TestMortonCodes(t *testing.T) {
	for _, c := range []struct {
		bits [3]int
		cell [3]int64
		code uint64
	}{
		{[3]int{4, 2, 1}, [3]int64{1, 0, 0}, 1}, {[3]int{4, 2, 1}, [3]int64{0, 1, 0}, 2}, {[3]int{4, 2, 1}, [3]int64{2, 0, 1}, 12},
		{[3]int{4, 2, 1}, [3]int64{2, 3, 0}, 26}, {[3]int{4, 2, 1}, [3]int64{9, 2, 1}, 85},
	} {
		if got := (morton{c.bits}).code(c.cell[:]); got != c.code {
			t.Errorf("%v of %v bits: got %d, want %d", c.cell, c.bits, got, c.code)
		}
	}
	for _, c := range []struct {
		grid, cell [3]int64
		code       uint64
	}{
		{[3]int64{3, 2, 5}, [3]int64{2, 1, 4}, 42}, {[3]int64{4, 4, 1}, [3]int64{3, 2, 0}, 13},
		{[3]int64{10, 3, 1}, [3]int64{9, 2, 0}, 41}, {[3]int64{5, 6, 7}, [3]int64{4, 5, 6}, 482},
	} {
		if got := newMorton(c.grid).code(c.cell[:]); got != c.code {
			t.Errorf("%v of %v: got %d, want %d", c.cell, c.grid, got, c.code)
		}
	}
	if got := newMorton([3]int64{4, 4, 12}).bits; got != [3]int{2, 2, 4} {
		t.Errorf("bits %v", got)
	}
}

func TestChunkKeys(t *testing.T) {
	d := openDoc(t, edited(t, "", `{"key":"a/b","size":[10,99,98],"voxel_offset":[-2,4,6],"chunk_sizes":[[64,64,64]]}`), `{}`)
	if got := d.ChunkKey([]int64{0, 1, 0, 0}); got != "a/b/-2-8_68-103_6-70" {
		t.Errorf("got %s", got)
	}
	const sharding = `"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":2,"hash":"identity","minishard_bits":1,"shard_bits":5}`
	d = openDoc(t, edited(t, "", `{"size":[80,24,1],"chunk_sizes":[[8,8,1]],`+sharding+`}`), `{}`)
	cell := []int64{9, 2, 0, 0} // code 41, of which 3 bits are below the shard
	if got := d.ChunkKey(cell); got != "k/05.shard#41" || d.WriteGroup(cell) != "k/05.shard" {
		t.Errorf("got %s in %s", got, d.WriteGroup(cell))
	}
}

// TestChunksAreClipped: the vector of TensorStore's driver_test.cc.
func TestChunksAreClipped(t *testing.T) {
	d := openDoc(t, edited(t, `{"data_type":"uint16","num_channels":4}`, `{"size":[10,99,98],"voxel_offset":[1,2,3],"chunk_sizes":[[3,2,2]]}`), `{}`)
	cell := []int64{3, 3, 2, 0}
	if got := d.ChunkKey(cell); got != "k/10-11_8-10_7-9" {
		t.Errorf("got %s", got)
	}
	enc := make([]byte, 32) // one x, two y, two z, four channels
	for i := range enc {
		enc[i] = byte(i + 1)
	}
	chunk := bytes.Repeat([]byte{0xff}, 96)
	if err := d.Decode(chunk, enc, cell); err != nil {
		t.Fatal(err)
	}
	for i := range 16 {
		if got, want := chunk[6*i:6*i+6], []byte{enc[2*i], enc[2*i+1], 0, 0, 0, 0}; !bytes.Equal(got, want) {
			t.Errorf("row %d: got %v, want %v", i, got, want)
		}
	}
	if back, err := d.Encode(nil, chunk, cell); err != nil || !bytes.Equal(back, enc) {
		t.Errorf("encoded %v, %v", back, err)
	}
	for _, n := range []int{0, 31, 33, 96} {
		if err := d.Decode(chunk, make([]byte, n), cell); !errors.Is(err, drivers.ErrCorrupt) {
			t.Errorf("%d bytes: got %v, want ErrCorrupt", n, err)
		}
	}
	if err := d.Decode(chunk, enc, []int64{4, 0, 0, 0}); !errors.Is(err, drivers.ErrCorrupt) {
		t.Errorf("a cell outside: got %v", err)
	}
}

// encodings are scales that hold any elements of their volume.
var encodings = map[string]struct{ info, scale string }{
	"raw":  {`{"data_type":"float32","num_channels":2}`, `{}`},
	"png":  {`{"data_type":"uint16","num_channels":3}`, `{"encoding":"png"}`},
	"cseg": {`{"data_type":"uint32","num_channels":2}`, `{"encoding":"compressed_segmentation","compressed_segmentation_block_size":[3,2,8]}`},
	"gzip": {`{"data_type":"uint64"}`, `{"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"murmurhash3_x86_128","minishard_bits":1,"shard_bits":2,"data_encoding":"gzip"}}`},
	"gzip cseg": {`{"data_type":"uint64"}`, `{"encoding":"compressed_segmentation","compressed_segmentation_block_size":[8,8,8],
		"sharding":{"@type":"neuroglancer_uint64_sharded_v1","preshift_bits":1,"hash":"identity","minishard_bits":1,"shard_bits":2,"data_encoding":"gzip"}}`},
}

func encodingDataset(t testing.TB, name string) *dataset {
	t.Helper()
	e := encodings[name]
	doc := edited(t, e.info, e.scale)
	var scales = `{"chunk_sizes":[[4,5,6]]}`
	doc = bytes.Replace(doc, []byte(`"chunk_sizes":[[4,5,6],[8,8,8]]`), []byte(scales[1:len(scales)-1]), 1)
	return openDoc(t, doc, `{}`)
}

func TestEveryFormOfAChunkRoundTrips(t *testing.T) {
	for name := range encodings {
		d := encodingDataset(t, name)
		chunk, got := make([]byte, d.bytes), make([]byte, d.bytes)
		for i := range chunk {
			chunk[i] = byte(i * i >> 3)
		}
		for _, cell := range [][]int64{{0, 0, 0, 0}, {2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}, {2, 3, 4, 0}} {
			enc, err := d.Encode(nil, chunk, cell)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := d.Decode(got, enc, cell); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			again, err := d.Encode(nil, got, cell)
			if err != nil || !bytes.Equal(again, enc) {
				t.Errorf("%s %v: other bytes the second time, %v", name, cell, err)
			}
			for _, bad := range [][]byte{nil, enc[:len(enc)-1], append(slices.Clone(enc), enc...)} {
				if err := d.Decode(got, bad, cell); !strings.HasSuffix(name, "cseg") && !errors.Is(err, drivers.ErrCorrupt) {
					t.Errorf("%s %v: damaged: got %v, want ErrCorrupt", name, cell, err)
				}
			}
		}
	}
}

func TestJPEGRefusesWriting(t *testing.T) {
	d := openDoc(t, edited(t, "", `{"encoding":"jpeg"}`), `{}`)
	if err := d.schema.WriteRefusal; !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if _, err := d.Encode(nil, make([]byte, d.bytes), make([]int64, 4)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Encode: got %v", err)
	}
}

func TestDecodeAllocatesLittle(t *testing.T) {
	for name := range encodings {
		d := encodingDataset(t, name)
		for _, cell := range [][]int64{{0, 0, 0, 0}, {2, 3, 4, 0}} {
			chunk := make([]byte, d.bytes)
			enc, err := d.Encode(nil, chunk, cell)
			if err != nil {
				t.Fatal(err)
			}
			n := testing.AllocsPerRun(100, func() {
				if err := d.Decode(chunk, enc, cell); err != nil {
					t.Fatal(err)
				}
			})
			if n > 5 { // png keeps what its header says; the pools may be emptied
				t.Errorf("%s %v: %v allocations", name, cell, n)
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, encoding := range []string{`"raw"`, `"png"`, `"compressed_segmentation","compressed_segmentation_block_size":[8,8,8]`} {
		for _, size := range []int{64, 63} {
			dtype := "uint16"
			if encoding[1] == 'c' {
				dtype = "uint32"
			}
			b.Run(fmt.Sprintf("%.12s/%d", encoding[1:], size), func(b *testing.B) {
				doc := fmt.Sprintf(`{"type":"image","data_type":%q,"num_channels":1,"scales":[{"key":"k","size":[%d,%d,%d],"resolution":[1,1,1],"chunk_sizes":[[64,64,64]],"encoding":%s}]}`,
					dtype, size, size, size, encoding)
				d := openDoc(b, []byte(doc), `{}`)
				chunk, cell := make([]byte, d.bytes), make([]int64, 4)
				for i := 0; i < len(chunk); i += 2 {
					chunk[i] = byte(i / 97)
				}
				enc, err := d.Encode(nil, chunk, cell)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(d.bytes)
				b.ReportAllocs()
				for b.Loop() {
					if err := d.Decode(chunk, enc, cell); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
