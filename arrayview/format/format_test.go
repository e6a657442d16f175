package format_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/arrayview/format"
	"tsmount/arrayview/format/formattest"
)

func TestFormats(t *testing.T) {
	for _, f := range format.Formats() {
		t.Run(f.Ext(), func(t *testing.T) { formattest.Run(t, f) })
	}
}

func TestTable(t *testing.T) {
	for _, f := range format.Formats() {
		if got, ok := format.ByExt(f.Ext()); !ok || got != f {
			t.Errorf("%s: got %v, %v", f.Ext(), got, ok)
		}
	}
	if _, ok := format.ByExt("exe"); ok {
		t.Error("found a format that does not exist")
	}
}

func npyLayout(t *testing.T, dt arrayview.DType, shape []int64, order []int) format.Layout {
	t.Helper()
	f, _ := format.ByExt("npy")
	l, err := f.Layout(format.View{DType: dt, Shape: shape, Origin: make([]int64, len(shape)), InnerOrder: order})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// header builds one as numpy.save does: 10 bytes, the text, padding, newline.
func header(text string, size int) string {
	return "\x93NUMPY\x01\x00" + string([]byte{byte(size - 10), byte((size - 10) >> 8)}) + text + strings.Repeat(" ", size-11-len(text)) + "\n"
}

func TestNpyHeadersAreThoseOfNumPy(t *testing.T) {
	for _, c := range []struct {
		dt    arrayview.DType
		shape []int64
		order []int
		text  string
	}{
		{arrayview.Uint16, []int64{3, 4}, []int{0, 1}, "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }"},
		{arrayview.Float64, []int64{3, 4}, []int{1, 0}, "{'descr': '<f8', 'fortran_order': True, 'shape': (3, 4), }"},
		{arrayview.Uint8, []int64{7}, []int{0}, "{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }"},
		{arrayview.Complex128, nil, nil, "{'descr': '<c16', 'fortran_order': False, 'shape': (), }"},
		{arrayview.Char, []int64{0}, []int{0}, "{'descr': '|S1', 'fortran_order': False, 'shape': (0,), }"},
		{arrayview.Byte, []int64{1, 2, 3}, []int{0, 2, 1}, "{'descr': '|V1', 'fortran_order': False, 'shape': (1, 2, 3), }"},
		{arrayview.Bool, []int64{1, 2, 3}, []int{2, 1, 0}, "{'descr': '|b1', 'fortran_order': True, 'shape': (1, 2, 3), }"},
	} {
		l := npyLayout(t, c.dt, c.shape, c.order)
		if want := header(c.text, 128); string(l.Header) != want {
			t.Errorf("got %q, want %q", l.Header, want)
		}
	}
}

// TestNpyHeadersOfFixtures compares with files that NumPy wrote.
func TestNpyHeadersOfFixtures(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "fixtures", "*", "expected.npy"))
	checked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil || len(data) < 128 || data[6] != 1 {
			continue
		}
		head := data[:10+int(data[8])+int(data[9])<<8]
		if dt, shape, order, ok := describe(string(head[10:])); ok {
			l := npyLayout(t, dt, shape, order)
			if !bytes.Equal(l.Header, head) || l.Size != int64(len(data)) {
				t.Errorf("%s: got %q (%d bytes), want %q (%d bytes)", file, l.Header, l.Size, head, len(data))
			}
			checked++
		}
	}
	if checked == 0 {
		t.Skip("no fixtures")
	}
	t.Logf("%d files", checked)
}

