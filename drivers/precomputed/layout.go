package precomputed

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
)

// rank: all arrays have the dimensions x, y, z and channel.
const rank = 4

var labels = []string{"x", "y", "z", "channel"}

// newDataset builds the array of scale i of a volume. size is the chunk size
// that the spec asks for, nil for the first one.
func newDataset(path string, v *volume, i int, size []int64, fault document.Faults) (*dataset, error) {
	s := v.scales[i]
	if size == nil {
		size = s.chunkSize()
	}
	d := &dataset{size: [3]int64(s.size), offset: [3]int64(s.offset), chunk: [3]int64(size)}
	chunk := append(slices.Clone(size), v.members.channels)
	var err error
	if d.bytes, err = drivers.CheckChunk(chunk, int64(v.members.dtype.Size())); err != nil {
		return nil, fault.At("chunk_sizes", "%v", err)
	}
	if d.prefix, err = resolveKey(path, *s.key); err != nil {
		return nil, fault.At("key", "%v", err)
	}
	d.setSchema(&v.members, s, chunk)
	if err := d.setShards(s, fault); err != nil {
		return nil, err
	}
	if err := d.setForms(s); err != nil {
		return nil, fault.At("encoding", "%v", err)
	}
	d.schema.Verbatim = s.encoding == encodingRaw && !d.gzip && d.unclipped()
	d.compat = compatKey(&v.members, s, size)
	return d, nil
}

// resolveKey returns what the keys of a scale's chunks begin with, below the
// path of the volume. ".." goes up one name, also of the path (TensorStore,
// ResolveScaleKey).
func resolveKey(path, key string) (string, error) {
	root := strings.FieldsFunc(path, isSlash)
	names := slices.Clone(root)
	for _, name := range strings.FieldsFunc(key, isSlash) {
		switch {
		case name == ".":
		case name != "..":
			names = append(names, name)
		case len(names) == 0:
			return "", fmt.Errorf("%q leads out of the store", key)
		default:
			names = names[:len(names)-1]
		}
	}
	if len(names) < len(root) || !slices.Equal(names[:len(root)], root) {
		return "", fmt.Errorf("%q leads out of the volume's folder, to %q: only chunks below it can be read", key, strings.Join(names, "/"))
	}
	if names = names[len(root):]; len(names) == 0 {
		return "", nil
	}
	return strings.Join(names, "/") + "/", nil
}

func isSlash(r rune) bool { return r == '/' }

// grid returns the number of chunks along each dimension.
func (d *dataset) grid() (grid [3]int64) {
	for dim, n := range d.size {
		grid[dim] = n / d.chunk[dim]
		if n%d.chunk[dim] != 0 {
			grid[dim]++
		}
	}
	return grid
}

func (d *dataset) unclipped() bool {
	for dim, n := range d.size {
		if n%d.chunk[dim] != 0 {
			return false
		}
	}
	return true
}

// setSchema describes the array; WriteChunk is that of an unsharded one.
func (d *dataset) setSchema(m *volumeMembers, s *scaleMembers, chunk []int64) {
	box := arrayview.NewBox(rank)
	copy(box.Min, s.offset)
	copy(box.Shape, s.size)
	box.Shape[3] = m.channels
	domain := arrayview.BoxDomain(box)
	copy(domain.Labels, labels)
	d.schema = drivers.Schema{
		DType: m.dtype, Domain: domain, GridOrigin: box.Min, Chunk: chunk, WriteChunk: chunk,
		InnerOrder: []int{3, 2, 1, 0},
		Fill:       make([]byte, m.dtype.Size()),
		Units:      make([]*drivers.Unit, rank),
		Codec:      codecJSON(s),
		Attributes: json.RawMessage("{}"),
		Clipped:    true,
	}
	for dim, r := range s.resolution {
		d.schema.Units[dim] = &drivers.Unit{Multiplier: r, Base: "nm"}
	}
	if s.encoding == encodingJPEG {
		d.schema.WriteRefusal = errLossy
	}
}

// codecJSON returns the codec as TensorStore's schema has it.
func codecJSON(s *scaleMembers) json.RawMessage {
	out := map[string]any{"driver": driverName, "encoding": s.encoding}
	if s.quality != nil {
		out["jpeg_quality"] = *s.quality
	}
	if s.level != nil {
		out["png_level"] = *s.level
	}
	if s.sharding != nil {
		out["shard_data_encoding"] = s.sharding.dataEncoding()
	}
	return document.Compact(out)
}

// setShards lays out the shards of a sharded scale.
func (d *dataset) setShards(s *scaleMembers, fault document.Faults) error {
	if s.sharding == nil {
		return nil
	}
	grid := d.grid()
	d.morton = newMorton(grid)
	if d.morton.total() > 64 {
		return fault.At("size", "a grid of %v chunks has more than 64 bits", grid)
	}
	chunks, err := arrayview.Product(grid[:])
	if err != nil {
		chunks = math.MaxInt64
	}
	layout := s.sharding.layout(d.prefix, uint64(chunks))
	d.shards, d.gzip = &layout, s.sharding.gzipData
	write := slices.Clone(d.schema.Chunk)
	for dim, cells := range s.sharding.writeCells(d.morton, grid) {
		write[dim] *= cells
	}
	d.schema.WriteChunk = write
	return nil
}

// compatKey covers all that decides what stored chunks mean and where they are:
// with another size, those at the edge have other keys and shapes.
func compatKey(m *volumeMembers, s *scaleMembers, size []int64) string {
	all := s.json()
	for _, name := range []string{"resolution", "jpeg_quality", "png_level", "chunk_sizes"} {
		delete(all, name)
	}
	all["chunk_size"], all["data_type"], all["num_channels"] = size, m.dtype.String(), m.channels
	return string(document.Compact(all))
}
