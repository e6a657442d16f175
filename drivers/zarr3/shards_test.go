package zarr3

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
	"tsmount/kvstore/memory"
)

// forgetful is a Memo that keeps nothing.
type forgetful struct{}

func (forgetful) Get(ctx context.Context, _ string, _ time.Time, load kvstore.MemoLoad) (any, kvstore.Stamp, error) {
	value, _, stamp, err := load(ctx, nil, "")
	return value, stamp, err
}

const plainIndex = `"index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},{"name":"crc32c"}]`

// shardings are codecs of a uint8 array with chunks of 4 x 6 to write.
var shardings = map[string]string{
	"one":    `[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,3],"codecs":["bytes"],` + plainIndex + `}}]`,
	"nested": `[{"name":"sharding_indexed","configuration":{"chunk_shape":[4,3],"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,1],"codecs":["bytes","crc32c"],` + plainIndex + `}}],` + plainIndex + `}}]`,
	"transposed twice": `[{"name":"transpose","configuration":{"order":[1,0]}},{"name":"sharding_indexed","configuration":{"chunk_shape":[3,2],"index_location":"start",
		"codecs":[{"name":"transpose","configuration":{"order":"F"}},"bytes"],` + plainIndex + `}}]`,
	"compressed as a whole": `[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,3],"codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[1,3],"codecs":["bytes"],` + plainIndex + `}},
		{"name":"gzip","configuration":{"level":1}}],` + plainIndex + `}},{"name":"zstd","configuration":{"level":1}},"crc32c"]`,
	"transposed index": `[{"name":"sharding_indexed","configuration":{"chunk_shape":[2,3],"codecs":["bytes"],"index_codecs":[{"name":"transpose","configuration":{"order":[2,1,0]}},{"name":"bytes","configuration":{"endian":"big"}}]}}]`,
}

// TestShardsInEveryPosition writes all chunks of an array in one batch and reads
// them back one by one.
func TestShardsInEveryPosition(t *testing.T) {
	for name, codecs := range shardings {
		t.Run(name, func(t *testing.T) {
			ds, err := parse(t, `{"shape":[8,12],"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4,6]}},"codecs":`+codecs+`}`, anything)
			if err != nil {
				t.Fatal(err)
			}
			s := ds.Schema()
			if want := []int64{4, 6}; !slices.Equal(s.WriteChunk, want) {
				t.Errorf("write chunk %v, want %v", s.WriteChunk, want)
			}
			base := memory.New()
			puts, groups := writeAll(t, ds, ds.Store(base, forgetful{}))
			if base.Len() != 4 || len(groups) != 4 {
				t.Errorf("%d values and %d groups, want 4 shards", base.Len(), len(groups))
			}
			for key := range groups {
				if r, err := base.Read(t.Context(), key, kvstore.ReadOptions{}); err != nil || r.State != kvstore.Present {
					t.Errorf("no shard under the group %s: %v", key, err)
				}
			}
			store := ds.Store(base, forgetful{})
			for _, p := range puts {
				r, err := store.Read(t.Context(), p.Key, kvstore.ReadOptions{})
				if err != nil || !bytes.Equal(r.Value, p.Value) {
					t.Errorf("%s: got %x, %v, want %x", p.Key, r.Value, err, p.Value)
				}
			}
		})
	}
}

// writeAll stores chunks, each of which holds its number, and returns them and
// the groups that they are in.
func writeAll(t *testing.T, ds drivers.Dataset, store kvstore.Store) (puts []kvstore.Put, groups map[string]bool) {
	t.Helper()
	s, groups := ds.Schema(), map[string]bool{}
	grid := s.GridBox()
	for y := range grid.Shape[0] {
		for x := range grid.Shape[1] {
			cell := []int64{y, x}
			chunk := bytes.Repeat([]byte{byte(len(puts))}, int(s.ChunkBytes()))
			enc, err := ds.Encode(nil, chunk, cell)
			if err != nil {
				t.Fatal(err)
			}
			key := ds.ChunkKey(cell)
			if group := ds.WriteGroup(cell); !strings.HasPrefix(key, group+"#") {
				t.Errorf("chunk %s is not of group %s", key, group)
			} else {
				groups[group] = true
			}
			puts = append(puts, kvstore.Put{Key: key, Value: enc})
		}
	}
	results, err := kvstore.WriteBatch(t.Context(), store, puts)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %v", puts[i].Key, r.Err)
		}
	}
	return puts, groups
}

// TestInnerChunkInTheArraysDimensions: what shards say in transposed space comes
// out in the order of the array.
func TestInnerChunkInTheArraysDimensions(t *testing.T) {
	ds, err := parse(t, `{"shape":[8,9,10],"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[8,9,10]}},"codecs":[
		{"name":"transpose","configuration":{"order":[2,0,1]}},{"name":"sharding_indexed","configuration":{"chunk_shape":[5,4,3],
		"codecs":[{"name":"transpose","configuration":{"order":[1,2,0]}},"bytes"],`+plainIndex+`}}]}`, anything)
	if err != nil {
		t.Fatal(err)
	}
	s := ds.Schema()
	if got, want := fmt.Sprint(s.Chunk, s.InnerOrder), "[4 3 5] [0 1 2]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := ds.ChunkKey([]int64{1, 2, 1}), "c/0/0/0#11"; got != want {
		t.Errorf("got %s, want %s: entry (1, 1, 2) of a grid of 2 x 2 x 3", got, want)
	}
}
