package arrayview

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// Selection is a parsed cutout of a domain: one Term per dimension of it.
type Selection struct {
	Domain Domain
	Terms  []Term
}

// Term is what a selection takes of one dimension: the index Lo alone, which
// drops the dimension, or every Step-th index of [Lo, Hi).
type Term struct {
	Index        bool
	Lo, Hi, Step int64
}

// ParseSelection reads the text of a cutout: comma-separated terms, one per
// dimension in order, or label=term. A term is an index, "lo:hi", "lo:hi:step"
// with either bound left out, or ":"; "..." stands for as many whole dimensions
// as are needed, and dimensions that are not mentioned are whole. Coordinates
// are those of d. Everything else, and every index outside d, is fs.ErrNotExist.
func ParseSelection(text string, d Domain) (*Selection, error) {
	s := wholeSelection(d)
	if err := s.parse(text); err != nil {
		return nil, fmt.Errorf("selection %q: %w: %w", text, err, fs.ErrNotExist)
	}
	return s, nil
}

// IndexSelection returns the selection of one index of one dimension.
func IndexSelection(d Domain, dim int, index int64) (*Selection, error) {
	s := wholeSelection(d)
	if index < d.Min[dim] || index >= d.Max[dim] {
		return nil, fmt.Errorf("index %d of dimension %d is outside %s: %w", index, dim, d.interval(dim), fs.ErrNotExist)
	}
	s.Terms[dim] = Term{Index: true, Lo: index, Hi: index + 1, Step: 1}
	return s, nil
}

// BoxSelection returns the selection of a box inside d.
func BoxSelection(d Domain, b Box) (*Selection, error) {
	s := wholeSelection(d)
	for i := range s.Terms {
		if b.Shape[i] < 0 || b.Min[i] < d.Min[i] || b.Max(i) > d.Max[i] {
			return nil, fmt.Errorf("box %v is outside the domain: %w", b, fs.ErrNotExist)
		}
		s.Terms[i] = Term{Lo: b.Min[i], Hi: b.Max(i), Step: 1}
	}
	return s, nil
}

func wholeSelection(d Domain) *Selection {
	s := &Selection{Domain: d, Terms: make([]Term, d.Rank())}
	for i := range s.Terms {
		s.Terms[i] = Term{Lo: d.Min[i], Hi: d.Max[i], Step: 1}
	}
	return s
}

func (s *Selection) parse(text string) error {
	words := strings.Split(text, ",")
	if len(words) > MaxRank+1 {
		return fmt.Errorf("%d terms", len(words))
	}
	inOrder, err := countInOrder(words)
	if err != nil {
		return err
	}
	seen := make([]bool, len(s.Terms))
	next := 0
	for _, word := range words {
		if word == "..." {
			next += max(0, len(s.Terms)-inOrder)
			continue
		}
		dim := next
		if i := strings.LastIndexByte(word, '='); i >= 0 {
			dim = s.Domain.Dim(word[:i])
			word = word[i+1:]
		} else {
			next++
		}
		if dim < 0 || dim >= len(s.Terms) || seen[dim] {
			return fmt.Errorf("term %q names no dimension, or one that is already selected", word)
		}
		seen[dim] = true
		if err := s.term(dim, word); err != nil {
			return err
		}
	}
	return nil
}

// countInOrder counts the terms without a label, and refuses a second "...".
func countInOrder(words []string) (n int, err error) {
	ellipses := 0
	for _, word := range words {
		if word == "..." {
			ellipses++
		} else if !strings.Contains(word, "=") {
			n++
		}
	}
	if ellipses > 1 {
		return 0, fmt.Errorf(`more than one "..."`)
	}
	return n, nil
}

