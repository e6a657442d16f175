package tree

import (
	"context"
	"slices"

	"tsmount/arrayview"
	"tsmount/arrayview/format"
	"tsmount/cache"
	"tsmount/drivers"
)

// place is where an array directory stands: the array and the cutouts on the
// way to it. A place is immutable.
type place struct {
	t     *Tree
	array string // path of the array below the mount point
	parts []part // cutouts from the array to here, the outermost first

	// path is the directory's path as it was spelled, canonical the one path
	// that all spellings have; both are relative to the mount point.
	path, canonical string
}

// part is one step from a view to a smaller one.
type part interface {
	// of selects from v what it names. The error of a part that lies outside
	// wraps fs.ErrNotExist.
	of(v *view) (*arrayview.Selection, error)
}

// maxParts bounds how deep at/ and slices/ may nest: every operation resolves
// all of them.
const maxParts = 16

// inside returns the place of the cutout named by p, which stands in the
// subdirectory spelled and canonically named so.
func (pl place) inside(p part, spelled, canonical string) (place, error) {
	if len(pl.parts) >= maxParts {
		return place{}, notExist(spelled)
	}
	pl.parts = append(slices.Clip(pl.parts), p)
	pl.path = join(pl.path, spelled)
	pl.canonical = join(pl.canonical, canonical)
	return pl, nil
}

// view returns what the place shows now, and the array, to be given back with
// release.
func (pl *place) view(ctx context.Context, at moment) (*view, error) {
	m, st, err := pl.t.array(ctx, pl.array, at)
	if err != nil {
		return nil, err
	}
	v, err := newView(m, st).narrow(pl.parts)
	if err != nil {
		pl.t.arrays.put(m)
		return nil, err
	}
	return v, nil
}

// view is an array, or a part of it, as it is at one moment. It is immutable.
type view struct {
	m          *member
	st         *cache.State
	t          *arrayview.Transform // from the view to the stored domain
	selections []*arrayview.Selection
}

func newView(m *member, st *cache.State) *view { return &view{m: m, st: st, t: st.Transform} }

// release gives the array back; the view must not be used after it.
func (v *view) release() { v.m.table.put(v.m) }

// narrow returns the view after the cutouts of parts.
func (v *view) narrow(parts []part) (*view, error) {
	for _, p := range parts {
		s, err := p.of(v)
		if err != nil {
			return nil, err
		}
		if v, err = v.cut(s); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// cut returns the view of a selection from v's domain.
func (v *view) cut(s *arrayview.Selection) (*view, error) {
	t, err := arrayview.Compose(v.t, s.Transform())
	if err != nil {
		return nil, err
	}
	c := *v
	c.t, c.selections = t, append(slices.Clip(v.selections), s)
	return &c, nil
}

// domain is what the view shows.
func (v *view) domain() *arrayview.Domain { return &v.t.Input }

func (v *view) rank() int { return v.t.Input.Rank() }

// selection returns the one spelling of what the view takes of the array.
func (v *view) selection() string {
	top := v.st.Transform.Input
	switch len(v.selections) {
	case 0:
		return (&arrayview.Selection{Domain: top, Terms: wholeTerms(top)}).String()
	case 1:
		return v.selections[0].String()
	}
	t := v.selections[0].Transform()
	for _, s := range v.selections[1:] {
		next, err := arrayview.Compose(t, s.Transform())
		if err != nil {
			return ""
		}
		t = next
	}
	return (&arrayview.Selection{Domain: top, Terms: termsOf(t)}).String()
}

func wholeTerms(d arrayview.Domain) []arrayview.Term { return termsOf(arrayview.Identity(d)) }

// termsOf returns the terms of a transform that selections made.
func termsOf(t *arrayview.Transform) []arrayview.Term {
	terms := make([]arrayview.Term, len(t.Output))
	for i, m := range t.Output {
		if m.Kind != arrayview.MapInput {
			terms[i] = arrayview.Term{Index: true, Lo: m.Offset, Hi: m.Offset + 1, Step: 1}
			continue
		}
		lo, n := t.Input.Min[m.Dim], t.Input.Max[m.Dim]-t.Input.Min[m.Dim]
		terms[i] = arrayview.Term{Lo: m.Offset + m.Stride*lo, Step: m.Stride}
		terms[i].Hi = terms[i].Lo + max(0, (n-1)*m.Stride+min(n, 1))
	}
	return terms
}

// named returns the domain with the names that its dimensions answer to: the
// labels, or where there are none the axes that the array's group gives it.
func (v *view) named() arrayview.Domain {
	d := v.domain().Clone()
	axes := v.m.opened.Axes
	if len(axes) != len(v.t.Output) || slices.ContainsFunc(d.Labels, func(l string) bool { return l != "" }) {
		return d
	}
	for o, m := range v.t.Output {
		if m.Kind == arrayview.MapInput && !slices.Contains(d.Labels, axes[o]) {
			d.Labels[m.Dim] = axes[o]
		}
	}
	return d
}

// layout returns how format f lays the view out, or why it cannot.
func (v *view) layout(f format.Format) (format.Layout, error) { return f.Layout(v.format()) }

// format returns what file formats may know of the view.
func (v *view) format() format.View {
	d, s := v.domain(), v.st.Schema
	out := format.View{
		DType: s.DType, Shape: d.Shape(), Origin: d.Min, Labels: v.named().Labels,
		InnerOrder: v.t.InputOrder(s.InnerOrder), Units: v.units(),
	}
	if len(s.FillShape) == 0 {
		out.Fill = s.Fill
	}
	return out
}

// units returns the size of one step along each dimension.
func (v *view) units() []format.Unit {
	units := make([]format.Unit, v.rank())
	for o, m := range v.t.Output {
		if u := v.unitOf(o); u != nil && m.Kind == arrayview.MapInput {
			stride := m.Stride
			if stride < 0 {
				stride = -stride
			}
			units[m.Dim] = format.Unit{Multiplier: u.Multiplier * float64(stride), Base: u.Base}
		}
	}
	return units
}

// unitOf returns the unit of a stored dimension, nil when it is not known: the
// array's, or where that has none at all the one that its group gives it.
func (v *view) unitOf(o int) *drivers.Unit {
	units := v.st.Schema.Units
	if axes := v.m.opened.AxisUnits; len(axes) == len(v.t.Output) && !slices.ContainsFunc(units, func(u *drivers.Unit) bool { return u != nil }) {
		units = axes
	}
	if o >= len(units) {
		return nil
	}
	return units[o]
}

// chunkShape returns the extent of the chunks along each dimension of the view,
// 0 where chunks do not show as such.
func (v *view) chunkShape() []int64 {
	shape := make([]int64, v.rank())
	for o, m := range v.t.Output {
		if m.Kind != arrayview.MapInput || m.Stride == 0 {
			continue
		}
		if chunk := v.st.Schema.Chunk[o]; chunk%m.Stride == 0 {
			shape[m.Dim] = max(chunk/m.Stride, -chunk/m.Stride)
		}
	}
	return shape
}
