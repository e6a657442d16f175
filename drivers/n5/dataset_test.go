package n5

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"tsmount/drivers"
	"tsmount/drivers/codec"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// u2 returns the numbers as little-endian elements.
func u2(numbers ...uint16) (out []byte) {
	for _, n := range numbers {
		out = binary.LittleEndian.AppendUint16(out, n)
	}
	return out
}

// TestBlocksOfTheSpecification holds the examples of the N5 README and of
// TensorStore's driver/n5/*_compressor_test.cc, and those of zarr-python 2 and
// lz4-java.
func TestBlocksOfTheSpecification(t *testing.T) {
	const header = "0000 0003 00000001 00000002 00000003"
	for _, c := range []struct{ compression, body string }{
		{`{"type":"raw"}`, "000100020003000400050006"},
		{`{"type":"gzip"}`, "1f8b08000000000000006360646062606660616065600300aaea6dbf0c000000"},
		{`{"type":"bzip2"}`, "425a6839314159265359023e0dd200000040007f002000310c010d31a87394337c5dc914e1424008f83748"},
		{`{"type":"xz"}`, "fd377a585a000004e6d6b4460200210116000000742fe5a301000b000100020003000400050006000d0309ca34ec15a70001240ca618d8d81fb6f37d010000000004595a"},
		{`{"type":"blosc","cname":"zstd","clevel":5,"shuffle":2}`, "020196020c0000000c0000001c000000000100020003000400050006"},
		{`{"type":"lz4"}`, "0c000000 c0 000100020003000400050006"}, // zarr-python 2
		{`{"type":"lz4"}`, "c0 000100020003000400050006"},          // z5
	} {
		d := open(t, attributes("dimensions", "[1,2,3]", "blockSize", "[1,2,3]", "compression", c.compression))
		got, cell := make([]byte, 12), []int64{0, 0, 0}
		want := u2(1, 2, 3, 4, 5, 6)
		if err := d.Decode(got, unhex(t, header+c.body), cell); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: decoded %x, %v, want %x", c.compression, got, err, want)
		}
		enc, err := d.Encode(nil, want, cell)
		if err != nil || !bytes.HasPrefix(enc, unhex(t, header)) {
			t.Errorf("%s: encoded %x, %v", c.compression, enc, err)
			continue
		}
		if err := d.Decode(got, enc, cell); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: decoded %x, %v from %x, want %x", c.compression, got, err, enc, want)
		}
	}
}

func TestSmallerBlocksAreFilledUpWithZeros(t *testing.T) {
	for _, c := range []struct {
		block, header, body string
		want                []byte
	}{
		{"[1,2,3]", "0000 0003 00000001 00000002 00000002", "0001000200030004", u2(1, 2, 3, 4, 0, 0)},
		{"[3,2]", "0000 0002 00000002 00000002", "0001000200030004", u2(1, 2, 0, 3, 4, 0)},
		{"[3,2]", "0000 0002 00000003 00000001", "000100020003", u2(1, 2, 3, 0, 0, 0)},
		{"[2,2,2]", "0000 0003 00000001 00000002 00000001", "00010002", u2(1, 0, 2, 0, 0, 0, 0, 0)},
		{"[2,2,2]", "0000 0003 00000002 00000001 00000002", "0001000200030004", u2(1, 2, 0, 0, 3, 4, 0, 0)},
		{"[3,2]", "0000 0002 00000003 00000000", "", u2(0, 0, 0, 0, 0, 0)},
		{"[3,2]", "0000 0002 00000000 00000002", "", u2(0, 0, 0, 0, 0, 0)},
		{"[3,2]", "0001 0002 00000002 00000001 00000002", "00010002", u2(1, 2, 0, 0, 0, 0)},
	} {
		for _, compression := range []string{`{"type":"raw"}`, `{"type":"gzip"}`, `{"type":"zstd"}`, `{"type":"lz4"}`} {
			rank := strings.Count(c.block, ",") + 1
			d := open(t, attributes("dimensions", c.block, "blockSize", c.block, "compression", compression))
			body := unhex(t, c.body)
			if d.codec != nil {
				var err error
				if body, err = d.codec.Encode(nil, body); err != nil {
					t.Fatal(err)
				}
			}
			got := bytes.Repeat([]byte{0xa5}, len(c.want))
			err := d.Decode(got, append(unhex(t, c.header), body...), make([]int64, rank))
			if err != nil || !bytes.Equal(got, c.want) {
				t.Errorf("%s in %s, %s: got %x, %v, want %x", c.header, c.block, compression, got, err, c.want)
			}
		}
	}
}

// TestSpreadPutsEveryElementInItsPlace compares with the definition, for all
// shapes of blocks within one of 3x2x3x2.
func TestSpreadPutsEveryElementInItsPlace(t *testing.T) {
	full := []int64{3, 2, 3, 2}
	for code := range 4 * 3 * 4 * 3 {
		shape := []int64{int64(code % 4), int64(code / 4 % 3), int64(code / 12 % 4), int64(code / 48)}
		got, want := bytes.Repeat([]byte{0xa5}, 36), make([]byte, 36)
		n := byte(0)
		for l := range shape[3] {
			for k := range shape[2] {
				for j := range shape[1] {
					for i := range shape[0] {
						n++
						got[n-1], want[i+3*(j+2*(k+3*l))] = n, n
					}
				}
			}
		}
		if spread(got, shape, full, 1); !bytes.Equal(got, want) {
			t.Errorf("%v: got %v, want %v", shape, got, want)
		}
	}
}

