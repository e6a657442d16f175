package drivertest

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// Run runs the suite for a format over the golden fixtures.
func Run(t *testing.T, f drivers.Format) {
	dir := fixturesDir()
	if dir == "" {
		t.Skip("no golden fixtures: shared/fixtures is not beside the repository")
	}
	all := loadCases(t, dir, f.Name())
	if len(all) == 0 {
		t.Fatalf("no fixture for format %q", f.Name())
	}
	for _, a := range all {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			if a.Expect == "open-error" {
				mustNotOpen(t, f, a)
				return
			}
			runArray(t, f, a)
		})
	}
}

// mustNotOpen checks that the array of a bad case does not open, unless the
// case allows another outcome or leaves the failure to a transform.
func mustNotOpen(t *testing.T, f drivers.Format, a *array) {
	s, err := a.parseSpec(f)
	if err != nil {
		return
	}
	store := loadFolder(t, s.path)
	ds, err := f.Parse("", documents(t, f, store, s.want), s.want)
	switch {
	case err != nil && err.Error() == "":
		t.Error("error without a text")
	case err == nil && a.Or == "" && !s.transformed:
		t.Errorf("opened with %+v", ds.Schema())
	}
}

// golden is an opened array of a case.
type golden struct {
	*array
	ds     drivers.Dataset
	schema *drivers.Schema
	store  kvstore.Store // in which chunks have their keys
	chunks map[string][]byte
}

// runArray opens an array and checks all that the case says.
func runArray(t *testing.T, f drivers.Format, a *array) {
	s := a.spec(t, f)
	base := loadFolder(t, s.path)
	ds, err := f.Parse("", documents(t, f, base, s.want), s.want)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{array: a, ds: ds, schema: ds.Schema(), store: ds.Store(base, forgetful{}), chunks: map[string][]byte{}}
	checkInvariants(t, g.schema)
	name := a.Expected
	if name == "" {
		name = "expected.npy"
	}
	if s.transformed {
		t.Log("the case describes a view: elements are not compared")
		g.readAll(t, nil)
	} else {
		checkSchema(t, a, g.schema)
		e := loadExpected(t, a, g.schema, filepath.Join(a.dir, name))
		g.readAll(t, &e)
	}
	g.encodeAll(t)
	g.damage(t)
	g.decodeTogether(t)
}

// readAll decodes every cell and compares it with what is expected; bad cells
// must fail. Good stored chunks are kept.
func (g *golden) readAll(t *testing.T, want *expected) {
	t.Helper()
	var lossy *squares
	if g.Lossy {
		lossy = &squares{}
	}
	for c := range cells(g.schema) {
		bad := slices.ContainsFunc(g.BadCells, func(b cell) bool { return slices.Equal(b, c) })
		chunk, err := g.read(c)
		switch {
		case bad && !errors.Is(err, drivers.ErrCorrupt):
			t.Errorf("bad cell %v: got error %v, want ErrCorrupt", c, err)
		case bad:
		case err != nil:
			t.Errorf("cell %v: %v", c, err)
		case want != nil:
			if err := want.compare(visibleIn(g.schema, c), chunk, lossy); err != nil {
				t.Errorf("cell %v: %v", c, err)
			}
		}
	}
	if lossy != nil && lossy.root() > max(g.Tolerance, 1e-9) {
		t.Errorf("root mean square error: got %v, want at most %v", lossy.root(), g.Tolerance)
	}
}

// read returns the decoded chunk of a cell, nil for a missing one.
func (g *golden) read(c []int64) ([]byte, error) {
	key := g.ds.ChunkKey(c)
	enc, err := tryRead(g.store, key)
	if err != nil || enc == nil {
		return nil, err
	}
	chunk := garbage(g.schema.ChunkBytes())
	if err := g.ds.Decode(chunk, enc, c); err != nil {
		return nil, err
	}
	if g.schema.Verbatim && !bytes.Equal(chunk, enc) {
		return nil, errors.New("the schema says Verbatim, but decoded bytes differ from the stored ones")
	}
	g.chunks[key] = enc
	return chunk, nil
}

// garbage returns n bytes that a decoder must overwrite.
func garbage(n int64) []byte { return bytes.Repeat([]byte{0xa5}, int(n)) }

// encodeAll encodes what was decoded and decodes it again.
func (g *golden) encodeAll(t *testing.T) {
	t.Helper()
	if g.schema.WriteRefusal != nil || g.Lossy {
		return
	}
	var enc []byte
	for c := range cells(g.schema) {
		chunk, err := g.read(c)
		if err != nil || chunk == nil {
			continue
		}
		before := slices.Clone(chunk)
		if enc, err = g.ds.Encode(enc, chunk, c); err != nil {
			t.Fatalf("encode %v: %v", c, err)
		}
		if !bytes.Equal(chunk, before) {
			t.Errorf("encode %v changed its argument", c)
		}
		again := garbage(g.schema.ChunkBytes())
		if err := g.ds.Decode(again, enc, c); err != nil {
			t.Fatalf("decode what was encoded for %v: %v", c, err)
		}
		if err := sameElements(visibleIn(g.schema, c), again, chunk); err != nil {
			t.Errorf("encode and decode %v: %v", c, err)
		}
	}
}

// decodeTogether decodes all chunks in 8 goroutines at a time.
func (g *golden) decodeTogether(t *testing.T) {
	t.Helper()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			chunk := make([]byte, g.schema.ChunkBytes())
			for c := range cells(g.schema) {
				enc, ok := g.chunks[g.ds.ChunkKey(c)]
				if !ok {
					continue
				}
				if err := g.ds.Decode(chunk, enc, c); err != nil {
					t.Errorf("cell %v: %v", c, err)
				}
			}
		})
	}
	wg.Wait()
}
