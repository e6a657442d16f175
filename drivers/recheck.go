package drivers

import (
	"math"
	"time"

	"tsmount/internal/strictjson"
)

// RecheckMode tells when what is cached is looked at again.
type RecheckMode uint8

const (
	// RecheckAlways: by every operation (true).
	RecheckAlways RecheckMode = iota
	// RecheckNever: whatever is cached counts (false).
	RecheckNever
	// RecheckOpen: when it is older than the open of the file ("open").
	RecheckOpen
	// RecheckTime: when it is older than a fixed time (a number).
	RecheckTime
)

// Recheck is TensorStore's CacheRevalidationBound: how old what is cached may
// be. Its zero value trusts nothing that is cached. It is comparable.
type Recheck struct {
	Mode    RecheckMode
	Seconds float64 // RecheckTime: since the Unix epoch
}

// forever is a number of seconds that no clock reaches.
const forever = 1e15

// ParseRecheck reads true, false, "open" or a number of seconds.
func ParseRecheck(v strictjson.Value) (Recheck, error) {
	if b, err := v.Bool(); err == nil {
		if b {
			return Recheck{Mode: RecheckAlways}, nil
		}
		return Recheck{Mode: RecheckNever}, nil
	}
	if s, err := v.Str(); err == nil && s == "open" {
		return Recheck{Mode: RecheckOpen}, nil
	}
	t, err := v.Float()
	switch {
	case err != nil:
		return Recheck{}, v.Errorf(`expected true, false, "open" or seconds since 1970 as a number, got %s`, v.Text())
	case t > forever:
		return Recheck{Mode: RecheckAlways}, nil
	case t < -forever:
		return Recheck{Mode: RecheckNever}, nil
	}
	return Recheck{Mode: RecheckTime, Seconds: t}, nil
}

// Bound returns the oldest stamp that an operation at now may use, through a
// file that was opened at open. The zero time lets everything pass. A number is
// never later than now: a read that begins now is always good enough.
func (r Recheck) Bound(open, now time.Time) time.Time {
	switch r.Mode {
	case RecheckNever:
		return time.Time{}
	case RecheckOpen:
		return open
	case RecheckTime:
		whole, part := math.Modf(r.Seconds)
		if t := time.Unix(int64(whole), int64(part*1e9)); t.Before(now) {
			return t
		}
	}
	return now
}

// JSON returns the bound as it is written in a spec.
func (r Recheck) JSON() any {
	switch r.Mode {
	case RecheckNever:
		return false
	case RecheckOpen:
		return "open"
	case RecheckTime:
		return r.Seconds
	}
	return true
}
