package ome

import (
	"fmt"
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
