package zarr

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers"
)

func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + 1)
	}
	return b
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestChunksOfOtherWriters holds chunks that zarr-python 2.13, numcodecs and
// TensorStore wrote, and their elements.
func TestChunksOfOtherWriters(t *testing.T) {
	for _, c := range []struct {
		name        string
		doc         []byte
		members     string
		enc, chunk  string
		onlyDecodes bool // other bytes decode to the same
	}{
		{"big-endian", zarray("shape", "[2,3]", "chunks", "[2,2]", "dtype", `">i2"`), "{}", "0001000200040005", "0100020004000500", false},
		{"record, field y", zarray("shape", "[3]", "chunks", "[3]", "dtype", `[["x","|b1"],["y",">f4"]]`, "fill_value", `"AAAAAAA="`), `{"field":"y"}`,
			"01 40200000 01 40600000 00 00000000", "010100 00002040 00006040 00000000", false},
		{"record as void", zarray("shape", "[3]", "chunks", "[3]", "dtype", `[["x","|b1"],["y",">f4"]]`, "fill_value", `"AAAAAAA="`), `{"open_as_void":true}`,
			"01 40200000 01 40600000 00 00000000", "01 40200000 01 40600000 00 00000000", false},
		{"int4", zarray("shape", "[4]", "chunks", "[4]", "dtype", `"int4"`, "fill_value", "null"), "{}", "17 08 0f f0", "07 f8 ff 00", true},
		{"lz4", zarray("shape", "[8]", "chunks", "[8]", "dtype", `"<i2"`, "compressor", `{"id":"lz4","acceleration":1}`), "{}",
			"10000000f00100000100020003000400050006000700", "00000100020003000400050006000700", true},
		{"delta", zarray("shape", "[4]", "chunks", "[4]", "dtype", `"<i4"`, "filters", `[{"id":"delta","dtype":"<i4","astype":"<i2"}]`), "{}",
			"0a00 0200 0300 0400", "0a000000 0c000000 0f000000 13000000", false},
		{"shuffle", zarray("shape", "[4]", "chunks", "[4]", "dtype", `"<i4"`, "filters", `[{"id":"shuffle","elementsize":4}]`), "{}",
			"01020304 000000000000000000000000", "01000000 02000000 03000000 04000000", false},
		{"fixedscaleoffset", zarray("shape", "[2]", "chunks", "[2]", "dtype", `"<f8"`, "fill_value", "0",
			"filters", `[{"id":"fixedscaleoffset","offset":1,"scale":10,"dtype":"<f8","astype":"|u1"}]`), "{}", "050f", "000000000000f83f 0000000000000440", false},
	} {
		d := open(t, c.doc, c.members)
		enc, want := unhex(t, c.enc), unhex(t, c.chunk)
		cell := make([]int64, d.schema.Rank())
		got := make([]byte, d.schema.ChunkBytes())
		if err := d.Decode(got, enc, cell); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: decoded %x, %v, want %x", c.name, got, err, want)
			continue
		}
		back, err := d.Encode(nil, got, cell)
		if err != nil || !c.onlyDecodes && !bytes.Equal(back, enc) {
			t.Errorf("%s: encoded %x, %v, want %x", c.name, back, err, enc)
		}
	}
}

func TestChunksOfOtherLengthsAreCorrupt(t *testing.T) {
	for _, compressor := range []string{
		"null", `{"id":"zlib"}`, `{"id":"gzip"}`, `{"id":"bz2"}`, `{"id":"zstd"}`, `{"id":"blosc"}`, `{"id":"lz4"}`, `{"id":"lzma"}`, `{"id":"lzma","format":2}`,
	} {
		long := open(t, zarray("shape", "[64]", "chunks", "[64]", "compressor", compressor), "{}")
		short := open(t, zarray("shape", "[60]", "chunks", "[60]", "compressor", compressor), "{}")
		chunk := ramp(128)
		enc, err := long.Encode(nil, chunk, []int64{0})
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, 120)
		if err := short.Decode(dst, enc, []int64{0}); !errors.Is(err, drivers.ErrCorrupt) {
			t.Errorf("%s, too long: got %v, want ErrCorrupt", compressor, err)
		}
		if enc, err = short.Encode(enc, chunk[:120], []int64{0}); err != nil {
			t.Fatal(err)
		}
		if err := long.Decode(chunk, enc, []int64{0}); !errors.Is(err, drivers.ErrCorrupt) {
			t.Errorf("%s, too short: got %v, want ErrCorrupt", compressor, err)
		}
		if err := long.Decode(chunk, nil, []int64{0}); !errors.Is(err, drivers.ErrCorrupt) {
			t.Errorf("%s, nothing: got %v, want ErrCorrupt", compressor, err)
		}
		if err := short.Decode(dst, append(slices.Clone(enc), 0), []int64{0}); !errors.Is(err, drivers.ErrCorrupt) {
			t.Errorf("%s, a byte after the end: got %v, want ErrCorrupt", compressor, err)
		}
	}
}

