package precomputed

import (
	"fmt"

	"tsmount/drivers"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// Format is the precomputed format. Its zero value is ready to use.
type Format struct{}

var _ drivers.Format = Format{}

// infoKey is the document of a volume.
const infoKey = "info"

// Name returns "neuroglancer_precomputed", TensorStore's name of the driver.
func (Format) Name() string { return driverName }

const driverName = "neuroglancer_precomputed"

// MetadataKeys returns the key of info.
func (Format) MetadataKeys(path string, _ drivers.Constraints) []string {
	return []string{path + infoKey}
}

// Parse reads info and selects the scale that want asks for: the one of
// scale_index, else the first that has the key and the resolution of
// scale_metadata and the units of the schema.
func (Format) Parse(path string, docs map[string][]byte, want drivers.Constraints) (drivers.Dataset, error) {
	key := path + infoKey
	doc, ok := docs[key]
	if !ok {
		return nil, fmt.Errorf("%s: %w", key, drivers.ErrNoArray)
	}
	v, err := parseVolume(doc, key)
	if err != nil {
		return nil, err
	}
	opt, fault := optionsOf(want), document.Faults{Key: key}
	if err := opt.volume.check(&v.members, fault); err != nil {
		return nil, err
	}
	resolution, err := unitResolution(want.Schema.DimensionUnits)
	if err != nil {
		return nil, err
	}
	i, err := v.selectScale(opt, resolution, fault)
	if err != nil {
		return nil, err
	}
	return open(path, v, i, want, fault)
}

// open makes the array of a scale and checks it against want.
func open(path string, v *volume, i int, want drivers.Constraints, fault document.Faults) (drivers.Dataset, error) {
	opt := optionsOf(want)
	fault.Prefix = fmt.Sprintf("scales[%d].", i)
	if err := opt.scale.check(v.scales[i], fault); err != nil {
		return nil, err
	}
	d, err := newDataset(path, v, i, opt.scale.chunkSize(), fault)
	if err != nil {
		return nil, err
	}
	if err := checkSchema(d, want, fault); err != nil {
		return nil, err
	}
	return d, nil
}

// noVolume marks a document that describes something else than a volume.
func noVolume(v strictjson.Value, format string, args ...any) error {
	return fmt.Errorf("%w: %w", v.Errorf(format, args...), drivers.ErrNoArray)
}
