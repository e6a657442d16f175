package precomputed

import (
	"errors"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// options are the driver's own members of a spec: which scale is meant, and
// constraints on the volume and the scale.
type options struct {
	scaleIndex *uint64
	volume     volumeMembers
	scale      *scaleMembers
}

var _ drivers.Members = (*options)(nil)

// noOptions demand nothing.
var noOptions = &options{scale: &scaleMembers{constraint: true}}

// optionsOf returns the driver's members of a spec.
func optionsOf(want drivers.Constraints) *options {
	if opt, ok := want.Members.(*options); ok {
		return opt
	}
	return noOptions
}

// Members reads the driver's members of a spec.
func (Format) Members(o *strictjson.Object) (drivers.Members, error) {
	opt := &options{scale: noOptions.scale}
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"scale_index", opt.readIndex}, {"multiscale_metadata", opt.readVolume}, {"scale_metadata", opt.readScale},
	} {
		if err := o.Optional(m.name, m.read); err != nil {
			return nil, err
		}
	}
	return opt, nil
}

func (o *options) readIndex(v strictjson.Value) error {
	n, err := v.Uint()
	o.scaleIndex = &n
	return err
}

func (o *options) readVolume(v strictjson.Value) error {
	members, err := v.Object()
	if err != nil {
		return err
	}
	if err := o.volume.read(members, false); err != nil {
		return err
	}
	return members.Close()
}

func (o *options) readScale(v strictjson.Value) (err error) {
	if o.scale, err = readScale(v, false); err != nil {
		return err
	}
	return o.scale.suits(&o.volume, v)
}

// JSON returns the members in canonical form.
func (o *options) JSON() map[string]any {
	out := map[string]any{}
	if o.scaleIndex != nil {
		out["scale_index"] = *o.scaleIndex
	}
	if m := o.volume.json(); len(m) > 0 {
		out["multiscale_metadata"] = m
	}
	if m := o.scale.json(); len(m) > 0 {
		out["scale_metadata"] = m
	}
	return out
}

var _ drivers.URLChecker = (*options)(nil)

// CheckURL refuses what chooses another scale than the volume's first.
func (o *options) CheckURL() error {
	switch {
	case o.scaleIndex != nil && *o.scaleIndex != 0:
		return errors.New("a URL cannot name scale_index")
	case o.scale.key != nil || o.scale.resolution != nil:
		return errors.New("a URL cannot name a scale by scale_metadata")
	}
	return nil
}
