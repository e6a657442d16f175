package zarr

import (
	"encoding/hex"
	"fmt"
	"testing"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
)

func TestFillValueSpellings(t *testing.T) {
	for _, c := range []struct{ dtype, value, bits, json string }{
		{`"<u8"`, "18446744073709551615", "ffffffffffffffff", "18446744073709551615"},
		{`">u8"`, "18446744073709551614", "feffffffffffffff", "18446744073709551614"},
		{`"<i8"`, "-9223372036854775808", "0000000000000080", "-9223372036854775808"},
		{`"<u2"`, `"12"`, "0c00", "12"},
		{`"|i1"`, "-5.0", "fb", "-5"},
		{`"|u1"`, "1e2", "64", "100"},
		{`"int4"`, "8", "f8", "-8"},
		{`"|b1"`, "true", "01", "true"},
		{`"<f4"`, `"NaN"`, "0000c07f", `"NaN"`},
		{`"<f4"`, "NaN", "0000c07f", `"NaN"`},
		{`">f8"`, `"-Infinity"`, "000000000000f0ff", `"-Infinity"`},
		{`"<f4"`, "-Infinity", "000080ff", `"-Infinity"`},
		{`"<f4"`, "1e39", "0000807f", `"Infinity"`},
		{`"<f2"`, "70000", "007c", `"Infinity"`},
		{`"<f4"`, `"1.5"`, "0000c03f", "1.5"},
		{`"<f4"`, "1.1", "cdcc8c3f", "1.100000023841858"},
		{`"<f4"`, "-0.0", "00000080", "-0.0"},
		{`"<f4"`, `"0x1p3"`, "00000041", "8.0"},
		{`"<f4"`, `"0x7fc00000"`, "0080ff4e", "2143289344.0"},
		{`"bfloat16"`, `"NaN"`, "c07f", `"NaN"`},
		{`"float8_e4m3fn"`, "1", "38", "1.0"},
		{`">c8"`, `["NaN",-1.5]`, "0000c07f0000c0bf", `["NaN",-1.5]`},
		{`">c8"`, `"P4AAAMAAAAA="`, "0000803f000000c0", "[1.0,-2.0]"},
		{`"|S4"`, `"WA=="`, "58000000", `"WAAAAA=="`},
		{`"|S4"`, `""`, "00", `"AAAAAA=="`},
		{`"|S4"`, "0", "00", `"AAAAAA=="`},
		{`"|S2"`, "[88]", "5800", `"WAA="`},
		{`"|V3"`, `"YWJj"`, "616263", `"YWJj"`},
		{`"<u2"`, "null", "0000", "null"},
		{`"|S3"`, "null", "00", "null"},
	} {
		s := open(t, zarray("dtype", c.dtype, "fill_value", c.value), "{}").Schema()
		if got := hex.EncodeToString(s.Fill); got != c.bits {
			t.Errorf("%s %s: got bits %s, want %s", c.dtype, c.value, got, c.bits)
		}
		if got := string(document.Compact(s.FillJSON)); got != c.json {
			t.Errorf("%s %s: got %s, want %s", c.dtype, c.value, got, c.json)
		}
	}
}

func TestFillValuesThatAreNone(t *testing.T) {
	for _, c := range []struct{ dtype, value string }{
		{`"<f4"`, `"nan"`}, {`"<f4"`, `"inf"`}, {`"<f4"`, `""`}, {`"<f4"`, `"1_0"`}, {`"<f4"`, `"Infinity "`}, {`"<f4"`, "[1]"}, {`"<f4"`, "true"},
		{`"|b1"`, "2"}, {`"|b1"`, `"true"`}, {`"<u8"`, "18446744073709551616"}, {`"<u8"`, "-1"}, {`"|i1"`, "128"}, {`"<u2"`, `"x"`},
		{`"<c8"`, "1"}, {`"<c8"`, "[1]"}, {`"<c8"`, "[1,2,3]"}, {`"<c8"`, `"abc"`},
		{`"|S4"`, `"QUJDREU="`}, {`"|S4"`, `"!"`}, {`"|V3"`, `""`}, {`"|V3"`, "0"}, {`[["x","<u2"]]`, `"AQ=="`},
	} {
		doc := zarray("dtype", c.dtype, "fill_value", c.value)
		if _, err := (Format{}).Parse("", map[string][]byte{".zarray": doc}, drivers.Constraints{Rank: -1}); err == nil {
			t.Errorf("fill value %s of %s was taken", c.value, c.dtype)
		}
	}
}

func TestFillValueOfAField(t *testing.T) {
	doc := zarray("dtype", `[["p","<i2",[2,3]],["q",">u4",[3]],["c","int4"]]`,
		"fill_value", `"AQD+/wMA/P8FAPr/AAAABwAAAAcAAAAHDw=="`)
	for _, c := range []struct{ field, bits, shape, json string }{
		{"p", "0100feff0300fcff0500faff", "[2 3]", "[[1,-2,3],[-4,5,-6]]"},
		{"q", "07000000", "[]", "[7,7,7]"},
		{"c", "ff", "[]", "-1"},
	} {
		s := open(t, doc, fmt.Sprintf(`{"field":%q}`, c.field)).Schema()
		if got := hex.EncodeToString(s.Fill); got != c.bits || fmt.Sprint(s.FillShape) != c.shape || string(document.Compact(s.FillJSON)) != c.json {
			t.Errorf("%s: got %s %v %s, want %s %s %s", c.field, got, s.FillShape, document.Compact(s.FillJSON), c.bits, c.shape, c.json)
		}
	}
	s := open(t, doc, `{"open_as_void":true}`).Schema()
	if len(s.Fill) != 25 || fmt.Sprint(s.FillShape) != "[25]" || s.Fill[23] != 7 {
		t.Errorf("open_as_void: got %x of shape %v, want the stored record", s.Fill, s.FillShape)
	}
}
