package drivers

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"tsmount/internal/strictjson"
)

// multiplier is the number that a unit may begin with.
var multiplier = regexp.MustCompile(`^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?`)

// UnitOf returns the unit that a text such as "4.5e-9 m", "nm" or "" stands
// for: an optional number, 1 without one, and the base unit. The number belongs
// to the base unit when it is too large for a float64.
func UnitOf(text string) Unit {
	text = strings.Trim(text, " \t\r\n\v\f")
	number := multiplier.FindString(text)
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return Unit{Multiplier: 1, Base: text}
	}
	return Unit{Multiplier: f, Base: strings.TrimLeft(text[len(number):], " \t\r\n\v\f")}
}

// String returns the unit as text that UnitOf reads: "4 nm", "nm", "1".
func (u Unit) String() string {
	number := strconv.FormatFloat(u.Multiplier, 'g', -1, 64)
	switch {
	case u.Base == "":
		return number
	case u.Multiplier == 1 && UnitOf(u.Base) == u:
		return u.Base
	}
	return number + " " + u.Base
}

// JSON returns the canonical form [multiplier, "base"].
func (u Unit) JSON() any { return []any{u.Multiplier, u.Base} }

// ParseUnit reads one entry of dimension_units: null (unknown, a nil Unit), a
// text, a number (no dimension), or [multiplier, "base"].
func ParseUnit(v strictjson.Value) (*Unit, error) {
	if v.IsNull() {
		return nil, nil
	}
	if s, err := v.Str(); err == nil {
		u := UnitOf(s)
		return &u, nil
	}
	number, base := v, ""
	if pair, err := v.Array(); err == nil && len(pair) == 2 {
		number = pair[0]
		if base, err = pair[1].Str(); err != nil {
			return nil, err
		}
	}
	f, err := number.Float()
	if err != nil || math.IsInf(f, 0) {
		return nil, v.Errorf(`expected a unit such as "4 nm", [4, "nm"], 4 or null, got %s`, v.Text())
	}
	return &Unit{Multiplier: f, Base: base}, nil
}

// ParseUnits reads dimension_units: one entry per dimension.
func ParseUnits(v strictjson.Value) ([]*Unit, error) {
	entries, err := v.Array()
	if err != nil {
		return nil, err
	}
	units := make([]*Unit, len(entries))
	for i, e := range entries {
		if units[i], err = ParseUnit(e); err != nil {
			return nil, err
		}
	}
	return units, nil
}

// UnitsJSON returns the canonical form of dimension_units.
func UnitsJSON(units []*Unit) []any {
	out := make([]any, len(units))
	for i, u := range units {
		if u != nil {
			out[i] = u.JSON()
		}
	}
	return out
}
