package strictjson

import (
	"strings"
	"testing"
)

func parse(t *testing.T, doc string) Value {
	t.Helper()
	v, err := Parse([]byte(doc), "doc.json")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUnknownMemberIsNamedByPath(t *testing.T) {
	o, err := parse(t, `{"a": {"b": 1, "c": 2}}`).Object()
	if err != nil {
		t.Fatal(err)
	}
	a, _ := o.Get("a")
	inner, _ := a.Object()
	inner.Get("b")
	want := "doc.json: a.c: unknown member (known: b)"
	if err := inner.Close(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := o.Close(); err != nil {
		t.Errorf("got %v, want no error: a was taken", err)
	}
}

func TestNumbersKeepTheirDigits(t *testing.T) {
	if u, err := parse(t, `18446744073709551615`).Uint(); err != nil || u != 1<<64-1 {
		t.Errorf("got %d, %v", u, err)
	}
	if i, err := parse(t, `9223372036854775807`).Int(0, MaxInt); err != nil || i != MaxInt {
		t.Errorf("got %d, %v", i, err)
	}
	if i, err := parse(t, `-5.0`).Int(-9, 9); err != nil || i != -5 {
		t.Errorf("got %d, %v", i, err)
	}
	for _, bad := range []string{`5.5`, `"5"`, `1e999999999`, `1e-999999999`, `9223372036854775808`, `true`, `null`} {
		if i, err := parse(t, bad).Int(-MaxInt, MaxInt); err == nil {
			t.Errorf("%s: got %d, want an error", bad, i)
		}
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	for _, doc := range []string{"", "{", `{"a":1}x`, `{"a":NaN}`, "// no\n{}", strings.Repeat("[", 1<<20)} {
		if _, err := Parse([]byte(doc), "d"); err == nil || !strings.HasPrefix(err.Error(), "d: ") {
			t.Errorf("%.20q: got %v, want an error that begins with the source", doc, err)
		}
	}
	if _, err := Parse([]byte("\xef\xbb\xbf{\"a\": \"[[[\"}"), ""); err != nil {
		t.Errorf("byte order mark: %v", err)
	}
}

func TestPathsOfElements(t *testing.T) {
	o, _ := parse(t, `{"s": [{"size": [1, -2]}], "x.y": 3}`).Object()
	s, _ := o.Get("s")
	list, _ := s.Array()
	first, _ := list[0].Object()
	size, _ := first.Get("size")
	_, err := size.Ints(0, MaxInt)
	want := "doc.json: s[0].size[1]: expected a whole number of at least 0, got -2"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if v, _ := o.Get("x.y"); v.Path() != `["x.y"]` {
		t.Errorf("got path %s", v.Path())
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x",null,true]}`, `[[[`, "\xef\xbb\xbf1", `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data, "")
		if err != nil {
			return
		}
		v.Int(0, 10)
		v.Uint()
		v.Float()
		if o, err := v.Object(); err == nil && len(o.Names()) > 0 && o.Close() == nil {
			t.Error("members that nobody took were not reported")
		}
	})
}
