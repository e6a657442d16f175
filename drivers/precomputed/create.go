package precomputed

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
)

// Create makes info with one scale, or adds a scale to the info that there is.
// What the spec leaves open is chosen as TensorStore does: encoding raw, a
// resolution of 1 nm or of the schema's units, and the resolution as the key.
func (Format) Create(path string, have map[string][]byte, want drivers.Constraints) (map[string][]byte, drivers.Dataset, error) {
	key := path + infoKey
	v := &volume{}
	if doc, ok := have[key]; ok {
		var err error
		if v, err = parseVolume(doc, key); err != nil {
			return nil, nil, err
		}
	}
	opt, fault := optionsOf(want), document.Faults{Key: key}
	if err := v.admits(opt, fault); err != nil {
		return nil, nil, err
	}
	c := creation{opt: opt, want: want, volume: v.members, layout: want.Schema.ChunkLayout}
	if c.layout == nil {
		c.layout = &drivers.ChunkLayout{}
	}
	if err := c.run(); err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(v.scales, func(s *scaleMembers) bool { return *s.key == *c.scale.key }) {
		return nil, nil, fmt.Errorf("%s: scale %q: %w", key, *c.scale.key, drivers.ErrExists)
	}
	added := *v
	added.members = c.volume
	added.scales = append(slices.Clone(v.scales), c.scale)
	ds, err := open(path, &added, len(v.scales), want, document.Faults{})
	if err != nil {
		return nil, nil, err
	}
	return map[string][]byte{key: added.document(c.scale)}, ds, nil
}

// admits reports whether one more scale of opt can be added.
func (vol *volume) admits(opt *options, fault document.Faults) error {
	n := uint64(len(vol.scales))
	if i := opt.scaleIndex; i != nil && *i != n {
		err := fault.At("scales", "scale %d cannot be created: the next one is %d", *i, n)
		if *i < n {
			err = fmt.Errorf("%w: %w", err, drivers.ErrExists)
		}
		return err
	}
	if vol.members.dtype == 0 {
		return nil
	}
	return opt.volume.check(&vol.members, fault)
}

// document returns info with the scales as they are written and one more.
func (vol *volume) document(last *scaleMembers) []byte {
	out := maps.Clone(vol.other)
	if out == nil {
		out = map[string]any{}
	}
	out["@type"] = volumeType
	maps.Copy(out, vol.members.json())
	out["scales"] = append(slices.Clone(vol.scaleAt), last.json())
	return document.Compact(out)
}

// creation completes the constraints of a spec to a scale.
type creation struct {
	opt    *options
	want   drivers.Constraints
	layout *drivers.ChunkLayout
	codec  *codecConstraint

	volume volumeMembers
	scale  *scaleMembers
}

