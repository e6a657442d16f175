package resources

import (
	"fmt"
	"strings"
	"time"

	"tsmount/internal/strictjson"
)

// ParseDuration reads a duration as contexts write it: a string with the units
// ns, us, ms, s, m and h, such as "1.5s" or "1m30s", not negative.
func ParseDuration(v strictjson.Value) (time.Duration, error) {
	if s, err := v.Str(); err == nil && !strings.ContainsAny(s, "+-µμ") {
		if d, err := time.ParseDuration(s); err == nil {
			return d, nil
		}
	}
	return 0, v.Errorf(`expected a duration such as "1.5s" (units ns, us, ms, s, m, h), got %s`, v.Text())
}

// intoDuration returns a setter of d for Object.Optional.
func intoDuration(d *time.Duration) func(strictjson.Value) error {
	return func(v strictjson.Value) (err error) {
		*d, err = ParseDuration(v)
		return err
	}
}

// durationText writes d as ParseDuration reads it, parts of zero left out.
func durationText(d time.Duration) string {
	if d < time.Second {
		return strings.Replace(d.String(), "µ", "u", 1)
	}
	var b strings.Builder
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}} {
		if n := d / unit.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.size
		}
	}
	if d > 0 {
		// Below a minute String has no other unit than s, unless below a second.
		b.WriteString(strings.Replace(d.String(), "µ", "u", 1))
	}
	return b.String()
}
