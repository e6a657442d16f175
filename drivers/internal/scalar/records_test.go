package scalar_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/scalar"
)

type copyUnpacker struct{}

func (copyUnpacker) Unpack(dst, enc []byte) error { copy(dst, enc); return nil }

// What is stored of a decoded chunk decodes to it, and lies where it must.
func TestRecords(t *testing.T) {
	for name, test := range map[string]struct {
		fields []scalar.Field
		stride int64
		chunk  string // decoded, of two elements
		stored string // "": the same
	}{
		"one":          {fields: []scalar.Field{{DType: arrayview.Uint16, Size: 2, Shown: true}}, stride: 2, chunk: "abcd"},
		"one, big":     {fields: []scalar.Field{{DType: arrayview.Uint16, Size: 2, Big: true, Shown: true}}, stride: 2, chunk: "abcd", stored: "badc"},
		"bytes, big":   {fields: []scalar.Field{{DType: arrayview.Uint8, Size: 2, Big: true, Shown: true}}, stride: 2, chunk: "abcd"},
		"two":          {fields: []scalar.Field{{DType: arrayview.Uint8, Size: 1}, {DType: arrayview.Uint16, Offset: 1, Size: 2, Shown: true}}, stride: 3, chunk: "ABabcd", stored: "AabBcd"},
		"two, one big": {fields: []scalar.Field{{DType: arrayview.Uint8, Size: 1}, {DType: arrayview.Uint16, Offset: 1, Size: 2, Big: true}}, stride: 3, chunk: "ABabcd", stored: "AbaBdc"},
		"a bool":       {fields: []scalar.Field{{DType: arrayview.Bool, Size: 1, Shown: true}}, stride: 1, chunk: "\x00\x01"},
	} {
		var r scalar.Records
		r.Lay(test.fields, test.stride, 2)
		stored := []byte(test.chunk)
		if buf := r.Stored(stored); buf != nil {
			stored = *buf
		}
		want := test.stored
		if want == "" {
			want = test.chunk
		}
		if string(stored) != want {
			t.Errorf("%s: stored as %q, want %q", name, stored, want)
		}
		got := make([]byte, len(test.chunk))
		if err := r.Decode(got, stored, copyUnpacker{}); err != nil || string(got) != test.chunk {
			t.Errorf("%s: decoded to %q, %v", name, got, err)
		}
		if verbatim := test.stored == "" && name != "a bool"; r.Verbatim() != verbatim {
			t.Errorf("%s: verbatim is %v", name, r.Verbatim())
		}
	}
}

// A bool that is none is an error where it is shown, and never stored.
func TestRecordsOfBools(t *testing.T) {
	var r scalar.Records
	r.Lay([]scalar.Field{{DType: arrayview.Bool, Size: 1, Shown: true}}, 1, 3)
	if err := r.Decode(make([]byte, 3), []byte{0, 2, 1}, copyUnpacker{}); err == nil {
		t.Error("2 was taken for a bool")
	}
	if buf := r.Stored([]byte{0, 2, 1}); buf == nil || !bytes.Equal(*buf, []byte{0, 1, 1}) {
		t.Error("2 was stored as a bool")
	}
}

func TestRecordsDescribe(t *testing.T) {
	var r scalar.Records
	r.Lay([]scalar.Field{{DType: arrayview.Uint8, Size: 1}, {DType: arrayview.Uint32, Offset: 1, Size: 4, Shown: true}}, 5, 10)
	var s drivers.Schema
	r.Describe(&s, "b", func(i int) []byte { return []byte{byte(i)} })
	if want := (drivers.Component{Name: "b", Offset: 10, Total: 50}); s.Component != want {
		t.Errorf("got %+v, want %+v", s.Component, want)
	}
	if len(s.FillParts) != 2 || s.FillParts[0].End != 10 || s.FillParts[1].End != 50 || s.FillParts[1].Fill[0] != 1 {
		t.Errorf("got %+v", s.FillParts)
	}
}

func BenchmarkRecords(b *testing.B) {
	var r scalar.Records
	r.Lay([]scalar.Field{{DType: arrayview.Uint16, Size: 2, Big: true, Shown: true}}, 2, 1<<18)
	chunk := make([]byte, 1<<19)
	for i := range chunk {
		chunk[i] = byte(rand.Uint32())
	}
	dst := make([]byte, len(chunk))
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Decode(dst, chunk, copyUnpacker{}); err != nil {
			b.Fatal(err)
		}
	}
}
