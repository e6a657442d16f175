package ome

import (
	"fmt"
	"strings"
	"testing"

	"tsmount/internal/strictjson"
)

func TestMembersThatAttributesName(t *testing.T) {
	for doc, want := range map[string]string{
		`{"multiscales":[{"axes":[{"name":"y"},{"name":"x"}],"datasets":[{"path":"0"},{"path":"0"}]}]}`: "0:[y x]",
		`{"ome":{"multiscales":[{"axes":["y","x"],"datasets":[{"path":"s/0"}]}]}}`:                      "s:[]",
		`{"multiscales":[{"axes":[{"name":"x"},{"name":"x"}],"datasets":[{"path":"0"}]}]}`:              "0:[]",
		`{"plate":{"wells":[{"path":"A/1"},{"path":"A/2"},{"path":"B/1"}]}}`:                            "A:[] B:[]",
		`{"well":{"images":[{"path":"0"},{"path":"1"}]}}`:                                               "0:[] 1:[]",
		`{"labels":["cells",3]}`: "cells:[]",
		`{"multiscales":[{"datasets":[{"path":".."},{"path":""},{"path":"/x"},{"path":7},5]}]}`: "",
		`{"multiscales":7,"labels":{}}`: "",
		`[]`:                            "",
	} {
		v, err := strictjson.Parse([]byte(doc), "")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, m := range Members(v).All {
			if i > 0 {
				got += " "
			}
			got += fmt.Sprintf("%s:%v", m.Name, m.Labels)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", doc, got, want)
		}
	}
}

func TestUnitsOfAxes(t *testing.T) {
	const axes = `"axes":[{"name":"t","unit":"second"},{"name":"c"},{"name":"x","unit":"micrometer"}]`
	for level, want := range map[string]string{
		`{"path":"0","coordinateTransformations":[{"type":"scale","scale":[2,1,0.5]}]}`:           "1 s, -, 1.5 um",
		`{"path":"0","coordinateTransformations":[{"type":"translation","translation":[1,2,3]}]}`: "0.5 s, -, 3 um",
		`{"path":"0"}`: "0.5 s, -, 3 um",
		`{"path":"0","coordinateTransformations":[{"type":"scale","scale":[2,1]}]}`:                                    "",
		`{"path":"0","coordinateTransformations":[{"type":"scale","scale":[2,1,-1]}]}`:                                 "",
		`{"path":"0","coordinateTransformations":[{"type":"scale","scale":[2,1,"3"]}]}`:                                "",
		`{"path":"0","coordinateTransformations":[{"type":"scale","scale":[2,1,1]},{"type":"scale","scale":[2,1,2]}]}`: "2 s, -, 6 um",
	} {
		doc := `{"multiscales":[{` + axes + `,"coordinateTransformations":[{"type":"scale","scale":[0.5,1,3]}],"datasets":[` + level + `]}]}`
		v, err := strictjson.Parse([]byte(doc), "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range Members(v).All[0].Units {
			if u == nil {
				got = append(got, "-")
				continue
			}
			got = append(got, fmt.Sprint(u.Multiplier, " ", u.Base))
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: got %q, want %q", level, text, want)
		}
	}
}