func TestBoolsMustBeBools(t *testing.T) {
	d := open(t, zarray("shape", "[9]", "chunks", "[9]", "dtype", `"|b1"`, "fill_value", "null"), "{}")
	chunk := make([]byte, 9)
	err := d.Decode(chunk, []byte{0, 1, 0, 1, 0, 1, 0, 1, 2}, []int64{0})
	if !errors.Is(err, drivers.ErrCorrupt) || !strings.Contains(err.Error(), "chunk 0") {
		t.Errorf("got %v, want ErrCorrupt that names the chunk", err)
	}
	got, err := d.Encode(nil, []byte{0, 1, 2, 255, 0, 0, 0, 0, 1}, []int64{0})
	if want := []byte{0, 1, 1, 1, 0, 0, 0, 0, 1}; err != nil || !bytes.Equal(got, want) {
		t.Errorf("encoded %v, %v, want %v", got, err, want)
	}
	record := open(t, zarray("shape", "[1]", "chunks", "[1]", "dtype", `[["x","|b1"],["y","|u1"]]`, "fill_value", "null"), `{"field":"y"}`)
	chunk = make([]byte, 2)
	if err := record.Decode(chunk, []byte{2, 9}, []int64{0}); err != nil {
		t.Errorf("a bad bool in a field that is not shown: got %v", err)
	}
	if got, err := record.Encode(nil, chunk, []int64{0}); err != nil || !bytes.Equal(got, []byte{2, 9}) {
		t.Errorf("encoded %v, %v, want what was stored", got, err)
	}
}

func TestBigEndianWithEveryCompressor(t *testing.T) {
	for _, compressor := range []string{"null", `{"id":"zlib"}`, `{"id":"blosc"}`, `{"id":"zstd","checksum":true}`} {
		for _, dtype := range []string{">u2", ">f4", ">i8", ">c8", ">c16"} {
			d := open(t, zarray("shape", "[100]", "chunks", "[33]", "dtype", `"`+dtype+`"`, "fill_value", "null", "compressor", compressor), "{}")
			chunk := ramp(int(d.schema.ChunkBytes()))
			enc, err := d.Encode(nil, chunk, []int64{0})
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(chunk))
			if err := d.Decode(got, enc, []int64{0}); err != nil || !bytes.Equal(got, chunk) {
				t.Errorf("%s %s: %v", dtype, compressor, err)
			}
		}
	}
}

func TestFiltersInAChain(t *testing.T) {
	d := open(t, zarray("shape", "[50]", "chunks", "[20]", "dtype", `">i4"`, "compressor", `{"id":"blosc"}`,
		"filters", `[{"id":"delta","dtype":">i4","astype":"<i8"},{"id":"shuffle","elementsize":8},{"id":"delta","dtype":"|u1"}]`), "{}")
	if d.schema.WriteRefusal != nil {
		t.Errorf("exact filters refuse writing: %v", d.schema.WriteRefusal)
	}
	chunk, got := ramp(80), make([]byte, 80)
	enc, err := d.Encode(nil, chunk, []int64{0})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(got, enc, []int64{0}); err != nil || !bytes.Equal(got, chunk) {
		t.Errorf("got %x, %v, want %x", got, err, chunk)
	}
}

func TestInexactFiltersRefuseWriting(t *testing.T) {
	for _, filter := range []string{
		`{"id":"delta","dtype":"<u2","astype":"|u1"}`, `{"id":"fixedscaleoffset","offset":0,"scale":1,"dtype":"<u2"}`,
	} {
		d := open(t, zarray("filters", "["+filter+"]"), "{}")
		if err := d.schema.WriteRefusal; !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: got %v, want ErrUnsupported", filter, err)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, c := range []struct{ dtype, compressor, members string }{
		{`">u2"`, "null", "{}"}, {`"<u2"`, `{"id":"blosc"}`, "{}"}, {`[["x","|b1"],["y",">f4"]]`, "null", `{"field":"y"}`},
	} {
		d := open(t, zarray("shape", "[4096]", "chunks", "[4096]", "dtype", c.dtype, "fill_value", "null", "compressor", c.compressor), c.members)
		chunk := make([]byte, d.schema.ChunkBytes())
		cell := []int64{0}
		enc, err := d.Encode(nil, chunk, cell)
		if err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(100, func() {
			if err := d.Decode(chunk, enc, cell); err != nil {
				t.Fatal(err)
			}
		})
		if n > 1 { // the pools may be emptied by a collection
			t.Errorf("%s %s: %v allocations", c.dtype, c.compressor, n)
		}
	}
}