func (c *creation) run() error {
	s := *c.opt.scale
	s.constraint = false
	c.scale, c.codec = &s, &codecConstraint{}
	if v := c.want.Schema.Codec; v != nil {
		var err error
		if c.codec, err = parseCodec(*v); err != nil {
			return err
		}
	}
	for _, step := range []func() error{
		c.chooseType, c.chooseDomain, c.chooseResolution, c.chooseEncoding, c.chooseChunk, c.chooseBlock, c.chooseSharding,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *creation) chooseType() error {
	m := &c.volume
	if m.dtype == 0 {
		m.dtype = c.opt.volume.dtype
	}
	if m.dtype == 0 {
		m.dtype = c.want.DType
	}
	if m.dtype == 0 {
		return document.CreateErrorf("dtype", "must be given")
	}
	if !slices.Contains(dtypes, m.dtype) {
		return document.CreateErrorf("dtype", "%v is not one of %v, the types", m.dtype, dtypes)
	}
	if m.kind == "" {
		m.kind = c.opt.volume.kind
	}
	if m.kind == "" {
		m.kind = choose(m.dtype == arrayview.Uint32 || m.dtype == arrayview.Uint64, "image", "segmentation")
	}
	return nil
}

// chooseDomain sets size, offset and the number of channels.
func (c *creation) chooseDomain() error {
	domain := c.want.Schema.Domain
	if domain != nil && domain.Rank() != rank {
		return document.CreateErrorf("schema.domain", "%d dimensions instead of %d (x, y, z, channel)", domain.Rank(), rank)
	}
	if c.volume.channels == 0 {
		c.volume.channels = c.opt.volume.channels
	}
	if c.volume.channels == 0 && domain != nil {
		if c.volume.channels = domain.Max[3]; c.volume.channels < 1 || c.volume.channels > 1<<31-1 {
			return document.CreateErrorf("schema.domain", "the dimension channel must have from 1 to 2^31-1 indices")
		}
	}
	if c.volume.channels == 0 || c.scale.size == nil && domain == nil {
		return document.CreateErrorf("schema.domain", "or scale_metadata.size and multiscale_metadata.num_channels must be given")
	}
	if c.scale.size != nil {
		return nil
	}
	c.scale.size, c.scale.offset = make([]int64, 3), slices.Clone(domain.Min[:3])
	for d := range c.scale.size {
		if domain.Min[d] <= -arrayview.Inf || domain.Max[d] > arrayview.Inf || domain.Max[d] < domain.Min[d] {
			return document.CreateErrorf("schema.domain", "the dimension %s must have finite bounds", labels[d])
		}
		c.scale.size[d] = domain.Max[d] - domain.Min[d]
	}
	return nil
}

// chooseResolution sets the resolution and the key.
func (c *creation) chooseResolution() error {
	units, err := unitResolution(c.want.Schema.DimensionUnits)
	if err != nil {
		return err
	}
	s := c.scale
	if s.resolution == nil {
		s.resolution = []float64{1, 1, 1}
		for d, r := range units {
			if r != nil {
				s.resolution[d] = *r
			}
		}
	} else if !sameResolution(s.resolution, units) {
		return c.want.Schema.DimensionUnits.Errorf("the units contradict scale_metadata.resolution, %v", s.resolution)
	}
	if s.key == nil {
		parts := make([]string, len(s.resolution))
		for d, r := range s.resolution {
			parts[d] = strconv.FormatFloat(r, 'g', 6, 64)
		}
		key := strings.Join(parts, "_")
		s.key = &key
	}
	return nil
}

// chooseEncoding sets the encoding and its parameter.
func (c *creation) chooseEncoding() error {
	s, asked := c.scale, &c.codec.scale
	if s.encoding == "" {
		s.encoding = asked.encoding
	}
	if s.encoding == "" {
		s.encoding = encodingRaw
	}
	if s.encoding == asked.encoding && s.quality == nil {
		s.quality = asked.quality
	}
	if s.encoding == asked.encoding && s.level == nil {
		s.level = asked.level
	}
	if q := int64(defaultQuality); s.encoding == encodingJPEG && s.quality == nil {
		s.quality = &q
	}
	if err := s.suits(&c.volume, c.codec.at); err != nil {
		return document.CreateErrorf("scale_metadata.encoding", "%v", err)
	}
	return nil
}

func (c *creation) chooseChunk() error {
	if c.scale.chunkSizes != nil {
		return nil
	}
	wanted := c.layout.Read
	fixed := make([]int64, rank)
	copy(fixed, wanted.Shape)
	fixed[3] = c.volume.channels
	wanted.Shape = fixed
	extents := append(slices.Clone(c.scale.size), c.volume.channels)
	c.scale.chunkSizes = [][]int64{drivers.ChooseChunk(extents, wanted)[:3]}
	return nil
}

// blockElements is what a block of compressed_segmentation aims at: 8*8*8.
const blockElements = 512

func (c *creation) chooseBlock() error {
	if c.scale.encoding != encodingCSeg || c.scale.block != nil {
		return nil
	}
	wanted := c.layout.Codec
	if wanted.Elements == 0 && wanted.ElementSoft == 0 {
		wanted.ElementSoft = blockElements
	}
	extents := append(slices.Clone(c.scale.chunkSize()), 1)
	wanted.Shape = append(append(slices.Clone(wanted.Shape), make([]int64, rank)...)[:3:3], 1)
	c.scale.block = drivers.ChooseChunk(extents, wanted)[:3]
	return nil
}