// term reads the term of one dimension.
func (s *Selection) term(dim int, word string) error {
	d, t := &s.Domain, &s.Terms[dim]
	parts := strings.Split(word, ":")
	if len(parts) > 3 {
		return fmt.Errorf("term %q has too many colons", word)
	}
	targets := [3]*int64{&t.Lo, &t.Hi, &t.Step}
	for i, part := range parts {
		if part == "" && len(parts) > 1 && i < 2 {
			continue
		}
		n, ok := parseIndex(part)
		if !ok {
			return fmt.Errorf("term %q is not understood", word)
		}
		*targets[i] = n
	}
	if len(parts) == 1 {
		t.Index = true
		if t.Hi = t.Lo + 1; t.Lo >= d.Max[dim] {
			return fmt.Errorf("index %d is outside %s", t.Lo, d.interval(dim))
		}
	}
	if t.Lo < d.Min[dim] || t.Hi > d.Max[dim] || t.Lo > t.Hi || t.Step < 1 {
		return fmt.Errorf("term %q is outside %s", word, d.interval(dim))
	}
	t.trim()
	return nil
}

// parseIndex reads a whole number without a plus sign.
func parseIndex(text string) (int64, bool) {
	if strings.HasPrefix(text, "+") {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// trim ends a strided range directly after its last index.
func (t *Term) trim() {
	if t.Step > 1 && t.Hi > t.Lo {
		t.Hi = t.Lo + (t.count()-1)*t.Step + 1
	}
}

// count returns the number of indices of a range.
func (t *Term) count() int64 {
	n := (t.Hi - t.Lo) / t.Step
	if (t.Hi-t.Lo)%t.Step != 0 {
		n++
	}
	return n
}

// String returns the one spelling of the selection: a term per dimension, ":"
// for a whole one, bounds written out otherwise, steps of 1 left out.
func (s *Selection) String() string {
	if len(s.Terms) == 0 {
		return "..."
	}
	words := make([]string, len(s.Terms))
	for i := range s.Terms {
		words[i] = s.word(i)
	}
	return strings.Join(words, ",")
}

func (s *Selection) word(i int) string {
	t := s.Terms[i]
	switch {
	case t.Index:
		return strconv.FormatInt(t.Lo, 10)
	case s.whole(i):
		return ":"
	case t.Step == 1:
		return fmt.Sprintf("%d:%d", t.Lo, t.Hi)
	}
	return fmt.Sprintf("%d:%d:%d", t.Lo, t.Hi, t.Step)
}

// whole reports whether dimension i is taken as it is.
func (s *Selection) whole(i int) bool {
	t := &s.Terms[i]
	return !t.Index && t.Step == 1 && t.Lo == s.Domain.Min[i] && t.Hi == s.Domain.Max[i]
}

// Transform returns the selection as a transform from the cutout to the domain.
// Dimensions keep their labels and coordinates; those selected by an index
// become constants. With a step, coordinates are TensorStore's: the first is
// Lo/Step, rounded towards zero, and each further index adds one, so index i
// stands for i*Step plus the remainder.
func (s *Selection) Transform() *Transform {
	rank := 0
	for _, t := range s.Terms {
		if !t.Index {
			rank++
		}
	}
	r := &Transform{Input: NewDomain(rank), Output: make([]OutputMap, len(s.Terms))}
	in := 0
	for i, t := range s.Terms {
		if t.Index {
			r.Output[i] = OutputMap{Offset: t.Lo}
			continue
		}
		r.Output[i] = OutputMap{Kind: MapInput, Stride: t.Step, Dim: in}
		r.Input.Labels[in] = s.Domain.Labels[i]
		r.Input.Min[in], r.Input.Max[in] = t.Lo, t.Hi
		r.Input.ImplicitMin[in] = s.whole(i) && s.Domain.ImplicitMin[i]
		r.Input.ImplicitMax[in] = s.whole(i) && s.Domain.ImplicitMax[i]
		if t.Step > 1 {
			r.Output[i].Offset = t.Lo % t.Step
			r.Input.Min[in] = t.Lo / t.Step
			r.Input.Max[in] = t.Lo/t.Step + t.count()
		}
		in++
	}
	return r
}
