package ome

import (
	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

// symbols are the symbols of the units that the specification recommends
// (ngff-spec 0.4, "axes" metadata) and that have one in common use; TensorStore's
// own metadata has symbols. Others stay as they are.
var symbols = map[string]string{
	"angstrom": "angstrom", "nanometer": "nm", "micrometer": "um", "millimeter": "mm", "centimeter": "cm", "meter": "m",
	"nanosecond": "ns", "microsecond": "us", "millisecond": "ms", "second": "s", "minute": "min", "hour": "h", "day": "d",
}

// units returns the size of a step along each axis of one level of a multiscale
// image: its scale and that of the image in the axis's unit; nil for an axis
// that has no unit, and for all if there is none or the scales do not fit.
func units(scales, level strictjson.Value) []*drivers.Unit {
	axes := list(scales, "axes")
	factors := make([]float64, len(axes))
	for i := range factors {
		factors[i] = 1
	}
	if !scale(factors, level) || !scale(factors, scales) {
		return nil
	}
	out := make([]*drivers.Unit, len(axes))
	found := false
	for i, a := range axes {
		unit := text(a, "unit")
		if unit == "" {
			continue
		}
		if symbol, ok := symbols[unit]; ok {
			unit = symbol
		}
		out[i], found = &drivers.Unit{Multiplier: factors[i], Base: unit}, true
	}
	if !found {
		return nil
	}
	return out
}

// scale multiplies factors by the scales among the transformations of v. It
// reports false for one that is no list of as many positive numbers.
func scale(factors []float64, v strictjson.Value) bool {
	for _, t := range list(v, "coordinateTransformations") {
		if text(t, "type") != "scale" {
			continue
		}
		steps := list(t, "scale")
		if len(steps) != len(factors) {
			return false
		}
		for i, step := range steps {
			f, err := step.Float()
			if err != nil || !(f > 0) {
				return false
			}
			factors[i] *= f
		}
	}
	return true
}
