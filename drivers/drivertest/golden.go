package drivertest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"tsmount/drivers"
)

// checkSchema compares the schema with the description of the case.
func checkSchema(t *testing.T, a *array, s *drivers.Schema) {
	t.Helper()
	if got := s.DType.String(); got != a.DType {
		t.Errorf("dtype: got %s, want %s", got, a.DType)
	}
	checkList(t, "origin", s.Domain.Min, a.Origin)
	checkList(t, "shape", s.Domain.Shape(), a.Shape)
	checkList(t, "labels", s.Domain.Labels, a.Labels)
	checkKnown(t, "chunk_shape", s.Chunk, a.Chunk)
	checkKnown(t, "write_chunk_shape", s.WriteChunk, a.WriteChunk)
	checkKnown(t, "grid_origin", s.GridOrigin, a.GridOrigin)
	if a.InnerOrder != nil {
		checkList(t, "inner_order", s.InnerOrder, a.InnerOrder)
	}
	checkJSON(t, "codec", s.Codec, a.Codec)
	if a.Attributes != nil && string(a.Attributes) != "null" {
		checkJSON(t, "attributes", s.Attributes, a.Attributes)
	}
	checkFill(t, a, s)
	checkUnits(t, a, s)
	checkInvariants(t, s)
}

// checkInvariants checks what holds for every schema.
func checkInvariants(t *testing.T, s *drivers.Schema) {
	t.Helper()
	rank := s.Rank()
	order := slices.Clone(s.InnerOrder)
	slices.Sort(order)
	for d := range order {
		if order[d] != d {
			t.Errorf("inner order %v is no permutation", s.InnerOrder)
			break
		}
	}
	for name, n := range map[string]int{
		"domain": s.Domain.Rank(), "grid origin": len(s.GridOrigin), "write chunk": len(s.WriteChunk), "inner order": len(s.InnerOrder),
	} {
		if n != rank {
			t.Errorf("%s has %d entries, chunk has %d", name, n, rank)
		}
	}
	for d, n := range s.Chunk {
		if n < 1 || s.WriteChunk[d]%n != 0 {
			t.Errorf("chunk %v, write chunk %v", s.Chunk, s.WriteChunk)
			break
		}
	}
	size := int64(s.DType.Size())
	for _, n := range s.FillShape {
		size *= n
	}
	if int64(len(s.Fill)) != size {
		t.Errorf("fill value of %d bytes and shape %v", len(s.Fill), s.FillShape)
	}
	if end := s.Component.Offset + s.ComponentBytes(); end > s.ChunkBytes() {
		t.Errorf("component ends at byte %d of %d", end, s.ChunkBytes())
	}
}

func checkList[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// checkKnown compares the entries that the case knows.
func checkKnown(t *testing.T, what string, got []int64, want []*int64) {
	t.Helper()
	if want != nil && len(got) != len(want) {
		t.Errorf("%s: got %v, want %d entries", what, got, len(want))
		return
	}
	for d, n := range want {
		if n != nil && got[d] != *n {
			t.Errorf("%s[%d]: got %d, want %d", what, d, got[d], *n)
		}
	}
}

// checkFill compares the bits of the fill value, and whether there is one. Of
// chars and bytes TensorStore reports none.
func checkFill(t *testing.T, a *array, s *drivers.Schema) {
	t.Helper()
	silent := a.Beyond || a.DType == "char" || a.DType == "byte"
	if a.FillValue == nil && !silent && s.FillJSON != nil {
		t.Errorf("fill value: got %v, want none", s.FillJSON)
	}
	if a.FillValue != nil && s.FillJSON == nil {
		t.Errorf("fill value: got none, want %v", a.FillValue)
	}
	if a.FillBits == nil {
		return
	}
	want, err := hex.DecodeString(*a.FillBits)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Fill
	if len(got) > 0 && len(want)%len(got) == 0 {
		got = bytes.Repeat(got, len(want)/len(got))
	}
	if !bytes.Equal(got, want) {
		t.Errorf("fill bits: got %x, want %x", s.Fill, want)
	}
}

func checkUnits(t *testing.T, a *array, s *drivers.Schema) {
	t.Helper()
	for d, want := range a.Units {
		var got *drivers.Unit
		if d < len(s.Units) {
			got = s.Units[d]
		}
		switch {
		case want == nil && got == nil:
		case want == nil || got == nil:
			t.Errorf("unit %d: got %v, want %v", d, got, want)
		case want[0] != got.Base || want[1] != got.Multiplier:
			t.Errorf("unit %d: got %v, want %v", d, *got, *want)
		}
	}
}

func checkJSON(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !sameJSON(decodeJSON(t, got), decodeJSON(t, want)) {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func decodeJSON(t *testing.T, doc []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Errorf("%q: %v", doc, err)
	}
	return v
}

// sameJSON compares values; numbers are equal when their values are.
func sameJSON(a, b any) bool {
	switch x := a.(type) {
	case json.Number:
		y, ok := b.(json.Number)
		if !ok {
			return false
		}
		p, ok1 := new(big.Rat).SetString(string(x))
		q, ok2 := new(big.Rat).SetString(string(y))
		return ok1 && ok2 && p.Cmp(q) == 0
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, sameJSON)
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, v := range x {
			w, found := y[name]
			if !found || !sameJSON(v, w) {
				return false
			}
		}
		return true
	}
	return a == b
}
