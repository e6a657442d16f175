package zarr3

// merge returns a copy of a in which the members stand that only b gives. That
// the two agree is found when the result is compared with both.
func merge(a, b codecList) codecList {
	if a == nil {
		return nil
	}
	out := make(codecList, 0, len(a)+1)
	for _, k := range []kind{arrayToArray, arrayToBytes, bytesToBytes} {
		mine, other := a.of(k), b.of(k)
		if len(mine) == 0 && k == arrayToBytes {
			mine, other = other, nil
		}
		for i, c := range mine {
			c = c.clone()
			if i < len(other) && other[i].name == c.name {
				c.add(other[i])
			}
			out = append(out, c)
		}
	}
	return out
}

// clone returns a codec that shares nothing that completion changes.
func (c *codecSpec) clone() *codecSpec {
	d := *c
	d.conf = map[string]any{}
	for name, v := range c.conf {
		d.conf[name] = v
	}
	if c.shard != nil {
		d.shard = c.shard.clone()
	}
	return &d
}

func (l codecList) clone() codecList {
	if l == nil {
		return nil
	}
	out := make(codecList, len(l))
	for i, c := range l {
		out[i] = c.clone()
	}
	return out
}

// add takes over what only b gives.
func (c *codecSpec) add(b *codecSpec) {
	for name, v := range b.conf {
		standIn(c.conf, name, v)
	}
	if c.shard == nil || b.shard == nil {
		return
	}
	s, o := c.shard, b.shard.clone()
	if s.chunk == nil {
		s.chunk = o.chunk
	}
	if s.location == "" {
		s.location = o.location
	}
	if s.codecs = merge(s.codecs, o.codecs); s.codecs == nil {
		s.codecs = o.codecs
	}
	if s.index = merge(s.index, o.index); s.index == nil {
		s.index = o.index
	}
}

func (s *shardSpec) clone() *shardSpec {
	c := *s
	c.codecs, c.index = s.codecs.clone(), s.index.clone()
	return &c
}
