package zarr

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

// parseAttributes returns the attributes that .zattrs holds: {} when there is
// no document, nil when it is broken, which is no reason to hide the array.
func parseAttributes(data []byte, found bool) json.RawMessage {
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
