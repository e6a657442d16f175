package drivers_test

import (
	"testing"

	"tsmount/drivers"
)

func TestUnitFormsAndTheirCanonicalOne(t *testing.T) {
	for doc, want := range map[string]string{
		`null`: `null`, `"4.5e-9 m"`: `[4.5e-9,"m"]`, `"nm"`: `[1,"nm"]`, `""`: `[1,""]`, `"4nm"`: `[4,"nm"]`, `5`: `[5,""]`, `[4,"nm"]`: `[4,"nm"]`,
		`[0,"nm"]`: `[0,"nm"]`, `[-1.5,"x y"]`: `[-1.5,"x y"]`, `" 3 um "`: `[3,"um"]`, `"-.5 s"`: `[-0.5,"s"]`, `"1."`: `[1,""]`, `"em"`: `[1,"em"]`,
		`"1e999 m"`: `[1,"1e999 m"]`, `"3e"`: `[3,"e"]`,
	} {
		u, err := drivers.ParseUnit(value(t, doc))
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		got := drivers.UnitsJSON([]*drivers.Unit{u})
		if text(t, got[0]) != text(t, value(t, want).Any()) {
			t.Errorf("%s: got %s, want %s", doc, text(t, got[0]), want)
		}
	}
}

func TestUnitsThatAreRefused(t *testing.T) {
	for _, doc := range []string{`[4]`, `["nm"]`, `["nm",4]`, `[4,"nm",1]`, `{}`, `true`, `1e999`, `[1e999,"m"]`, `[4,null]`} {
		if u, err := drivers.ParseUnit(value(t, doc)); err == nil {
			t.Errorf("%s: got %v, want an error", doc, u)
		}
	}
}

func TestUnitTextReadsBack(t *testing.T) {
	for u, want := range map[drivers.Unit]string{
		{4, "nm"}: "4 nm", {1, "nm"}: "nm", {1, ""}: "1", {2.5, ""}: "2.5", {4.5e-9, "m"}: "4.5e-09 m", {1, "5 x"}: "1 5 x", {-1, "s"}: "-1 s",
	} {
		if got := u.String(); got != want || drivers.UnitOf(got) != u {
			t.Errorf("%+v: got %q, which reads as %+v; want %q", u, got, drivers.UnitOf(got), want)
		}
	}
}
