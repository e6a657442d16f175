package zarr3

import "tsmount/internal/strictjson"

// readNamed reads an extension point: a bare string, or an object with a name
// and perhaps a configuration (core/index.rst, "Extension points"; an absent
// configuration is an empty one, zarr-specs#352). conf is nil when there is
// none. must_understand is for others than these: any other member is an error.
func readNamed(v strictjson.Value) (name string, conf *strictjson.Object, err error) {
	if v.IsString() {
		name, err = v.Str()
		return name, nil, err
	}
	o, err := v.Object()
	if err != nil {
		return "", nil, v.Errorf("expected a name or an object with a name, got %s", v.Text())
	}
	n, err := o.Need("name")
	if err != nil {
		return "", nil, err
	}
	if name, err = n.Str(); err != nil {
		return "", nil, err
	}
	if c, ok := o.Get("configuration"); ok {
		if conf, err = c.Object(); err != nil {
			return "", nil, err
		}
	}
	return name, conf, o.Close()
}

// named returns the JSON of an extension point; an empty configuration is left
// out.
func named(name string, conf map[string]any) map[string]any {
	out := map[string]any{"name": name}
	if len(conf) > 0 {
		out["configuration"] = conf
	}
	return out
}
