package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/fusefs/tree"
	"tsmount/kvstore"
)

// store makes the array whose elements are 0, 1, 2... in C order, in chunks of
// about half of each dimension.
func (r *transformRig) store(t *testing.T, c *transformCase) {
	chunk := make([]int64, len(c.Base.Shape))
	for i, n := range c.Base.Shape {
		if chunk[i] = (n + 1) / 2; c.Base.Driver == precomputed && i == 3 {
			chunk[i] = 0 // all channels
		}
	}
	spec := r.base(c)
	spec["create"], spec["dtype"] = true, "int32"
	spec["schema"] = map[string]any{
		"domain":       map[string]any{"inclusive_min": c.Base.Origin, "shape": c.Base.Shape, "labels": c.Base.Labels},
		"chunk_layout": map[string]any{"chunk": map[string]any{"shape": chunk}},
	}
	set, err := r.open(t, spec)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := set.openSingle(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	opened.Array.Close()
	ds := describe(t, set)
	for cell := range boxIndices(ds.Schema().GridBox()) {
		enc, err := ds.Encode(nil, numbered(ds.Schema(), cell), cell)
		if err == nil {
			_, err = set.store.Write(t.Context(), ds.ChunkKey(cell), enc, kvstore.WriteOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// describe reads the documents of the array of set.
func describe(t *testing.T, set *dataset) drivers.Dataset {
	t.Helper()
	want := drivers.Constraints{Rank: -1, Members: set.spec.Members}
	docs := map[string][]byte{}
	for _, key := range set.spec.Format.MetadataKeys("", want) {
		if v, err := set.store.Read(t.Context(), key, kvstore.ReadOptions{}); err == nil && v.State == kvstore.Present {
			docs[key] = v.Value
		}
	}
	ds, err := set.spec.Format.Parse("", docs, want)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// numbered returns the decoded chunk of a cell, each element the number of its
// place in the array.
func numbered(s *drivers.Schema, cell []int64) []byte {
	chunk := make([]byte, s.ChunkBytes())
	box, strides, shape := s.CellBox(cell), s.ChunkStrides(), s.Domain.Shape()
	for at := range boxIndices(box) {
		number, offset, inside := int64(0), int64(0), true
		for d, i := range at {
			inside = inside && i >= s.Domain.Min[d] && i < s.Domain.Max[d]
			number = number*shape[d] + i - s.Domain.Min[d]
			offset += (i - box.Min[d]) * strides[d]
		}
		if inside {
			binary.LittleEndian.PutUint32(chunk[offset:], uint32(number))
		}
	}
	return chunk
}

// boxIndices yields all indices in a box in C order.
func boxIndices(b arrayview.Box) func(yield func([]int64) bool) {
	return func(yield func([]int64) bool) {
		at := slices.Clone(b.Min)
		for more := !b.Empty(); more; {
			if !yield(at) {
				return
			}
			more = false
			for d := len(at) - 1; d >= 0 && !more; d-- {
				if at[d]++; at[d] < b.Min[d]+b.Shape[d] {
					more = true
				} else {
					at[d] = b.Min[d]
				}
			}
		}
	}
}

// elements returns the elements of set in C order, as the file array.npy or
// array.raw holds them.
func elements(t *testing.T, set *dataset) ([]int32, error) {
	ctx := t.Context()
	top, err := tree.New(ctx, tree.Config{Source: set.source(), RecheckData: set.spec.RecheckData, RecheckMetadata: set.spec.RecheckMetadata})
	if err != nil {
		return nil, err
	}
	defer top.Close()
	text, err := top.Info(ctx)
	if err != nil {
		return nil, err
	}
	var info struct {
		Shape []int64
		Files map[string]struct {
			Order []int `json:"dimension_order"`
		}
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, err
	}
	raw, err := content(ctx, top, "array.raw")
	if err != nil {
		return nil, err
	}
	return inCOrder(raw, info.Shape, info.Files["array.raw"].Order), nil
}

// content returns what a file of the top directory holds.
func content(ctx context.Context, top *tree.Tree, name string) ([]byte, error) {
	node, err := top.Root().Lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	h, err := node.(tree.File).Open(ctx, tree.OpenOptions{})
	if err != nil {
		return nil, err
	}
	defer h.Close()
	st, err := h.Stat(ctx)
	if err != nil {
		return nil, err
	}
	text := make([]byte, st.Size)
	if _, err := h.ReadAt(ctx, text, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return text, nil
}

// inCOrder sorts elements whose dimensions run from slowest to fastest as order
// says.
func inCOrder(raw []byte, shape []int64, order []int) []int32 {
	stored := make([]int32, len(raw)/4)
	if err := binary.Read(bytes.NewReader(raw), binary.LittleEndian, stored); err != nil {
		panic(err)
	}
	box := arrayview.NewBox(len(shape))
	copy(box.Shape, shape)
	var out []int32
	for at := range boxIndices(box) {
		out = append(out, stored[arrayview.LinearIndex(box, order, at)])
	}
	return out
}
