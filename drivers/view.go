package drivers

import "tsmount/arrayview"

// labelled are the formats whose arrays may have labels that a spec leaves open,
// and how their "metadata" spells the extents and the labels. zarr stores none.
var labelled = map[string]struct{ extents, labels string }{
	"zarr":  {},
	"zarr3": {"shape", "dimension_names"},
	"n5":    {"dimensions", "axes"},
}

// View returns the transform through which the array is seen; nil shows it as it
// is. That is Transform, or where the spec states the domain itself (in its
// schema, or the extents in its metadata) the identity over that domain: then
// its labels count, and what is stored has no say, also where they are empty.
func (s *Spec) View() *arrayview.Transform {
	if s.Transform != nil || s.Format == nil {
		return s.Transform
	}
	spelling, ok := labelled[s.Driver]
	if !ok {
		return nil
	}
	labels := s.metadataLabels(spelling.extents, spelling.labels)
	if d := s.Schema.Domain; d != nil {
		if labels == nil {
			labels = make([]string, d.Rank())
		}
		for i, label := range d.Labels {
			if i < len(labels) && label != "" {
				labels[i] = label
			}
		}
	}
	if labels == nil {
		return nil
	}
	domain := arrayview.NewDomain(len(labels))
	copy(domain.Labels, labels)
	return arrayview.Identity(domain)
}

// metadataLabels returns the labels that the spec's metadata states together
// with the extents; nil when it leaves the extents open.
func (s *Spec) metadataLabels(extents, names string) []string {
	if s.Members == nil {
		return nil
	}
	metadata, _ := s.Members.JSON()["metadata"].(map[string]any)
	n := listLength(metadata[extents])
	if n < 0 {
		return nil
	}
	labels := make([]string, n)
	switch given := metadata[names].(type) {
	case []string:
		copy(labels, given)
	case []any:
		for i := range min(n, len(given)) {
			labels[i], _ = given[i].(string)
		}
	}
	return labels
}

// listLength returns the length of a list of JSON numbers in any of the forms
// that members have, -1 for anything else.
func listLength(list any) int {
	switch l := list.(type) {
	case []any:
		return len(l)
	case []int64:
		return len(l)
	}
	return -1
}
