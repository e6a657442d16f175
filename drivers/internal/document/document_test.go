package document

import (
	"errors"
	"strings"
	"testing"

	"tsmount/arrayview"
	"tsmount/drivers"
)

func TestBareNumbersBecomeStrings(t *testing.T) {
	v, err := Parse([]byte(`{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN \"Infinity"}`), "d.json")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(Compact(v.Any())), `{"a":"NaN","b":["-Infinity","Infinity"],"c":"NaN \"Infinity"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := Parse([]byte(`{"a":NaN`), "d.json"); err == nil || err.Error()[:7] != "d.json:" {
		t.Errorf("got %v, want an error about d.json", err)
	}
}

func TestAttributesThatCannotBeReadHideNothing(t *testing.T) {
	for doc, want := range map[string]string{`{"a":1}`: `{"a":1}`, `{"a":NaN}`: `{"a":"NaN"}`, `[1]`: "", `{`: "", "\xef\xbb\xbf{}": `{}`} {
		if got := string(Attributes([]byte(doc), true)); got != want {
			t.Errorf("%q: got %q, want %q", doc, got, want)
		}
	}
	if got := string(Attributes(nil, false)); got != "{}" {
		t.Errorf("no document: got %q", got)
	}
}

func TestFreeBoundsAndLabelsDemandNothing(t *testing.T) {
	box := arrayview.NewBox(1)
	box.Shape[0] = 5
	have, free := arrayview.BoxDomain(box), arrayview.NewDomain(1)
	have.Labels[0] = "x"
	if err := CheckDomain(have, free, Faults{}); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*arrayview.Domain){
		"lower":  func(d *arrayview.Domain) { d.Min[0] = 1 },
		"upper":  func(d *arrayview.Domain) { d.Max[0] = 4 },
		"label":  func(d *arrayview.Domain) { d.Labels[0] = "y" },
		"strict": func(d *arrayview.Domain) { d.ImplicitMax[0] = false },
	} {
		want := arrayview.NewDomain(1)
		change(&want)
		if err := CheckDomain(have, want, Faults{Key: "k"}); !errors.Is(err, drivers.ErrConstraint) {
			t.Errorf("%s: got %v, want ErrConstraint", name, err)
		}
	}
}

func TestLayoutsThatAreNotTheArrays(t *testing.T) {
	box := arrayview.NewBox(2)
	have := &drivers.Schema{
		Domain: arrayview.BoxDomain(box), GridOrigin: []int64{0, 0}, InnerOrder: []int{0, 1},
		Chunk: []int64{4, 6}, WriteChunk: []int64{8, 12},
	}
	for _, c := range []struct {
		path string
		want drivers.ChunkLayout
		text string // "": no error
	}{
		{"", drivers.ChunkLayout{}, ""},
		{"", drivers.ChunkLayout{GridOrigin: []int64{0, drivers.FreeOrigin}, InnerOrder: []int{0, 1}}, ""},
		{"", drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{4, 0}}, Write: drivers.ChunkShape{Shape: []int64{0, 12}}}, ""},
		{"", drivers.ChunkLayout{GridOrigin: []int64{1, 0}}, "chunk_layout.grid_origin: "},
		{"", drivers.ChunkLayout{InnerOrder: []int{1, 0}}, "chunk_layout.inner_order: "},
		{"", drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{8, 12}}}, "chunk_layout.read_chunk.shape: "},
		{"", drivers.ChunkLayout{Write: drivers.ChunkShape{Shape: []int64{4, 6}}}, "chunk_layout.write_chunk.shape: "},
		{"chunks", drivers.ChunkLayout{Read: drivers.ChunkShape{Shape: []int64{8, 6}}}, "chunks: is [4,6], the spec demands [8,6]"},
		{"", drivers.ChunkLayout{Codec: drivers.ChunkShape{Shape: []int64{0, 2}}}, "chunk_layout.codec_chunk.shape: "},
	} {
		err := CheckLayout(have, &c.want, c.path, Faults{})
		if c.text == "" && err == nil {
			continue
		}
		if !errors.Is(err, drivers.ErrConstraint) || !strings.Contains(err.Error(), c.text) || c.text == "" {
			t.Errorf("%+v: got %v, want %q", c.want, err, c.text)
		}
	}
}
