package document

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"tsmount/internal/strictjson"
)

// Selection is what a spec shows of elements that are records: the members
// "field" and "open_as_void" of zarr and zarr3.
type Selection struct {
	Field string // "" for none
	Void  bool   // the bytes of whole elements
}

// Fields are the fields of a data type.
type Fields struct {
	Member     string   // of the document, that says so
	Names      []string // one of "" if it is no record
	Structured bool
	JSON       any // the data type as it is written
}

// String lists the names as JSON does.
func (f Fields) String() string {
	quoted := make([]string, len(f.Names))
	for i, name := range f.Names {
		quoted[i] = strconv.Quote(name)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// ReadField reads the member "field". known are the fields that the spec says
// there are; nil: nothing is said.
func (s *Selection) ReadField(v strictjson.Value, known *Fields) (err error) {
	if s.Field, err = v.Str(); err != nil {
		return err
	}
	switch {
	case s.Field == "", known == nil, slices.Contains(known.Names, s.Field):
		return nil
	case !known.Structured:
		return v.Errorf("%q, but metadata.%s has no fields", s.Field, known.Member)
	}
	return v.Errorf("%q is not one of %v", s.Field, known)
}

// ReadVoid reads the member "open_as_void", after ReadField.
func (s *Selection) ReadVoid(v strictjson.Value) (err error) {
	if s.Void, err = v.Bool(); err == nil && s.Void && s.Field != "" {
		err = v.Errorf("excludes field")
	}
	return err
}

// Index returns which field is shown; -1: whole elements as bytes.
func (s *Selection) Index(f Fields, fault Faults) (int, error) {
	switch {
	case s.Void:
		return -1, nil
	case s.Field != "" && !f.Structured:
		return 0, fault.Mismatch(f.Member, f.JSON, map[string]any{"field": s.Field})
	case s.Field != "":
		if i := slices.Index(f.Names, s.Field); i >= 0 {
			return i, nil
		}
		return 0, fault.Contradiction(f.Member, "field %q is not one of %v", s.Field, f)
	case len(f.Names) > 1:
		return 0, fault.At(f.Member, `the spec must name a "field" that is one of %v`, f)
	}
	return 0, nil
}

// Append adds the members that say something to a spec.
func (s *Selection) Append(spec map[string]any) {
	if s.Field != "" {
		spec["field"] = s.Field
	}
	if s.Void {
		spec["open_as_void"] = true
	}
}

// CheckURL refuses what chooses another array than a URL's path does.
func (s *Selection) CheckURL() error {
	switch {
	case s.Field != "":
		return errors.New("a URL cannot name field")
	case s.Void:
		return errors.New("a URL cannot name open_as_void")
	}
	return nil
}
