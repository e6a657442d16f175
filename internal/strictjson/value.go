// Package strictjson reads JSON documents member by member, so that every
// member is either used or reported: a misspelt option is an error that names
// its path, never a silent default.
//
// Laws: numbers keep all their digits (uint64 survives); a whole number may be
// written 5.0; of equal members the last wins; a UTF-8 byte order mark is
// skipped; documents nested deeper than MaxDepth are refused; no allocation
// follows a number in the document.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits is how long a whole number that is written with a fraction may be.
const maxDigits = 400

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 200

// Error is a fault of a document. Path is the JSON path of the member, such as
// "kvstore.driver" or "scales[0].size"; Source, when set, names the document.
type Error struct {
	Source, Path, Msg string
}

func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Source, e.Path} {
		if part != "" {
			b.WriteString(part)
			b.WriteString(": ")
		}
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Value is one JSON value and where it stands.
type Value struct {
	path, source string
	v            any // nil, bool, json.Number, string, []any, map[string]any
}

// Parse reads one document. source, when not empty, begins every error text.
func Parse(data []byte, source string) (Value, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := checkDepth(data); err != nil {
		return Value{}, &Error{Source: source, Msg: err.Error()}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the document ends too early")
		}
		return Value{}, &Error{Source: source, Msg: "invalid JSON: " + err.Error()}
	}
	if _, err := d.Token(); err != io.EOF {
		return Value{}, &Error{Source: source, Msg: "invalid JSON: more than one value"}
	}
	return Value{source: source, v: v}, nil
}

// Of wraps an already decoded value (as encoding/json makes it with UseNumber).
func Of(v any, source, path string) Value { return Value{path: path, source: source, v: v} }

// checkDepth counts brackets outside strings.
func checkDepth(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString:
			if c == '\\' {
				i++
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '[' || c == '{':
			if depth++; depth > MaxDepth {
				return fmt.Errorf("nested deeper than %d levels", MaxDepth)
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

// Path returns the JSON path of the value, empty for the document itself.
func (v Value) Path() string { return v.path }

// Any returns the value as encoding/json makes it with UseNumber.
func (v Value) Any() any { return v.v }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.v == nil }

// Errorf returns an *Error about this value.
func (v Value) Errorf(format string, args ...any) error {
	return &Error{Source: v.source, Path: v.path, Msg: fmt.Sprintf(format, args...)}
}

// Text renders the value compactly for an error text, cut at 80 bytes.
func (v Value) Text() string {
	b, err := json.Marshal(v.v)
	if err != nil {
		return err.Error()
	}
	if len(b) > 80 {
		return string(b[:77]) + "..."
	}
	return string(b)
}

func (v Value) expected(what string) error { return v.Errorf("expected %s, got %s", what, v.Text()) }

// Bool returns a strict boolean.
func (v Value) Bool() (bool, error) {
	b, ok := v.v.(bool)
	if !ok {
		return false, v.expected("true or false")
	}
	return b, nil
}

// Str returns a string.
func (v Value) Str() (string, error) {
	s, ok := v.v.(string)
	if !ok {
		return "", v.expected("a string")
	}
	return s, nil
}

// IsString reports whether the value is a string.
func (v Value) IsString() bool { _, ok := v.v.(string); return ok }

// IsObject reports whether the value is an object.
func (v Value) IsObject() bool { _, ok := v.v.(map[string]any); return ok }

// IsArray reports whether the value is an array.
func (v Value) IsArray() bool { _, ok := v.v.([]any); return ok }

// IsNumber reports whether the value is a number.
func (v Value) IsNumber() bool { _, ok := v.v.(json.Number); return ok }

// Number returns the digits of a number.
func (v Value) Number() (json.Number, error) {
	n, ok := v.v.(json.Number)
	if !ok {
		return "", v.expected("a number")
	}
	return n, nil
}

// Int returns a whole number in [lo, hi]; it may be written 5.0.
func (v Value) Int(lo, hi int64) (int64, error) {
	n, err := v.Number()
	if err != nil {
		return 0, v.expected(rangeText(lo, hi))
	}
	i, ok := wholeInt(n)
	if !ok || i < lo || i > hi {
		return 0, v.expected(rangeText(lo, hi))
	}
	return i, nil
}

// Uint returns a whole number in [0, 2^64).
func (v Value) Uint() (uint64, error) {
	n, err := v.Number()
	if err != nil {
		return 0, v.expected("a whole number")
	}
	if u, err := strconv.ParseUint(string(n), 10, 64); err == nil {
		return u, nil
	}
	if i, ok := wholeInt(n); ok && i >= 0 {
		return uint64(i), nil
	}
	return 0, v.expected("a whole number from 0 to 2^64-1")
}

// Float returns a number as float64; one that is too large is infinite.
func (v Value) Float() (float64, error) {
	n, err := v.Number()
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, v.expected("a number")
	}
	return f, nil
}

func rangeText(lo, hi int64) string {
	switch {
	case hi == math.MaxInt64 && lo == math.MinInt64:
		return "a whole number"
	case hi == math.MaxInt64:
		return fmt.Sprintf("a whole number of at least %d", lo)
	}
	return fmt.Sprintf("a whole number from %d to %d", lo, hi)
}

// wholeInt reads an integer that may be written with a fraction of zero or an
// exponent. Exponents are bounded, so that 1e999999999 costs nothing.
func wholeInt(n json.Number) (int64, bool) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || math.Abs(f) >= 1<<63 || f != math.Trunc(f) || len(n) > maxDigits {
		return 0, false
	}
	if f == 0 { // 0.0 is whole, 1e-999 is not
		mantissa, _, _ := strings.Cut(strings.ToLower(string(n)), "e")
		return 0, strings.Trim(mantissa, "-0.") == ""
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}
