package zarr3

import (
	"slices"

	"tsmount/arrayview"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// kind says what a codec turns into what (core/index.rst, "Codecs").
type kind uint8

const (
	arrayToArray kind = iota
	arrayToBytes
	bytesToBytes
)

// codecSpec is one entry of a list of codecs: in a stored document with all that
// it needs, in a spec with what is given.
type codecSpec struct {
	name  string
	kind  kind
	bare  bool           // written as a string
	conf  map[string]any // given members, lists of codecs aside
	shard *shardSpec     // of sharding_indexed
	at    strictjson.Value
}

// shardSpec is the configuration of sharding_indexed.
type shardSpec struct {
	chunk         []int64   // nil: not given
	codecs, index codecList // nil: not given
	location      string    // "" not given
}

// codecList is the member "codecs": array to array, array to bytes, bytes to
// bytes, in this order. In a spec the middle one may be missing.
type codecList []*codecSpec

// maxShards is how deep shards may nest.
const maxShards = 8

// reader reads lists of codecs.
type reader struct {
	stored bool // members that a codec needs must be there
	depth  int
}

// list reads a list of codecs and checks the order of their kinds.
func (r reader) list(v strictjson.Value) (codecList, error) {
	entries, err := v.Array()
	if err != nil {
		return nil, err
	}
	if r.depth > maxShards {
		return nil, v.Errorf("shards nest deeper than %d", maxShards)
	}
	list := make(codecList, len(entries))
	last := arrayToArray
	for i, e := range entries {
		c, err := r.codec(e)
		if err != nil {
			return nil, err
		}
		if c.kind < last || c.kind == last && last == arrayToBytes {
			return nil, e.Errorf("codec %q cannot stand here: array to array, one array to bytes, bytes to bytes", c.name)
		}
		if r.stored && last == arrayToArray && c.kind == bytesToBytes {
			return nil, e.Errorf("codec %q cannot stand here: a codec that turns the array into bytes is missing", c.name)
		}
		last, list[i] = c.kind, c
	}
	if r.stored && last == arrayToArray {
		return nil, v.Errorf("a codec that turns the array into bytes is missing")
	}
	return list, nil
}

func (r reader) codec(v strictjson.Value) (*codecSpec, error) {
	name, conf, err := readNamed(v)
	if err != nil {
		return nil, err
	}
	c := &codecSpec{name: name, kind: bytesToBytes, bare: v.IsString(), conf: map[string]any{}, at: v}
	if conf == nil {
		// Members are missed under the path that they should have.
		if conf, err = strictjson.Of(map[string]any{}, "", v.Path()).Object(); err != nil {
			return nil, err
		}
	}
	p := &params{o: conf, conf: c.conf, stored: r.stored}
	switch name {
	case "transpose":
		c.kind = arrayToArray
		p.readTranspose()
	case "bytes":
		c.kind = arrayToBytes
		p.readBytes()
	case "endian": // as "bytes" was called in drafts
		c.name, c.kind, c.bare = "bytes", arrayToBytes, false
		p.readBytes()
	case "sharding_indexed":
		c.kind, c.shard = arrayToBytes, &shardSpec{}
		r.readSharding(p, c.shard)
	default:
		known, ok := byteCodecs[name]
		if !ok {
			return nil, v.Errorf("unknown codec %q", name)
		}
		known.read(p)
	}
	return c, p.close()
}

// readTranspose reads "order": a permutation, or C and F of early drafts.
func (p *params) readTranspose() {
	v, ok := p.get("order", true)
	if !ok {
		p.fail(v.Errorf("member is missing"))
		return
	}
	if v.IsString() {
		s, err := document.OneOf(v, "C", "F")
		p.fail(err)
		p.conf["order"] = s
		return
	}
	order, err := v.Ints(0, arrayview.MaxRank-1)
	p.fail(err)
	sorted := slices.Sorted(slices.Values(order))
	for i, d := range sorted {
		if d != int64(i) {
			p.fail(v.Errorf("expected each of the dimensions 0 to %d once, got %s", len(order)-1, v.Text()))
			break
		}
	}
	p.conf["order"] = order
}

func (p *params) readBytes() {
	if v, ok := p.get("endian", false); ok {
		s, err := document.OneOf(v, "little", "big")
		p.fail(err)
		p.conf["endian"] = s
	}
}

func (r reader) readSharding(p *params, s *shardSpec) {
	inner := reader{stored: r.stored, depth: r.depth + 1}
	for _, m := range []struct {
		name string
		need bool
		read func(strictjson.Value) error
	}{
		{"chunk_shape", true, func(v strictjson.Value) (err error) { s.chunk, err = v.Ints(1, arrayview.Inf); return }},
		{"codecs", true, func(v strictjson.Value) (err error) { s.codecs, err = inner.list(v); return }},
		{"index_codecs", true, func(v strictjson.Value) (err error) { s.index, err = inner.list(v); return }},
		{"index_location", false, func(v strictjson.Value) (err error) { s.location, err = document.OneOf(v, "start", "end"); return }},
	} {
		if v, ok := p.get(m.name, m.need); ok {
			p.fail(m.read(v))
		}
	}
}

// json returns the codec as documents have it, or with whole as
// TensorStore's schema.codec does.
func (c *codecSpec) json(whole bool) any {
	if c.bare {
		return c.name
	}
	if c.shard == nil {
		return named(c.name, c.conf)
	}
	s := c.shard
	conf := map[string]any{}
	if s.chunk != nil {
		conf["chunk_shape"] = s.chunk
	}
	if s.codecs != nil {
		conf["codecs"] = s.codecs.json(whole)
	}
	if s.index != nil {
		conf["index_codecs"] = s.index.json(whole)
	}
	if s.location == "start" || whole {
		conf["index_location"] = s.place()
	}
	return named(c.name, conf)
}

// place returns where the index is.
func (s *shardSpec) place() string {
	if s.location == "" {
		return "end"
	}
	return s.location
}

func (l codecList) json(whole bool) []any {
	out := make([]any, len(l))
	for i, c := range l {
		out[i] = c.json(whole)
	}
	return out
}

// of returns the codecs of a kind.
func (l codecList) of(k kind) codecList {
	var out codecList
	for _, c := range l {
		if c.kind == k {
			out = append(out, c)
		}
	}
	return out
}

// toBytes returns the codec that turns the array into bytes, or nil.
func (l codecList) toBytes() *codecSpec {
	for _, c := range l {
		if c.kind == arrayToBytes {
			return c
		}
	}
	return nil
}

// sharding returns the configuration of the sharding at the top, or nil.
func (l codecList) sharding() *shardSpec {
	if c := l.toBytes(); c != nil {
		return c.shard
	}
	return nil
}
