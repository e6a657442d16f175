package drivers

import (
	"math"
	"slices"

	"tsmount/internal/strictjson"
)

// FreeOrigin is an entry of a grid origin that says nothing about its dimension.
const FreeOrigin = math.MinInt64

// wholeExtent is the entry of a chunk shape that stands for the whole extent of
// the dimension; it is only ever a preference.
const wholeExtent = -1

// constrain merges given into what is demanded (hard) and preferred (soft).
// Entries that equal free say nothing. A demand replaces a preference; of two
// preferences the first one stays. It returns the entry of two demands that
// contradict each other, or -1.
func constrain[T comparable](hard, soft *[]T, given []T, preferred bool, free T) int {
	for _, list := range []*[]T{hard, soft} {
		if *list == nil {
			*list = slices.Repeat([]T{free}, len(given))
		}
	}
	for i, x := range given {
		h, s := &(*hard)[i], &(*soft)[i]
		switch {
		case x == free:
		case preferred:
			if *h == free && *s == free {
				*s = x
			}
		case *h != free && *h != x:
			return i
		default:
			*h, *s = x, free
		}
	}
	return -1
}

// drop returns nil for a list in which no entry says anything.
func drop[T comparable](list []T, free T) []T {
	if slices.ContainsFunc(list, func(x T) bool { return x != free }) {
		return list
	}
	return nil
}

// layoutReader reads a chunk layout.
type layoutReader struct {
	ranks *rankClaims
	out   *ChunkLayout
}

// parseLayout reads schema.chunk_layout. The result is nil when it demands and
// prefers nothing.
func parseLayout(v strictjson.Value, ranks *rankClaims) (*ChunkLayout, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	r := &layoutReader{ranks: ranks, out: &ChunkLayout{}}
	out := r.out
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"rank", r.rank},
		{"grid_origin", r.origin(false)}, {"grid_origin_soft_constraint", r.origin(true)},
		{"inner_order", r.order(&out.InnerOrder)}, {"inner_order_soft_constraint", r.order(&out.InnerOrderSoft)},
		// Of two preferences the first one counts: "chunk" comes before its parts.
		{"chunk", r.grid(&out.Write, &out.Read, &out.Codec)},
		{"write_chunk", r.grid(&out.Write)}, {"read_chunk", r.grid(&out.Read)}, {"codec_chunk", r.grid(&out.Codec)},
	} {
		if err := o.Optional(m.name, m.read); err != nil {
			return nil, err
		}
	}
	if err := o.Close(); err != nil {
		return nil, err
	}
	r.tidy()
	if len(out.JSON()) == 0 {
		return nil, nil
	}
	return out, nil
}

// tidy drops the lists that say nothing.
func (r *layoutReader) tidy() {
	l := r.out
	l.GridOrigin, l.GridOriginSoft = drop(l.GridOrigin, FreeOrigin), drop(l.GridOriginSoft, FreeOrigin)
	if l.InnerOrder != nil {
		l.InnerOrderSoft = nil
	}
	for _, c := range []*ChunkShape{&l.Read, &l.Write, &l.Codec} {
		c.Shape, c.ShapeSoft = drop(c.Shape, 0), drop(c.ShapeSoft, 0)
		c.Aspect, c.AspectSoft = drop(c.Aspect, 0), drop(c.AspectSoft, 0)
	}
}

func (r *layoutReader) rank(v strictjson.Value) error {
	rank, err := parseRank(v)
	if err != nil {
		return err
	}
	return r.ranks.claim(v, rank)
}

// entries reads an array with one entry per dimension. Null entries are free.
func entries[T any](r *layoutReader, v strictjson.Value, free T, read func(strictjson.Value) (T, error)) ([]T, error) {
	list, err := v.Array()
	if err != nil {
		return nil, err
	}
	if err := r.ranks.claim(v, len(list)); err != nil {
		return nil, err
	}
	out := make([]T, len(list))
	for i, e := range list {
		out[i] = free
		if e.IsNull() {
			continue
		}
		if out[i], err = read(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func contradiction[T any](v strictjson.Value, dim int, hard, given []T) error {
	if dim < 0 {
		return nil
	}
	return v.Errorf("%v for dimension %d contradicts %v, which is also demanded", given[dim], dim, hard[dim])
}

func (r *layoutReader) origin(preferred bool) func(strictjson.Value) error {
	return func(v strictjson.Value) error {
		given, err := entries(r, v, int64(FreeOrigin), parseIndex)
		if err != nil {
			return err
		}
		dim := constrain(&r.out.GridOrigin, &r.out.GridOriginSoft, given, preferred, int64(FreeOrigin))
		return contradiction(v, dim, r.out.GridOrigin, given)
	}
}

// order reads a permutation of the dimensions.
func (r *layoutReader) order(dst *[]int) func(strictjson.Value) error {
	return func(v strictjson.Value) error {
		list, err := v.Array()
		if err != nil {
			return err
		}
		if err := r.ranks.claim(v, len(list)); err != nil {
			return err
		}
		order := make([]int, len(list))
		for i, e := range list {
			d, err := e.Int(0, int64(len(list)-1))
			if err != nil || slices.Contains(order[:i], int(d)) {
				return v.Errorf("expected each of the dimensions 0 to %d once, got %s", len(list)-1, v.Text())
			}
			order[i] = int(d)
		}
		*dst = order
		return nil
	}
}
