package main

import (
	"strings"

	"tsmount/internal/strictjson"
)

// configRequest reads a config file. With a parent context, which the command
// line may give, the file's own is an error: one of them would be ignored.
func configRequest(name, parent string, daemon daemonOptions) (*request, error) {
	doc, err := readFile(name)
	if err != nil {
		return nil, err
	}
	req := &request{Daemon: daemon}
	if req.Context, err = contextText(parent); err != nil {
		return nil, err
	}
	return req, badUsage(req.readConfig(doc.value()))
}

func (r *request) readConfig(v strictjson.Value) error {
	o, err := v.Object()
	if err != nil {
		return err
	}
	if err := o.Optional("context", func(v strictjson.Value) error {
		if r.Context != nil {
			return v.Errorf("--context is given too; only one of them can be the context of all mounts")
		}
		r.Context = at(v)
		return nil
	}); err != nil {
		return err
	}
	list, err := o.Need("mounts")
	if err != nil {
		return err
	}
	mounts, err := list.Array()
	if err != nil {
		return err
	}
	if len(mounts) == 0 {
		return list.Errorf("nothing to mount")
	}
	for _, v := range mounts {
		if err := r.readMount(v); err != nil {
			return err
		}
	}
	return o.Close()
}

// at returns v as a document that knows its place.
func at(v strictjson.Value) *document {
	source := ""
	if e, ok := v.Errorf("").(*strictjson.Error); ok {
		source = e.Source
	}
	return &document{Source: source, Path: v.Path(), Value: v.Any()}
}

func (r *request) readMount(v strictjson.Value) error {
	o, err := v.Object()
	if err != nil {
		return err
	}
	m := mountRequest{Formats: []string{"npy"}}
	for _, step := range []func(*strictjson.Object) error{m.readPlace, m.readSpec, m.readSettings, m.readOwner} {
		if err := step(o); err != nil {
			return err
		}
	}
	r.Mounts = append(r.Mounts, m)
	return o.Close()
}

func (m *mountRequest) readPlace(o *strictjson.Object) error {
	v, err := o.Need("mountpoint")
	if err != nil {
		return err
	}
	path, err := v.Str()
	if err != nil {
		return err
	}
	if m.MountPoint, err = absoluteMountPoint(path); err != nil {
		return v.Errorf("%v", err)
	}
	return nil
}

// readSpec takes a spec: an object, or what SPEC may be on the command line.
func (m *mountRequest) readSpec(o *strictjson.Object) error {
	v, err := o.Need("spec")
	if err != nil {
		return err
	}
	m.Spec = *at(v)
	text, isText := v.Any().(string)
	if !isText {
		return nil
	}
	if text == "-" {
		return v.Errorf("a config file cannot read a spec from stdin")
	}
	doc, plain, err := specText(text, strings.NewReader(""))
	if err != nil {
		return v.Errorf("%v", err)
	}
	m.Plain = plain
	m.Spec.Value = doc.Value
	if !plain {
		m.Spec = doc
	}
	return nil
}

func (m *mountRequest) readSettings(o *strictjson.Object) error {
	if err := o.Optional("context", func(v strictjson.Value) error {
		m.Context = at(v)
		return nil
	}); err != nil {
		return err
	}
	if err := o.Optional("formats", func(v strictjson.Value) (err error) {
		if m.Formats, err = v.Strings(); err != nil {
			return err
		}
		if err := checkFormats(m.Formats); err != nil {
			return v.Errorf("%v", err)
		}
		return nil
	}); err != nil {
		return err
	}
	for name, into := range map[string]*bool{"writable": &m.Writable, "allow_other": &m.AllowOther} {
		if err := o.Optional(name, func(v strictjson.Value) (err error) {
			*into, err = v.Bool()
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (m *mountRequest) readOwner(o *strictjson.Object) error {
	for name, into := range map[string]**uint32{"uid": &m.UID, "gid": &m.GID} {
		if err := o.Optional(name, func(v strictjson.Value) error {
			n, err := v.Int(0, 1<<32-1)
			id := uint32(n)
			*into = &id
			return err
		}); err != nil {
			return err
		}
	}
	return o.Optional("umask", func(v strictjson.Value) error {
		text, err := v.Str()
		if err != nil {
			return err
		}
		if m.Umask, err = parseUmask(text); err != nil {
			return v.Errorf("%v", err)
		}
		return nil
	})
}
