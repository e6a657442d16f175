package drivers

import (
	"math"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// parseIndex reads a finite index.
func parseIndex(v strictjson.Value) (int64, error) { return v.Int(-arrayview.Inf+1, arrayview.Inf-1) }

func parseExtent(v strictjson.Value) (int64, error) {
	n, err := v.Int(wholeExtent, arrayview.Inf-1)
	if err != nil {
		return 0, v.Errorf("expected the extent of a chunk, 0 or null (free), or -1 (whole), got %s", v.Text())
	}
	return n, nil
}

func parseAspect(v strictjson.Value) (float64, error) {
	f, err := v.Float()
	if err != nil || f < 0 || math.IsInf(f, 0) {
		return 0, v.Errorf("expected a ratio of at least 0, got %s", v.Text())
	}
	return f, nil
}

// grid reads the constraints on one kind of chunk into targets. With three of
// them it is the shorthand "chunk", of which the last one, the codec's chunk,
// gets only the aspect ratio.
func (r *layoutReader) grid(targets ...*ChunkShape) func(strictjson.Value) error {
	sized := targets[:min(len(targets), 2)]
	return func(v strictjson.Value) error {
		o, err := v.Object()
		if err != nil {
			return err
		}
		for _, m := range []struct {
			name string
			read func(strictjson.Value) error
		}{
			{"shape", r.shape(sized, false)}, {"shape_soft_constraint", r.shape(sized, true)},
			{"aspect_ratio", r.aspect(targets, false)}, {"aspect_ratio_soft_constraint", r.aspect(targets, true)},
			{"elements", r.elements(sized, false)}, {"elements_soft_constraint", r.elements(sized, true)},
		} {
			if err := o.Optional(m.name, m.read); err != nil {
				return err
			}
		}
		return o.Close()
	}
}

func (r *layoutReader) shape(targets []*ChunkShape, preferred bool) func(strictjson.Value) error {
	return func(v strictjson.Value) error {
		given, err := entries(r, v, 0, parseExtent)
		if err != nil {
			return err
		}
		whole := make([]int64, len(given))
		for i, n := range given {
			if n == wholeExtent {
				given[i], whole[i] = 0, wholeExtent
			}
		}
		for _, c := range targets {
			if dim := constrain(&c.Shape, &c.ShapeSoft, given, preferred, 0); dim >= 0 {
				return contradiction(v, dim, c.Shape, given)
			}
			constrain(&c.Shape, &c.ShapeSoft, whole, true, 0)
		}
		return nil
	}
}

func (r *layoutReader) aspect(targets []*ChunkShape, preferred bool) func(strictjson.Value) error {
	return func(v strictjson.Value) error {
		given, err := entries(r, v, 0, parseAspect)
		if err != nil {
			return err
		}
		for _, c := range targets {
			if dim := constrain(&c.Aspect, &c.AspectSoft, given, preferred, 0); dim >= 0 {
				return contradiction(v, dim, c.Aspect, given)
			}
		}
		return nil
	}
}

func (r *layoutReader) elements(targets []*ChunkShape, preferred bool) func(strictjson.Value) error {
	return func(v strictjson.Value) error {
		if v.IsNull() {
			return nil
		}
		n, err := v.Int(0, strictjson.MaxInt)
		if err != nil {
			return err
		}
		n = max(n, 1)
		for _, c := range targets {
			switch {
			case preferred:
				if c.Elements == 0 && c.ElementSoft == 0 {
					c.ElementSoft = n
				}
			case c.Elements != 0 && c.Elements != n:
				return v.Errorf("%d contradicts %d, which is also demanded", n, c.Elements)
			default:
				c.Elements, c.ElementSoft = n, 0
			}
		}
		return nil
	}
}

// JSON returns the canonical form of the layout, empty when it says nothing.
func (l *ChunkLayout) JSON() map[string]any {
	out := map[string]any{}
	putList(out, "grid_origin", l.GridOrigin, FreeOrigin)
	putList(out, "grid_origin_soft_constraint", l.GridOriginSoft, FreeOrigin)
	putList(out, "inner_order", l.InnerOrder, -1)
	putList(out, "inner_order_soft_constraint", l.InnerOrderSoft, -1)
	for name, c := range map[string]*ChunkShape{"write_chunk": &l.Write, "read_chunk": &l.Read, "codec_chunk": &l.Codec} {
		if m := c.JSON(); len(m) > 0 {
			out[name] = m
		}
	}
	return out
}

// JSON returns the canonical form of the constraints, empty when there are none.
func (c *ChunkShape) JSON() map[string]any {
	out := map[string]any{}
	putList(out, "shape", c.Shape, 0)
	putList(out, "shape_soft_constraint", c.ShapeSoft, 0)
	putList(out, "aspect_ratio", c.Aspect, 0)
	putList(out, "aspect_ratio_soft_constraint", c.AspectSoft, 0)
	if c.Elements != 0 {
		out["elements"] = c.Elements
	}
	if c.ElementSoft != 0 {
		out["elements_soft_constraint"] = c.ElementSoft
	}
	return out
}

// putList adds a list that is not nil; entries that say nothing become null.
func putList[T comparable](out map[string]any, name string, list []T, free T) {
	if list == nil {
		return
	}
	entries := make([]any, len(list))
	for i, x := range list {
		if x != free {
			entries[i] = x
		}
	}
	out[name] = entries
}