// describe reads a header that has the members in NumPy's order.
func describe(text string) (dt arrayview.DType, shape []int64, order []int, ok bool) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("{}':, ()\n", r) })
	if len(words) < 5 || words[0] != "descr" || words[1] == "[" {
		return 0, nil, nil, false
	}
	for t := arrayview.Bool; t <= arrayview.Complex128; t++ {
		if n := t.NumPy(); n != "" && strings.TrimLeft(words[1], "<|") == n {
			dt = t
		}
	}
	for d, w := range words[5:] {
		n := int64(0)
		for _, c := range w {
			n = n*10 + int64(c-'0')
		}
		shape = append(shape, n)
		order = append(order, d)
		if words[3] == "True" {
			order = append([]int{d}, order[:d]...)
		}
	}
	return dt, shape, order, dt != 0 && !strings.HasPrefix(words[1], ">")
}

func TestEquivalentNpyHeaders(t *testing.T) {
	l := npyLayout(t, arrayview.Uint16, []int64{3, 4}, []int{0, 1})
	for text, ok := range map[string]bool{
		"{'fortran_order': False, 'shape': (3, 4), 'descr': '<u2'}":             true,
		`{"descr":"<u2","fortran_order":False,"shape":(3,4,)}`:                  true,
		"{'descr': '<u2', 'fortran_order': False, 'shape': (3L, 4L), }":         true,
		"{'descr': '>u2', 'fortran_order': False, 'shape': (3, 4), }":           false,
		"{'descr': '<i2', 'fortran_order': False, 'shape': (3, 4), }":           false,
		"{'descr': '<u2', 'fortran_order': True, 'shape': (3, 4), }":            false,
		"{'descr': '<u2', 'fortran_order': False, 'shape': (4, 3), }":           false,
		"{'descr': '<u2', 'fortran_order': False, 'shape': (12,), }":            false,
		"{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), } x":         false,
		"{'descr': '<u2', 'fortran_order': False, 'shape': (3 4), }":            false,
		"{'descr': '<u2', 'fortran_order': False, }":                            false,
		"{'descr': '<u2', 'descr': '<u2', 'fortran_order': 0, 'shape': (3, 4)}": false,
		"{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), 'x': 1}":     false,
		"": false,
	} {
		if err := l.CheckHeader([]byte(header(text, 128))); (err == nil) != ok || err != nil && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: got %v, want accepted: %v", text, err, ok)
		}
	}
	one := npyLayout(t, arrayview.Uint8, []int64{3, 1}, []int{1, 0})
	if err := one.CheckHeader([]byte(header("{'descr': 'u1', 'fortran_order': False, 'shape': (3, 1), }", 128))); err != nil {
		t.Errorf("the order of a column means nothing: %v", err)
	}
	if err := l.CheckHeader([]byte(header("{'fortran_order': False, 'shape': (3, 4), 'descr': '<u2'}", 192))); err == nil {
		t.Error("a longer header was accepted")
	}
}

func TestNpyIsNotOffered(t *testing.T) {
	f, _ := format.ByExt("npy")
	for _, dt := range []arrayview.DType{arrayview.BFloat16, arrayview.Int2, arrayview.Int4, arrayview.Float8E5M2, arrayview.Float4E2M1FN} {
		var unfit *format.Unfit
		if _, err := f.Layout(format.View{DType: dt}); !errors.As(err, &unfit) {
			t.Errorf("%v: got %v, want an *Unfit", dt, err)
		}
	}
}

// FuzzNpyHeader checks that no header makes the parser fail.
func FuzzNpyHeader(f *testing.F) {
	f.Add([]byte(header("{'fortran_order': False, 'shape': (3, 4), 'descr': '<u2'}", 128)))
	f.Add([]byte(header("{'fortran_order': False, 'shape': (3L,), 'descr': \"|u1\"", 128)))
	npy, _ := format.ByExt("npy")
	l, err := npy.Layout(format.View{DType: arrayview.Uint16, Shape: []int64{3, 4}, Origin: make([]int64, 2), InnerOrder: []int{0, 1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := l.CheckHeader(data); err == nil && (len(data) != len(l.Header) || !bytes.Contains(data, []byte("<u2"))) {
			t.Errorf("%q was accepted", data)
		}
	})
}
