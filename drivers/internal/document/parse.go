package document

import (
	"bytes"
	"encoding/json"

	"tsmount/internal/strictjson"
)

// quoteBare puts quotes around the tokens NaN, Infinity and -Infinity outside
// strings, which zarr-python writes into attributes and fill values although
// JSON has no such numbers. It returns data itself when there are none.
func quoteBare(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	var out []byte
	inString, from := false, 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		default:
			if n := bareLen(data[i:]); n > 0 {
				out = append(append(out, data[from:i]...), '"')
				out = append(append(out, data[i:i+n]...), '"')
				i, from = i+n-1, i+n
			}
		}
	}
	if from == 0 {
		return data
	}
	return append(out, data[from:]...)
}

// bareLen returns the length of the token at the beginning of b, or 0.
func bareLen(b []byte) int {
	for _, token := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(b, []byte(token)) {
			return len(token)
		}
	}
	return 0
}

// Parse reads one document, in which the bare numbers NaN and Infinity become
// strings. source begins every error text.
func Parse(data []byte, source string) (strictjson.Value, error) {
	v, err := strictjson.Parse(data, source)
	if err == nil {
		return v, nil
	}
	if quoted := quoteBare(data); !bytes.Equal(quoted, data) {
		return strictjson.Parse(quoted, source)
	}
	return v, err
}

// Attributes returns the user attributes that a document of their own holds: {} when there is
// no document, nil when it is broken, which is no reason to hide the array.
func Attributes(data []byte, found bool) json.RawMessage {
	if !found {
		return json.RawMessage("{}")
	}
	for _, text := range [][]byte{data, quoteBare(data)} {
		v, err := strictjson.Parse(text, "")
		if err == nil && v.IsObject() {
			return json.RawMessage(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
		}
	}
	return nil
}

// OneOf reads a string that is a or b.
func OneOf(v strictjson.Value, a, b string) (string, error) {
	s, err := v.Str()
	if err == nil && s != a && s != b {
		err = v.Errorf("expected %q or %q, got %q", a, b, s)
	}
	return s, err
}

// Compact renders JSON as TensorStore writes it: no spaces, members sorted, no
// escapes for HTML.
func Compact(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // v was made of JSON
	}
	return bytes.TrimSpace(b.Bytes())
}

// Equal reports whether two values are the same JSON.
func Equal(a, b any) bool { return bytes.Equal(Compact(a), Compact(b)) }
