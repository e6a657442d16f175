package tree

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"tsmount/arrayview/format"
)

// info is the content of info.json.
type info struct {
	Driver          string              `json:"driver"`
	URL             string              `json:"url"`
	DType           string              `json:"dtype"`
	Rank            int                 `json:"rank"`
	Shape           []int64             `json:"shape"`
	Origin          []int64             `json:"origin"`
	Labels          []string            `json:"labels"`
	Axes            []string            `json:"axes,omitempty"`
	ChunkShape      []int64             `json:"chunk_shape"`
	InnerOrder      []int               `json:"inner_order"`
	Codec           json.RawMessage     `json:"codec"`
	FillValue       any                 `json:"fill_value"`
	Units           []any               `json:"dimension_units"`
	Selection       string              `json:"selection"`
	Writable        bool                `json:"writable"`
	RecheckData     any                 `json:"recheck_cached_data"`
	RecheckMetadata any                 `json:"recheck_cached_metadata"`
	Files           map[string]fileInfo `json:"files"`
	Unavailable     map[string]string   `json:"unavailable"`
}

// fileInfo says how one file lays out the array.
type fileInfo struct {
	Size           int64  `json:"size"`
	PayloadOffset  int    `json:"payload_offset"`
	ByteOrder      string `json:"byte_order"`
	DimensionOrder []int  `json:"dimension_order"`
}

// renderInfo returns the text of info.json.
func renderInfo(v *view, pl *place) ([]byte, error) {
	d, s, cfg := v.domain(), v.st.Schema, &pl.t.cfg
	doc := info{
		Driver: v.m.opened.Driver, URL: v.m.opened.URL, DType: s.DType.String(),
		Rank: d.Rank(), Shape: filled(d.Shape()), Origin: filled(d.Min), Labels: filled(d.Labels),
		ChunkShape: filled(v.chunkShape()), InnerOrder: filled(v.t.InputOrder(s.InnerOrder)),
		Codec: s.Codec, FillValue: s.FillJSON, Units: unitsJSON(v), Selection: v.selection(),
		Writable:    pl.t.writable(v) == nil,
		RecheckData: cfg.RecheckData.JSON(), RecheckMetadata: cfg.RecheckMetadata.JSON(),
		Files: map[string]fileInfo{}, Unavailable: map[string]string{},
	}
	if names := v.named().Labels; !slices.Equal(names, d.Labels) {
		doc.Axes = names
	}
	for _, f := range format.Formats() {
		doc.addFile(v, f)
	}
	return indented(doc)
}

// Info returns the text of the info.json of the mount point's array. The error
// wraps fs.ErrNotExist when a group is mounted.
func (t *Tree) Info(ctx context.Context) ([]byte, error) {
	top := place{t: t}
	v, err := top.view(ctx, begins)
	if err != nil {
		return nil, err
	}
	defer v.release()
	return renderInfo(v, &top)
}

func (doc *info) addFile(v *view, f format.Format) {
	name := "array." + f.Ext()
	l, err := v.layout(f)
	if err != nil {
		doc.Unavailable[name] = reason(err)
		return
	}
	order := "little"
	if l.BigEndian {
		order = "big"
	}
	doc.Files[name] = fileInfo{l.Size, len(l.Header), order, filled(l.Order)}
}

// reason returns why a format does not fit, without its name.
func reason(err error) string {
	if unfit, ok := err.(*format.Unfit); ok {
		return unfit.Reason
	}
	return err.Error()
}

// filled makes an empty list encode as [].
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// unitsJSON returns [multiplier, "base"] or null for each dimension.
func unitsJSON(v *view) []any {
	units := make([]any, v.rank())
	for i, u := range v.units() {
		if u != (format.Unit{}) {
			units[i] = []any{u.Multiplier, u.Base}
		}
	}
	return units
}

// renderAttributes returns the text of attributes.json.
func renderAttributes(v *view, _ *place) ([]byte, error) {
	return attributesText(v.st.Schema.Attributes), nil
}

// attributesText returns a JSON object with a line end; as it is stored, where
// that can be.
func attributesText(object json.RawMessage) []byte {
	var b bytes.Buffer
	if len(object) == 0 || json.Indent(&b, object, "", "  ") != nil {
		return []byte("{}\n")
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func indented(doc any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
