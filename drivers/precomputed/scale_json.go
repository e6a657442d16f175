package precomputed

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"tsmount/arrayview"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// suits reports whether the encoding can hold the elements of the volume;
// members of m that are absent suit any.
func (s *scaleMembers) suits(m *volumeMembers, v strictjson.Value) error {
	size := m.dtype.Size()
	switch {
	case s.encoding == encodingJPEG && m.dtype != 0 && m.dtype != arrayview.Uint8:
		return v.Errorf("encoding jpeg is for uint8, not %v", m.dtype)
	case s.encoding == encodingJPEG && m.channels != 0 && m.channels != 1 && m.channels != 3:
		return v.Errorf("encoding jpeg is for 1 or 3 channels, not %d", m.channels)
	case s.encoding == encodingPNG && m.dtype != 0 && m.dtype != arrayview.Uint8 && m.dtype != arrayview.Uint16:
		return v.Errorf("encoding png is for uint8 and uint16, not %v", m.dtype)
	case s.encoding == encodingPNG && m.channels > 4:
		return v.Errorf("encoding png is for 1 to 4 channels, not %d", m.channels)
	case s.encoding == encodingCSeg && m.dtype != 0 && (size < 4 || m.dtype != arrayview.Uint32 && m.dtype != arrayview.Uint64):
		return v.Errorf("encoding compressed_segmentation is for uint32 and uint64, not %v", m.dtype)
	}
	return nil
}

// json returns the members that are given, in the form in which TensorStore
// writes them.
func (s *scaleMembers) json() map[string]any {
	out := map[string]any{}
	put := func(name string, given bool, v any) {
		if given {
			out[name] = v
		}
	}
	put("key", s.key != nil, s.key)
	put("size", s.size != nil, s.size)
	put("voxel_offset", s.offset != nil, s.offset)
	put("resolution", s.resolution != nil, numbers(s.resolution))
	put("encoding", s.encoding != "", s.encoding)
	put("jpeg_quality", s.quality != nil, s.quality)
	put("png_level", s.level != nil, s.level)
	put("compressed_segmentation_block_size", s.block != nil, s.block)
	if s.constraint {
		put("chunk_size", s.chunkSizes != nil, s.chunkSize())
	} else {
		put("chunk_sizes", s.chunkSizes != nil, s.chunkSizes)
	}
	switch {
	case s.sharding != nil:
		out["sharding"] = s.sharding.json()
	case s.shardingGiven && s.constraint:
		out["sharding"] = nil
	}
	return out
}

// numbers returns floats as TensorStore writes them: with a point even if they
// are whole.
func numbers(list []float64) []json.Number {
	out := make([]json.Number, len(list))
	for i, f := range list {
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		out[i] = json.Number(text)
	}
	return out
}

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

// chunkSize returns the first chunk size, nil if there is none.
func (s *scaleMembers) chunkSize() []int64 {
	if len(s.chunkSizes) == 0 {
		return nil
	}
	return s.chunkSizes[0]
}

// check compares a stored scale with the constraints s.
func (s *scaleMembers) check(stored *scaleMembers, fault document.Faults) error {
	want := s.json()
	if size := s.chunkSize(); size != nil {
		delete(want, "chunk_size")
		if !slices.ContainsFunc(stored.chunkSizes, func(c []int64) bool { return slices.Equal(c, size) }) {
			return fault.Mismatch("chunk_sizes", stored.chunkSizes, size)
		}
	}
	return checkMembers(stored.json(), want, fault)
}
