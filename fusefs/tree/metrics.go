package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// renderMetrics writes the numbers in a JSON document as Prometheus text: the
// members' names joined by underscores. Elements of lists are told apart by a
// label, their member "name" or else their place.
func renderMetrics(doc any) ([]byte, error) {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, err
	}
	m := metrics{samples: map[string][]string{}}
	m.add("tsmount", nil, value)
	return m.text(), nil
}

type metrics struct {
	samples map[string][]string // by the name of the metric
}

func (m *metrics) add(name string, labels []string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			m.add(name+"_"+metricName(key), labels, member)
		}
	case []any:
		for i, element := range v {
			m.add(name, append(slices.Clip(labels), labelOf(name, i, element)), element)
		}
	case json.Number:
		m.sample(name, labels, v.String())
	case bool:
		m.sample(name, labels, map[bool]string{false: "0", true: "1"}[v])
	}
}

func (m *metrics) sample(name string, labels []string, value string) {
	line := name
	if len(labels) > 0 {
		line += "{" + strings.Join(labels, ",") + "}"
	}
	m.samples[name] = append(m.samples[name], line+" "+value)
}

// labelOf returns the label of element i of a list: name="..." or index="i".
func labelOf(list string, i int, element any) string {
	key := list[strings.LastIndexByte(list, '_')+1:]
	if object, ok := element.(map[string]any); ok {
		if name, ok := object["name"].(string); ok {
			return key + "=" + strconv.Quote(strings.NewReplacer("{", "(", "}", ")").Replace(name))
		}
	}
	return fmt.Sprintf("%s=%q", key, strconv.Itoa(i))
}

// metricName replaces what a metric's name must not contain.
func metricName(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r < 0x80 && (r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return '_'
	}, key)
}

// text lists the samples in the order of their names.
func (m *metrics) text() []byte {
	var b bytes.Buffer
	names := make([]string, 0, len(m.samples))
	for name := range m.samples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "# TYPE %s untyped\n", name)
		slices.Sort(m.samples[name])
		for _, line := range m.samples[name] {
			fmt.Fprintln(&b, line)
		}
	}
	return b.Bytes()
}
