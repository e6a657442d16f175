package arrayview

import (
	"errors"
	"fmt"
)

// span is one dimension of a domain.
type span struct {
	min, max         int64 // half-open
	softMin, softMax bool
}

func (d *Domain) span(i int) span {
	return span{d.Min[i], d.Max[i], d.ImplicitMin[i], d.ImplicitMax[i]}
}

func (d *Domain) interval(i int) string { return d.span(i).String() }

// String renders the span as TensorStore does: [0, 100*), (-inf, +inf).
func (s span) String() string {
	lo, hi := fmt.Sprintf("[%d", s.min), fmt.Sprint(s.max)
	if s.min <= -Inf {
		lo = "(-inf"
	}
	if s.max > Inf {
		hi = "+inf"
	}
	return lo + star(s.softMin) + ", " + hi + star(s.softMax) + ")"
}

func star(soft bool) string {
	if soft {
		return "*"
	}
	return ""
}

// hard returns the span with implicit bounds taken as infinite.
func (s span) hard() span {
	if s.softMin {
		s.min = -Inf
	}
	if s.softMax {
		s.max = Inf + 1
	}
	return s
}

func (s span) contains(x int64) bool { return x >= s.min && x < s.max }

var errAffine = errors.New("integer overflow in offset and stride")

// preimage returns { i : offset + stride*i in s } for a stride that is not 0.
// Infinite bounds stay infinite; a negative stride exchanges the ends.
func (s span) preimage(offset, stride int64) (span, error) {
	if stride < 0 {
		if stride == -1<<63 || offset == -1<<63 {
			return span{}, errAffine
		}
		s = span{1 - s.max, 1 - s.min, s.softMax, s.softMin}
		offset, stride = -offset, -stride
	}
	r := s
	if s.min > -Inf {
		lo, ok := subOK(s.min, offset)
		if r.min = ceilDiv(lo, stride); !ok || r.min <= -Inf || r.min > Inf {
			return span{}, errAffine
		}
	}
	if s.max <= Inf {
		hi, ok := subOK(s.max-1, offset)
		if r.max = floorDiv(hi, stride) + 1; !ok || r.max <= -Inf || r.max > Inf {
			return span{}, errAffine
		}
	}
	r.max = max(r.max, r.min)
	return r, nil
}

// and intersects two spans. An explicit bound goes before an implicit one
// whatever their values are; a bound of the result is implicit if both are.
func (s span) and(o span) span {
	if s.softMin == o.softMin {
		s.min = max(s.min, o.min)
	} else if s.softMin {
		s.min, s.softMin = o.min, false
	}
	if s.softMax == o.softMax {
		s.max = min(s.max, o.max)
	} else if s.softMax {
		s.max, s.softMax = o.max, false
	}
	s.max = max(s.max, s.min)
	return s
}
