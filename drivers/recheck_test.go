package drivers_test

import (
	"testing"
	"time"

	"tsmount/drivers"
)

func TestRecheckBoundFollowsTheForm(t *testing.T) {
	open, now := time.Unix(1000, 0), time.Unix(2000, 0)
	for doc, want := range map[string]time.Time{
		`true`: now, `false`: {}, `"open"`: open, `1500`: time.Unix(1500, 0), `1500.5`: time.Unix(1500, 5e8),
		`-3.25`: time.Unix(-4, 75e7), `2500`: now, `1e300`: now, `-1e300`: {}, `0`: time.Unix(0, 0),
	} {
		r, err := drivers.ParseRecheck(value(t, doc))
		if err != nil {
			t.Errorf("%s: %v", doc, err)
		}
		if got := r.Bound(open, now); !got.Equal(want) {
			t.Errorf("%s: got %v, want %v", doc, got, want)
		}
	}
}

func TestRecheckIsWrittenAsItIsRead(t *testing.T) {
	for _, doc := range []string{`true`, `false`, `"open"`, `1500.5`} {
		r, _ := drivers.ParseRecheck(value(t, doc))
		if got := text(t, r.JSON()); got != doc {
			t.Errorf("got %s, want %s", got, doc)
		}
	}
	if r, _ := drivers.ParseRecheck(value(t, `1e300`)); r.JSON() != true {
		t.Errorf("a time that never comes: got %v, want true", r.JSON())
	}
}

func TestRecheckRefusesAllElse(t *testing.T) {
	for _, doc := range []string{`null`, `"Open"`, `""`, `[]`, `{}`, `"1"`} {
		if r, err := drivers.ParseRecheck(value(t, doc)); err == nil {
			t.Errorf("%s: got %v, want an error", doc, r)
		}
	}
}

func TestZeroRecheckTrustsNothing(t *testing.T) {
	now := time.Unix(2000, 0)
	if got := (drivers.Recheck{}).Bound(time.Time{}, now); !got.Equal(now) {
		t.Errorf("got %v", got)
	}
}
