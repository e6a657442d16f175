package drivertest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// fuzzMaxChunk is the largest chunk that a fuzz target decodes, in bytes.
const fuzzMaxChunk = 1 << 20

// seeds opens the arrays in the folders of dir.
func seeds(f *testing.F, format drivers.Format, dir string, use func(base kvstore.Store, docs map[string][]byte)) {
	f.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "fuzz" {
			continue
		}
		base := loadFolder(f, filepath.Join(dir, e.Name()))
		use(base, documents(f, format, base, drivers.Constraints{Rank: -1}))
		n++
	}
	if n == 0 {
		f.Fatalf("no arrays in %s", dir)
	}
}

// FuzzParse feeds the first metadata document to Parse: whatever it is, the
// result is an error or an array that is consistent, at little expense.
func FuzzParse(f *testing.F, format drivers.Format, dir string) {
	want := drivers.Constraints{Rank: -1}
	key := format.MetadataKeys("", want)[0]
	seeds(f, format, dir, func(_ kvstore.Store, docs map[string][]byte) { f.Add(docs[key]) })
	f.Fuzz(func(t *testing.T, doc []byte) {
		ds, err := format.Parse("", map[string][]byte{key: doc}, want)
		if err != nil {
			return
		}
		s := ds.Schema()
		checkInvariants(t, s)
		cell := make([]int64, s.Rank())
		if ds.ChunkKey(cell) == "" || ds.CompatKey() == "" {
			t.Error("empty key")
		}
		if s.ChunkBytes() > fuzzMaxChunk {
			return
		}
		err = ds.Decode(garbage(s.ChunkBytes()), doc, cell)
		if err != nil && !errors.Is(err, drivers.ErrCorrupt) {
			t.Errorf("got %v, want ErrCorrupt", err)
		}
	})
}

// FuzzDecode feeds stored bytes to the arrays in dir: the result is ErrCorrupt
// or a chunk that survives being encoded and decoded.
func FuzzDecode(f *testing.F, format drivers.Format, dir string) {
	var arrays []drivers.Dataset
	seeds(f, format, dir, func(base kvstore.Store, docs map[string][]byte) {
		ds, err := format.Parse("", docs, drivers.Constraints{Rank: -1})
		if err != nil {
			f.Fatal(err)
		}
		for c := range cells(ds.Schema()) {
			if enc := read(f, ds.Store(base, forgetful{}), ds.ChunkKey(c)); enc != nil {
				f.Add(uint8(len(arrays)), enc)
			}
		}
		arrays = append(arrays, ds)
	})
	f.Fuzz(func(t *testing.T, which uint8, enc []byte) {
		ds := arrays[int(which)%len(arrays)]
		fuzzDecode(t, ds, enc)
	})
}

func fuzzDecode(t *testing.T, ds drivers.Dataset, enc []byte) {
	s := ds.Schema()
	c := s.GridBox().Min
	g := &golden{ds: ds, schema: s}
	err := g.decodeDamaged(enc, c)
	if err != nil && !errors.Is(err, drivers.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
	if err != nil || s.WriteRefusal != nil {
		return
	}
	chunk, again := garbage(s.ChunkBytes()), garbage(s.ChunkBytes())
	if err := ds.Decode(chunk, enc, c); err != nil {
		t.Fatal(err)
	}
	stored, err := ds.Encode(nil, chunk, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := ds.Decode(again, stored, c); err != nil {
		t.Fatal(err)
	}
	if err := sameElements(visibleIn(s, c), again, chunk); err != nil {
		t.Error(err)
	}
}
