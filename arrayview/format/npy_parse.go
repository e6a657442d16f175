package format

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// npyEquivalent reports whether a complete npy header, of any version and
// however spelled, describes the given array.
func npyEquivalent(header []byte, descr string, fortran bool, shape []int64) bool {
	text, ok := npyText(header)
	if !ok {
		return false
	}
	p := npyParser{rest: text}
	m, ok := p.dict()
	if p.skip(); !ok || p.rest != "" {
		return false
	}
	return npySameType(m.descr, descr) && slices.Equal(m.shape, shape) && (m.fortran == fortran || orderless(shape))
}

// npyText returns the dictionary of a header that ends where its length says.
func npyText(h []byte) (string, bool) {
	if len(h) < npyPrefix || string(h[:len(npyMagic)]) != npyMagic || h[7] != 0 {
		return "", false
	}
	h = h[len(npyMagic):]
	n := int64(0)
	switch version := h[0]; {
	case version == 1:
		n, h = int64(binary.LittleEndian.Uint16(h[2:])), h[4:]
	case (version == 2 || version == 3) && len(h) >= 6:
		n, h = int64(binary.LittleEndian.Uint32(h[2:])), h[6:]
	default:
		return "", false
	}
	return string(h), n == int64(len(h)) && n > 0 && h[n-1] == '\n'
}

// npySameType compares type strings; byte order means nothing for single bytes.
func npySameType(a, b string) bool {
	if strings.HasPrefix(b, "|") {
		return strings.TrimLeft(a, "<>=|") == b[1:] && len(a) <= len(b)
	}
	return a == b
}

// orderless reports whether an array has the same bytes in any order.
func orderless(shape []int64) bool {
	long := 0
	for _, n := range shape {
		if n == 0 {
			return true
		}
		if n != 1 {
			long++
		}
	}
	return long < 2
}

type npyMeta struct {
	descr   string
	fortran bool
	shape   []int64
}

// npyParser reads the Python literal of a header.
type npyParser struct{ rest string }

func (p *npyParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\n\r") }

// take consumes a token that must come next.
func (p *npyParser) take(token string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

// dict reads the three members, each exactly once, in any order.
func (p *npyParser) dict() (m npyMeta, ok bool) {
	if !p.take("{") {
		return m, false
	}
	seen := map[string]bool{}
	for !p.take("}") {
		name, ok := p.str()
		if !ok || seen[name] || !p.take(":") || !p.member(&m, name) {
			return m, false
		}
		seen[name] = true
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return m, false
		}
	}
	return m, len(seen) == 3
}

func (p *npyParser) member(m *npyMeta, name string) (ok bool) {
	switch name {
	case "descr":
		m.descr, ok = p.str()
	case "fortran_order":
		m.fortran = p.take("True")
		ok = m.fortran || p.take("False")
	case "shape":
		m.shape, ok = p.tuple()
	}
	return ok
}

// str reads a string without escapes.
func (p *npyParser) str() (string, bool) {
	for _, quote := range []string{"'", `"`} {
		if p.take(quote) {
			s, rest, ok := strings.Cut(p.rest, quote)
			p.rest = rest
			return s, ok && !strings.Contains(s, `\`)
		}
	}
	return "", false
}

// tuple reads extents; a single one needs its comma.
func (p *npyParser) tuple() ([]int64, bool) {
	shape, comma := []int64{}, true
	if !p.take("(") {
		return nil, false
	}
	for !p.take(")") {
		if !comma {
			return nil, false
		}
		n, ok := p.number()
		if !ok {
			return nil, false
		}
		shape = append(shape, n)
		if comma = p.take(","); !comma && len(shape) == 1 {
			return nil, false
		}
	}
	return shape, true
}

// number reads an extent; Python 2 wrote an L behind some.
func (p *npyParser) number() (int64, bool) {
	p.skip()
	end := 0
	for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(p.rest[:end], 10, 64)
	p.rest = strings.TrimPrefix(p.rest[end:], "L")
	return n, err == nil
}
