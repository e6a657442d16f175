package precomputed

import (
	"strconv"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
)

// scaleMembers are one entry of scales, or the constraints on one in the member
// scale_metadata of a spec, where any may be absent (nil).
type scaleMembers struct {
	key            *string
	size, offset   []int64
	resolution     []float64
	chunkSizes     [][]int64 // of a constraint: the one chunk_size
	encoding       string
	quality, level *int64
	block          []int64
	sharding       *sharding
	shardingGiven  bool // sharding may be null
	constraint     bool
}

// Encodings of chunks.
const (
	encodingRaw  = "raw"
	encodingJPEG = "jpeg"
	encodingPNG  = "png"
	encodingCSeg = "compressed_segmentation"
)

const defaultQuality = 75 // of TensorStore

// scaleMember is one member: how it is read, and whether a stored scale must
// have it.
type scaleMember struct {
	name     string
	required bool
	read     func(*scaleMembers, strictjson.Value) error
}

// The encoding is read first: members that belong to one encoding are a fault
// with another.
func memberTable(stored bool) []scaleMember {
	table := []scaleMember{
		{"encoding", true, (*scaleMembers).readEncoding},
		{"key", true, (*scaleMembers).readKey},
		{"size", true, (*scaleMembers).readSize},
		{"voxel_offset", false, (*scaleMembers).readOffset},
		{"resolution", true, (*scaleMembers).readResolution},
		{"jpeg_quality", false, (*scaleMembers).readQuality},
		{"png_level", false, (*scaleMembers).readLevel},
		{"compressed_segmentation_block_size", false, (*scaleMembers).readBlock},
	}
	if stored {
		table = append(table, scaleMember{"chunk_sizes", true, (*scaleMembers).readChunkSizes})
	} else {
		table = append(table, scaleMember{"chunk_size", false, (*scaleMembers).readChunkSize})
	}
	return append(table, scaleMember{"sharding", false, (*scaleMembers).readSharding})
}

// readScale reads a stored scale, of which unknown members are ignored, or a
// constraint, which has none.
func readScale(v strictjson.Value, stored bool) (*scaleMembers, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	s := &scaleMembers{constraint: !stored}
	for _, m := range memberTable(stored) {
		member, ok := o.Get(m.name)
		if !ok {
			if stored && m.required {
				return nil, member.Errorf("member is missing")
			}
			continue
		}
		if err := m.read(s, member); err != nil {
			return nil, err
		}
	}
	if !stored {
		return s, o.Close()
	}
	return s, s.complete(v)
}

// complete sets what a stored scale may leave out.
func (s *scaleMembers) complete(v strictjson.Value) error {
	if s.offset == nil {
		s.offset = make([]int64, 3)
	}
	for d, n := range s.size {
		if s.offset[d] <= -arrayview.Inf || n >= arrayview.Inf || s.offset[d]+n >= arrayview.Inf {
			return v.Errorf("size %v and voxel_offset %v are too large", s.size, s.offset)
		}
	}
	if s.encoding == encodingJPEG && s.quality == nil {
		q := int64(defaultQuality)
		s.quality = &q
	}
	if s.encoding == encodingCSeg && s.block == nil {
		return v.Errorf("compressed_segmentation_block_size is missing")
	}
	if s.sharding != nil && len(s.chunkSizes) > 1 {
		return v.Errorf("a sharded scale has %d chunk_sizes instead of one", len(s.chunkSizes))
	}
	return nil
}

func (s *scaleMembers) readEncoding(v strictjson.Value) (err error) {
	if s.encoding, err = v.Str(); err != nil {
		return err
	}
	switch s.encoding {
	case encodingRaw, encodingJPEG, encodingPNG, encodingCSeg:
		return nil
	}
	return v.Errorf("unknown encoding %q (known: raw, jpeg, png, compressed_segmentation)", s.encoding)
}

func (s *scaleMembers) readKey(v strictjson.Value) error {
	key, err := v.Str()
	s.key = &key
	return err
}

// triple reads three whole numbers of at least lo.
func triple(v strictjson.Value, lo int64) ([]int64, error) {
	list, err := v.Ints(lo, arrayview.Inf)
	if err == nil && len(list) != 3 {
		err = v.Errorf("expected 3 entries, got %d", len(list))
	}
	return list, err
}

func (s *scaleMembers) readSize(v strictjson.Value) (err error) {
	if s.size, err = triple(v, 0); err == nil && s.offset == nil {
		s.offset = make([]int64, 3)
	}
	return err
}

func (s *scaleMembers) readOffset(v strictjson.Value) (err error) {
	if s.constraint && s.size == nil {
		return v.Errorf("cannot be given without size")
	}
	s.offset, err = triple(v, -arrayview.Inf)
	return err
}

func (s *scaleMembers) readChunkSizes(v strictjson.Value) error {
	entries, err := v.Array()
	if err == nil && len(entries) == 0 {
		err = v.Errorf("there must be at least one")
	}
	for _, e := range entries {
		if err := s.readChunkSize(e); err != nil {
			return err
		}
	}
	return err
}

func (s *scaleMembers) readChunkSize(v strictjson.Value) error {
	size, err := triple(v, 1)
	s.chunkSizes = append(s.chunkSizes, size)
	return err
}

// readResolution reads nanometres. As TensorStore does, it takes numbers that
// are written as strings.
func (s *scaleMembers) readResolution(v strictjson.Value) error {
	entries, err := v.Array()
	if err != nil {
		return err
	}
	if len(entries) != 3 {
		return v.Errorf("expected 3 entries, got %d", len(entries))
	}
	s.resolution = make([]float64, 3)
	for d, e := range entries {
		if text, ok := e.Any().(string); ok {
			s.resolution[d], err = strconv.ParseFloat(text, 64)
		} else {
			s.resolution[d], err = e.Float()
		}
		if err != nil || s.resolution[d]-s.resolution[d] != 0 {
			return e.Errorf("expected a number of nanometres, got %s", e.Text())
		}
	}
	return nil
}

func (s *scaleMembers) readQuality(v strictjson.Value) error {
	return s.only(encodingJPEG, v, &s.quality, 100)
}

func (s *scaleMembers) readLevel(v strictjson.Value) error {
	return s.only(encodingPNG, v, &s.level, 9)
}

// only reads a number up to hi that belongs to one encoding.
func (s *scaleMembers) only(encoding string, v strictjson.Value, dst **int64, hi int64) error {
	if s.encoding != encoding {
		return v.Errorf("only valid for encoding %q", encoding)
	}
	n, err := v.Int(0, hi)
	*dst = &n
	return err
}

func (s *scaleMembers) readBlock(v strictjson.Value) (err error) {
	if s.encoding != encodingCSeg {
		return v.Errorf("only valid for encoding %q", encodingCSeg)
	}
	s.block, err = triple(v, 1)
	return err
}

func (s *scaleMembers) readSharding(v strictjson.Value) (err error) {
	s.shardingGiven = true
	if !v.IsNull() {
		s.sharding, err = readSharding(v)
	}
	return err
}
