package cache

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// TestDeleteExistingDeletesExactlyTheKeysUnderThePath puts keys beside it.
func TestDeleteExistingDeletesExactlyTheKeysUnderThePath(t *testing.T) {
	s := newSpy()
	kept := []string{"a", "ab/meta", "a.x", "b/a/meta", "A/c0"}
	gone := []string{"a/c0", "a/c1.1", "a/sub/meta", "a/other"}
	for _, key := range append(append([]string{"a/meta"}, kept...), gone...) {
		s.Preload(map[string][]byte{key: []byte("junk")})
	}
	e := New(Config{})
	defer e.Close()
	a, err := e.Open(t.Context(), OpenRequest{
		Format: gridFormat{}, Store: s, Path: "a/", Pool: newPool(0, 0), Bound: time.Now(), Mode: OpenMode{Create: true, DeleteExisting: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	for _, key := range kept {
		if r, err := s.Store.Read(t.Context(), key, kvstore.ReadOptions{}); err != nil || string(r.Value) != "junk" {
			t.Errorf("%s: got %q, %v, want it as it was", key, r.Value, err)
		}
	}
	for _, key := range gone {
		if r, err := s.Store.Read(t.Context(), key, kvstore.ReadOptions{}); err != nil || r.State != kvstore.Missing {
			t.Errorf("%s is still there (%v)", key, err)
		}
	}
}

// racing is a store in which somebody else makes the array just before we do.
type racing struct {
	*spy
	other []byte
}

func (s *racing) Write(ctx context.Context, key string, value []byte, opt kvstore.WriteOptions) (kvstore.Stamp, error) {
	if s.other != nil {
		s.Preload(map[string][]byte{"meta": s.other})
		s.other = nil
	}
	return s.spy.Write(ctx, key, value, opt)
}

// TestCreateNeverOverwritesWhatAppearedInBetween loses the race.
func TestCreateNeverOverwritesWhatAppearedInBetween(t *testing.T) {
	const other = `{"shape": [6], "chunk": [2]}`
	for _, mode := range []OpenMode{{Create: true}, {Create: true, Open: true}} {
		s := &racing{spy: newSpy(), other: []byte(other)}
		e := New(Config{})
		a, err := e.Open(t.Context(), OpenRequest{Format: gridFormat{}, Store: s, Pool: newPool(0, 0), Bound: time.Now(), Mode: mode})
		switch {
		case !mode.Open && (!errors.Is(err, drivers.ErrExists) || !errors.Is(err, fs.ErrExist)):
			t.Errorf("create: got %v, want that it exists", err)
		case mode.Open && err != nil:
			t.Errorf("open or create: got %v, want what the other has made", err)
		case mode.Open:
			if st, err := a.State(t.Context(), time.Time{}); err != nil || st.Transform.Input.Max[0] != 6 {
				t.Errorf("open or create: got %v, %v, want the other's array", st, err)
			}
			a.Close()
		}
		if r, err := s.Store.Read(t.Context(), "meta", kvstore.ReadOptions{}); err != nil || string(r.Value) != other {
			t.Errorf("%+v: %q is stored, %v, want the other's", mode, r.Value, err)
		}
		e.Close()
	}
}
