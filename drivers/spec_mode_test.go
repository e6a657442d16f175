package drivers_test

import (
	"strings"
	"testing"
)

func TestNamingOpenOrCreateTurnsTheOtherOff(t *testing.T) {
	for doc, want := range map[string][2]bool{
		`{KV}`: {true, false}, `{KV,"create":true}`: {false, true}, `{KV,"open":true}`: {true, false},
		`{KV,"open":true,"create":true}`: {true, true}, `{KV,"open":false,"create":true}`: {false, true},
	} {
		s := parse(t, doc)
		if got := [2]bool{s.Open, s.Create}; got != want || s.ModeGiven != (doc != `{KV}`) {
			t.Errorf("%s: got open and create %v, given %v", doc, got, s.ModeGiven)
		}
	}
}

func TestOpenAndCreateBothFalseIsAnError(t *testing.T) {
	refuse(t, `{KV,"open":false}`, "open", "both false")
	refuse(t, `{KV,"create":false}`, "create", "both false")
	refuse(t, `{KV,"open":false,"create":false}`, "create", "both false")
}

func TestDeleteExistingNeedsCreateAndForbidsOpen(t *testing.T) {
	if s := parse(t, `{KV,"create":true,"delete_existing":true}`); !s.DeleteExisting || s.Open {
		t.Errorf("got %+v", s)
	}
	refuse(t, `{KV,"delete_existing":true}`, "delete_existing", "create")
	refuse(t, `{KV,"delete_existing":true,"create":true,"open":true}`, "delete_existing", "open")
	refuse(t, `{KV,"delete_existing":true,"create":true,"assume_metadata":true}`, "delete_existing", "assume_metadata")
	refuse(t, `{KV,"delete_existing":null}`, "delete_existing", "true or false")
}

func TestAssumedMetadataNeedsOpen(t *testing.T) {
	refuse(t, `{KV,"assume_metadata":true,"open":false}`, "assume_metadata", "open")
	refuse(t, `{KV,"assume_cached_metadata":true,"create":true}`, "assume_cached_metadata", "open")
	if s := parse(t, `{KV,"assume_metadata":true,"assume_cached_metadata":true}`); !s.AssumeMetadata || s.AssumeCachedMetadata {
		t.Errorf("got %+v, want only assume_metadata", s)
	}
}

func TestModeIsWrittenAsTensorStoreWritesIt(t *testing.T) {
	for doc, want := range map[string]string{
		`{KV,"open":true}`: `{KV}`, `{KV,"open":false,"create":true}`: `{KV,"create":true}`, `{KV,"open":true,"create":true}`: `{KV,"open":true,"create":true}`,
	} {
		checkJSON(t, parse(t, doc).JSON(false), withStore(want))
	}
}

func TestMetadataMismatchIsNoLongerAllowed(t *testing.T) {
	parse(t, `{KV,"allow_metadata_mismatch":false}`)
	refuse(t, `{KV,"allow_metadata_mismatch":true}`, "allow_metadata_mismatch", "no longer")
}

func TestFlagsAreStrictBooleans(t *testing.T) {
	for _, name := range strings.Fields("open create delete_existing assume_metadata assume_cached_metadata") {
		for _, bad := range []string{`1`, `"true"`, `null`, `[]`} {
			refuse(t, `{KV,"`+name+`":`+bad+`}`, name, "true or false")
		}
	}
}