func TestBadHeadersAreCorrupt(t *testing.T) {
	d := open(t, attributes("blockSize", "[4,5]"))
	chunk := make([]byte, 40)
	body := strings.Repeat("0001", 20)
	for what, enc := range map[string]string{
		"nothing":                "",
		"cut":                    "0000 0002 0000",
		"cut by a byte":          "0000 0002 00000004 000000",
		"varlength cut":          "0001 0002 00000004 00000005 0000",
		"kind object":            "0002 00000014" + body,
		"unknown kind":           "0007 0002 00000004 00000005" + body,
		"another rank":           "0000 0003 00000004 00000005 00000001" + body,
		"no dimensions":          "0000 0000" + body,
		"larger block":           "0000 0002 00000005 00000004" + body,
		"huge block":             "0000 0002 ffffffff ffffffff" + body,
		"elements missing":       "0000 0002 00000004 00000005" + body[4:],
		"elements left":          "0000 0002 00000004 00000005" + body + "0001",
		"another number, fewer":  "0001 0002 00000004 00000005 00000013" + body[4:],
		"another number, larger": "0001 0002 00000004 00000004 00000014" + body,
	} {
		err := d.Decode(chunk, unhex(t, enc), []int64{1, 0})
		if !errors.Is(err, drivers.ErrCorrupt) || !strings.Contains(err.Error(), "block 1/0") {
			t.Errorf("%s: got %v, want ErrCorrupt that names the block", what, err)
		}
	}
}

// compressions of the format, one of each kind.
var everyCompression = []string{
	`{"type":"raw"}`, `{"type":"gzip"}`, `{"type":"gzip","useZlib":true}`, `{"type":"bzip2"}`, `{"type":"xz"}`, `{"type":"lz4"}`, `{"type":"zstd"}`,
	`{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1}`, `{"type":"blosc","cname":"zstd","clevel":5,"shuffle":2}`,
}

func TestEveryTypeWithEveryCompression(t *testing.T) {
	for _, compression := range everyCompression {
		for _, dtype := range dtypes {
			d := open(t, attributes("dimensions", "[100]", "blockSize", "[33]", "dataType", `"`+dtype.String()+`"`, "compression", compression))
			chunk := make([]byte, d.schema.ChunkBytes())
			for i := range chunk {
				chunk[i] = byte(i * i / 7)
			}
			before, cell := slices.Clone(chunk), []int64{0}
			enc, err := d.Encode(make([]byte, 3, 5), chunk, cell)
			if err != nil || !bytes.Equal(chunk, before) {
				t.Fatalf("%v %s: %v, or the argument was changed", dtype, compression, err)
			}
			got := bytes.Repeat([]byte{0xa5}, len(chunk))
			if err := d.Decode(got, enc, cell); err != nil || !bytes.Equal(got, chunk) {
				t.Errorf("%v %s: %v", dtype, compression, err)
			}
			again, err := d.Encode(make([]byte, 0, 4096), chunk, cell)
			if err != nil || !bytes.Equal(again, enc) {
				t.Errorf("%v %s: encoded differently into a larger buffer, %v", dtype, compression, err)
			}
		}
	}
}

func TestBlocksOfOtherLengthsAreCorrupt(t *testing.T) {
	for _, compression := range everyCompression {
		d := open(t, attributes("dimensions", "[60]", "blockSize", "[60]", "compression", compression))
		for _, n := range []int{118, 122} {
			body := make([]byte, n)
			if d.codec != nil {
				var err error
				if body, err = d.codec.Encode(nil, body); err != nil {
					t.Fatal(err)
				}
			}
			err := d.Decode(make([]byte, 120), append(slices.Clone(d.header), body...), []int64{0})
			if !errors.Is(err, drivers.ErrCorrupt) {
				t.Errorf("%s, %d bytes: got %v, want ErrCorrupt", compression, n, err)
			}
		}
	}
}

// TestLZ4StreamsBeginWithTheirMagic says that we write what the Java library
// reads.
func TestLZ4StreamsBeginWithTheirMagic(t *testing.T) {
	d := open(t, attributes("dimensions", "[8]", "blockSize", "[8]", "compression", `{"type":"lz4","blockSize":64}`))
	enc, err := d.Encode(nil, make([]byte, 16), []int64{0})
	if err != nil || !bytes.HasPrefix(enc[len(d.header):], []byte("LZ4Block")) {
		t.Errorf("got %x, %v", enc, err)
	}
	numcodecs, err := codec.LZ4{}.Encode(nil, make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	for what, body := range map[string][]byte{"numcodecs": numcodecs, "bare": numcodecs[4:]} {
		if err := d.Decode(make([]byte, 16), append(slices.Clone(d.header), body...), []int64{0}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, compression := range []string{`{"type":"raw"}`, `{"type":"gzip"}`, `{"type":"blosc","cname":"lz4","clevel":5,"shuffle":1}`, `{"type":"lz4"}`} {
		d := open(t, attributes("dimensions", "[64,64]", "blockSize", "[64,64]", "compression", compression))
		chunk, cell := make([]byte, d.schema.ChunkBytes()), []int64{0, 0}
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
			t.Errorf("%s: %v allocations", compression, n)
		}
	}
}
