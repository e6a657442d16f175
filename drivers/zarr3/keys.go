package zarr3

import (
	"strconv"

	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// keyEncoding is the member "chunk_key_encoding" (docs/v3/chunk-key-encodings).
type keyEncoding struct {
	v2        bool // no "c" in front
	separator byte
}

func parseKeyEncoding(v strictjson.Value) (*keyEncoding, error) {
	name, conf, err := readNamed(v)
	if err != nil {
		return nil, err
	}
	k := &keyEncoding{separator: '/'}
	switch name {
	case "default":
	case "v2":
		k.v2, k.separator = true, '.'
	default:
		return nil, v.Errorf("unknown chunk key encoding %q (known: default, v2)", name)
	}
	if conf == nil {
		return k, nil
	}
	err = conf.Optional("separator", func(v strictjson.Value) error {
		s, err := document.OneOf(v, "/", ".")
		if err == nil {
			k.separator = s[0]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return k, conf.Close()
}

// json returns the form in which TensorStore writes it, which leaves out the
// usual separators.
func (k *keyEncoding) json() any {
	name, usual := "default", byte('/')
	if k.v2 {
		name, usual = "v2", '.'
	}
	if k.separator == usual {
		return named(name, nil)
	}
	return named(name, map[string]any{"separator": string(k.separator)})
}

// append adds the key of the chunk at the grid position grid.
func (k *keyEncoding) append(key []byte, grid []int64) []byte {
	if !k.v2 {
		key = append(key, 'c')
	} else if len(grid) == 0 {
		return append(key, '0')
	}
	for i, x := range grid {
		if !k.v2 || i > 0 {
			key = append(key, k.separator)
		}
		key = strconv.AppendInt(key, x, 10)
	}
	return key
}
