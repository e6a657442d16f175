package arrayview

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
)

// cutDomain has an origin, labels and a resizable bound.
func cutDomain() Domain {
	d := BoxDomain(Box{[]int64{0, -5, 10}, []int64{10, 10, 7}})
	d.Labels = []string{"", "y", "z=1"}
	d.ImplicitMax[0] = true
	return d
}

func TestSelectionsHaveOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"...": ":,:,:", ":": ":,:,:", ":,:,:": ":,:,:", "0:10": ":,:,:", ":10,...": ":,:,:", "...,:": ":,:,:",
		"5": "5,:,:", "0005": "5,:,:", "5,...": "5,:,:", "y=-5": ":,-5,:", "...,12": ":,:,12", "z=1=12:": ":,:,12:17",
		"1,-2:3,...": "1,-2:3,:", "0:10:3": "0:10:3,:,:", "1:10:4": "1:10:4,:,:", "1:9:4": "1:6:4,:,:", "::3": "0:10:3,:,:",
		"7:8:5": "7:8:5,:,:", "3:3": "3:3,:,:", "::1": ":,:,:", "-0": "0,:,:", "y=0,3": "3,0,:", "1,...,16": "1,:,16",
		"0,0,10": "0,0,10", "...,0,0,10": "0,0,10", "y=0,...,10": ":,0,10",
	} {
		s, err := ParseSelection(text, cutDomain())
		if err != nil || s.String() != want {
			t.Errorf("%q: got %v, %v, want %s", text, s, err, want)
		}
	}
}

func TestSelectionsThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "10", "-1", "0:11", "-1:5", "5:4", "0:10:0", "0:10:-1", "1:2:3:4", "0:5:", "a", "+5", "1_0", " 1", "0x1", "5.0", "--1",
		":,:,:,:", "...,...", "x=1", "y=0,y=0", "0,-5,y=0", "y=", "=0", "0,", ",0", ",", "9223372036854775808", "9223372036854775807",
		"-9223372036854775808", "0:9223372036854775807:9223372036854775807", "....", "..",
	} {
		if s, err := ParseSelection(text, cutDomain()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: got %v, %v, want fs.ErrNotExist", text, s, err)
		}
	}
}

func TestSelectionKeepsCoordinates(t *testing.T) {
	s, err := ParseSelection("2:9:3,-3,:", cutDomain())
	if err != nil {
		t.Fatal(err)
	}
	v := s.Transform()
	if got := v.Input.Box(); !slices.Equal(got.Min, []int64{0, 10}) || !slices.Equal(got.Shape, []int64{3, 7}) {
		t.Errorf("got box %v", got)
	}
	if !slices.Equal(v.Input.Labels, []string{"", "z=1"}) || v.Input.ImplicitMax[0] {
		t.Errorf("got domain %v", v.Input)
	}
	out := make([]int64, 3)
	if v.Apply([]int64{1, 12}, out); !slices.Equal(out, []int64{5, -3, 12}) {
		t.Errorf("got %v, want [5 -3 12]", out)
	}
	if both, err := Compose(Identity(cutDomain()), v); err != nil || !slices.Equal(both.Input.Min, v.Input.Min) {
		t.Errorf("composed: %v, %v", both, err)
	}
}

func TestSelectionHelpers(t *testing.T) {
	d := cutDomain()
	if s, err := IndexSelection(d, 1, -5); err != nil || s.String() != ":,-5,:" {
		t.Errorf("got %v, %v", s, err)
	}
	if _, err := IndexSelection(d, 1, 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	if s, err := BoxSelection(d, Box{[]int64{0, -5, 11}, []int64{10, 3, 6}}); err != nil || s.String() != ":,-5:-2,11:17" {
		t.Errorf("got %v, %v", s, err)
	}
	if _, err := BoxSelection(d, Box{[]int64{0, -5, 11}, []int64{10, 3, 7}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	scalar, err := ParseSelection("...", NewDomain(0))
	if err != nil || scalar.String() != "..." || scalar.Transform().Input.Rank() != 0 {
		t.Errorf("rank 0: got %v, %v", scalar, err)
	}
}

// FuzzParseSelection checks that what is accepted reads back as itself and stays
// inside the domain.
func FuzzParseSelection(f *testing.F) {
	for _, s := range []string{"...", "5,y=1:3,...", "0:10:2,:", ":5,5:", "z=1=12", "::3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := cutDomain()
		s, err := ParseSelection(text, d)
		if err != nil {
			return
		}
		again, err := ParseSelection(s.String(), d)
		if err != nil || again.String() != s.String() || !slices.Equal(again.Terms, s.Terms) {
			t.Fatalf("%q is %v, which reads as %v, %v", text, s, again, err)
		}
		v := s.Transform()
		if err := v.Check(v.Input.Box(), d); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if _, err := v.Resolve(d); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
