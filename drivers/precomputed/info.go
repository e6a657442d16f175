package precomputed

import (
	"maps"
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

const volumeType = "neuroglancer_multiscale_volume"

// volume is a parsed info.
type volume struct {
	members volumeMembers
	scales  []*scaleMembers
	other   map[string]any // members of info that are not known here
	scaleAt []any          // the scales as they are written
}

// volumeMembers are what all scales share: of info, or of multiscale_metadata in
// a spec, where any may be absent.
type volumeMembers struct {
	kind     string          // type; "" absent
	dtype    arrayview.DType // 0: absent
	channels int64           // 0: absent
}

// dtypes are the element types of the format.
var dtypes = []arrayview.DType{
	arrayview.Uint8, arrayview.Uint16, arrayview.Uint32, arrayview.Uint64,
	arrayview.Int8, arrayview.Int16, arrayview.Int32, arrayview.Float32,
}

// parseVolume reads info. An @type of another kind of document (a mesh, a
// skeleton) makes it no volume at all.
func parseVolume(doc []byte, key string) (*volume, error) {
	v, err := document.Parse(doc, key)
	if err != nil {
		return nil, err
	}
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	if t, ok := o.Get("@type"); ok && t.Any() != volumeType {
		return nil, noVolume(t, "expected %q, got %s", volumeType, t.Text())
	}
	vol := &volume{}
	if err := vol.members.read(o, true); err != nil {
		return nil, err
	}
	scales, err := o.Need("scales")
	if err != nil {
		return nil, err
	}
	if err := vol.readScales(scales); err != nil {
		return nil, err
	}
	vol.other = map[string]any{}
	all, _ := v.Any().(map[string]any)
	for _, name := range o.Unused() {
		vol.other[name] = all[name]
	}
	return vol, nil
}

func (vol *volume) readScales(v strictjson.Value) error {
	entries, err := v.Array()
	if err != nil {
		return err
	}
	for _, e := range entries {
		s, err := readScale(e, true)
		if err != nil {
			return err
		}
		if err := s.suits(&vol.members, e); err != nil {
			return err
		}
		vol.scales = append(vol.scales, s)
		vol.scaleAt = append(vol.scaleAt, e.Any())
	}
	return nil
}

// read reads the members of o; a stored document must have them all.
func (m *volumeMembers) read(o *strictjson.Object, stored bool) error {
	for _, member := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"type", m.readType}, {"data_type", m.readDType}, {"num_channels", m.readChannels},
	} {
		v, ok := o.Get(member.name)
		if !ok && stored {
			return v.Errorf("member is missing")
		}
		if !ok {
			continue
		}
		if err := member.read(v); err != nil {
			return err
		}
	}
	return nil
}

func (m *volumeMembers) readType(v strictjson.Value) (err error) {
	m.kind, err = v.Str()
	return err
}

func (m *volumeMembers) readDType(v strictjson.Value) error {
	name, err := v.Str()
	if err != nil {
		return err
	}
	for _, t := range dtypes {
		if name == t.String() {
			m.dtype = t
			return nil
		}
	}
	return v.Errorf("unsupported data type %q (known: %v)", name, dtypes)
}

func (m *volumeMembers) readChannels(v strictjson.Value) (err error) {
	m.channels, err = v.Int(1, 1<<31-1)
	return err
}

// json returns the members that are given.
func (m *volumeMembers) json() map[string]any {
	out := map[string]any{}
	if m.kind != "" {
		out["type"] = m.kind
	}
	if m.dtype != 0 {
		out["data_type"] = m.dtype.String()
	}
	if m.channels != 0 {
		out["num_channels"] = m.channels
	}
	return out
}

// check compares stored members with the constraints m.
func (m *volumeMembers) check(stored *volumeMembers, fault document.Faults) error {
	return checkMembers(stored.json(), m.json(), fault)
}

// checkMembers compares those members of have that want has, in order.
func checkMembers(have, want map[string]any, fault document.Faults) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !document.Equal(have[name], want[name]) {
			return fault.Mismatch(name, have[name], want[name])
		}
	}
	return nil
}

// index returns the scale that opt asks for, or the fault of there being none.
// resolution holds what the units of the spec say; entries of nil say nothing.
func (vol *volume) selectScale(opt *options, resolution []*float64, fault document.Faults) (int, error) {
	n := len(vol.scales)
	if i := opt.scaleIndex; i != nil {
		if *i >= uint64(n) {
			return 0, missingScale(fault, "there is no scale %d among %d", *i, n)
		}
		if !sameResolution(vol.scales[*i].resolution, resolution) {
			fault.Prefix = "scales[" + formatUint(*i) + "]."
			return 0, fault.Contradiction("resolution", "is %v, which is not in the units that the spec demands", vol.scales[*i].resolution)
		}
		return int(*i), nil
	}
	want := opt.scale
	for i, s := range vol.scales {
		if want.key != nil && *want.key != *s.key || want.resolution != nil && !slices.Equal(want.resolution, s.resolution) {
			continue
		}
		if sameResolution(s.resolution, resolution) {
			return i, nil
		}
	}
	if n == 0 {
		return 0, missingScale(fault, "the volume has no scales")
	}
	return 0, missingScale(fault, "no scale of the %d has the key, resolution or units that the spec demands", n)
}

func sameResolution(have []float64, want []*float64) bool {
	for d, r := range want {
		if r != nil && *r != have[d] {
			return false
		}
	}
	return true
}

// missingScale says that the scale, which is an array, does not exist.
func missingScale(fault document.Faults, format string, args ...any) error {
	return noArrayError{fault.At("scales", format, args...)}
}

// noArrayError is drivers.ErrNoArray with its reason.
type noArrayError struct{ error }

func (e noArrayError) Unwrap() []error { return []error{e.error, drivers.ErrNoArray} }
