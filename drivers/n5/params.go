package n5

import "tsmount/internal/strictjson"

// params reads the members of one compression and builds its canonical form.
type params struct {
	o      *strictjson.Object
	stored bool
	json   map[string]any
	err    error // the first one
}

func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// get takes a member that must be there.
func (p *params) get(name string) (strictjson.Value, bool) {
	v, err := p.o.Need(name)
	if err != nil {
		p.fail(err)
	}
	return v, err == nil
}

// int reads a whole number in [lo, hi] that may be absent.
func (p *params) int(name string, lo, hi int64, otherwise int) int {
	p.json[name] = int64(otherwise)
	if v, ok := p.o.Get(name); ok {
		return p.readInt(name, v, lo, hi)
	}
	return otherwise
}

func (p *params) needInt(name string, lo, hi int64) int {
	if v, ok := p.get(name); ok {
		return p.readInt(name, v, lo, hi)
	}
	return 0
}

func (p *params) readInt(name string, v strictjson.Value, lo, hi int64) int {
	n, err := v.Int(lo, hi)
	if err != nil {
		p.fail(err)
	}
	p.json[name] = n
	return int(n)
}

func (p *params) needString(name string) string {
	v, ok := p.get(name)
	if !ok {
		return ""
	}
	s, err := v.Str()
	if err != nil {
		p.fail(err)
	}
	p.json[name] = s
	return s
}

// bool reads a member that is false when absent.
func (p *params) bool(name string) (b bool) {
	if v, ok := p.o.Get(name); ok {
		var err error
		if b, err = v.Bool(); err != nil {
			p.fail(err)
		}
	}
	p.json[name] = b
	return b
}
