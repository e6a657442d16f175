package scalar

import (
	"bytes"
	"encoding/json"
	"testing"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

func value(t *testing.T, doc string) strictjson.Value {
	t.Helper()
	v, err := strictjson.Parse([]byte(doc), "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSpellingsByStyle(t *testing.T) {
	for _, c := range []struct {
		doc                string
		dtype              arrayview.DType
		text, schema, bits bool // taken
	}{
		{`1.5`, arrayview.Float32, true, true, true},
		{`"NaN"`, arrayview.Float32, true, true, true},
		{`"-Infinity"`, arrayview.Float64, true, true, true},
		{`"nan"`, arrayview.Float32, false, true, false},
		{`"1.5"`, arrayview.Float32, true, true, false},
		{`"0x7fc00001"`, arrayview.Float32, true, true, true},
		{`"0x7fc000010"`, arrayview.Float32, true, true, false},
		{`"0X1"`, arrayview.Float32, true, true, false},
		{`7`, arrayview.Uint8, true, true, true},
		{`7.0`, arrayview.Uint8, true, true, true},
		{`"7"`, arrayview.Uint8, true, true, false},
		{`256`, arrayview.Uint8, false, false, false},
		{`9`, arrayview.Int4, true, false, false},
		{`[1,"NaN"]`, arrayview.Complex64, true, true, true},
		{`1`, arrayview.Complex64, false, false, false},
		{`1`, arrayview.Bool, false, false, false},
		{`null`, arrayview.Int16, false, false, false},
	} {
		for style, want := range map[Style]bool{Text: c.text, Schema: c.schema, Bits: c.bits} {
			err := Parse(make([]byte, c.dtype.Size()), value(t, c.doc), c.dtype, style)
			if (err == nil) != want {
				t.Errorf("%s as %v in style %d: got %v", c.doc, c.dtype, style, err)
			}
		}
	}
}

func TestOddNaNsAreFormattedAsBits(t *testing.T) {
	for doc, want := range map[string]string{`"0x7fc00001"`: `"0x7fc00001"`, `"NaN"`: `"NaN"`, `"0x1"`: `1.401298464324817e-45`} {
		element := make([]byte, 4)
		if err := Parse(element, value(t, doc), arrayview.Float32, Bits); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(FormatBits(element, arrayview.Float32)); string(got) != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
}

func TestBroadcastAsNumPyDoes(t *testing.T) {
	for _, c := range []struct {
		doc   string
		shape []int64
		want  []byte
	}{
		{`7`, nil, []byte{7}}, {`[[7]]`, nil, []byte{7}}, {`7`, []int64{3}, []byte{7, 7, 7}},
		{`[1,2,3]`, []int64{2, 3}, []byte{1, 2, 3, 1, 2, 3}}, {`[[1],[2]]`, []int64{2, 2}, []byte{1, 1, 2, 2}},
		{`[1,2]`, nil, nil}, {`[1,2]`, []int64{3}, nil}, {`[[1,2],[3,4]]`, []int64{2}, nil},
	} {
		got, err := Broadcast(value(t, c.doc), c.shape, arrayview.Uint8)
		if (err == nil) != (c.want != nil) || err == nil && !bytes.Equal(got, c.want) {
			t.Errorf("%s to %v: got %v, %v, want %v", c.doc, c.shape, got, err, c.want)
		}
	}
}

// TestFloatsAreWrittenAsTensorStoreDoes holds fill values from zarr.json as
// TensorStore 0.1 wrote it.
func TestFloatsAreWrittenAsTensorStoreDoes(t *testing.T) {
	for doc, want := range map[string]string{
		`0`: "0.0", `-0.0`: "-0.0", `1e6`: "1000000.0", `1234567.5`: "1234567.5", `1e14`: "100000000000000.0",
		`999999999999999`: "999999999999999.0", `1e15`: "1e+15", `9999999999999998`: "9.999999999999998e+15",
		`0.0001`: "0.0001", `0.00012345`: "0.00012345", `0.00001`: "1e-05", `1.5e300`: "1.5e+300", `5e-324`: "5e-324",
	} {
		element := make([]byte, 8)
		if err := Parse(element, value(t, doc), arrayview.Float64, Bits); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(Format(element, arrayview.Float64)); string(got) != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
}
