package zarr3

import (
	"fmt"
	"slices"

	"tsmount/drivers/internal/document"
)

// match compares the codecs that a spec gives with complete ones. It returns what
// contradicts, or "". What the spec leaves out demands nothing: members of
// codecs, the codec that turns the array into bytes, and unless strict further
// transposes and the shards around codecs that are for chunks (TensorStore,
// ZarrCodecChainSpec::MergeFrom).
func (l codecList) match(have codecList, strict bool) string {
	if s := have.sharding(); s != nil && !strict && l.toBytes().codecName() != "sharding_indexed" {
		return l.match(s.codecs, strict)
	}
	for _, k := range []kind{arrayToArray, bytesToBytes} {
		a, b := l.of(k), have.of(k)
		if k == arrayToArray && !strict {
			b = b[:min(len(a), len(b))] // the layout may ask for more
		}
		if len(a) != len(b) {
			return fmt.Sprintf("are %s, the spec demands %s", document.Compact(have.json(true)), document.Compact(l.json(false)))
		}
		for i := range a {
			if why := a[i].match(b[i], strict); why != "" {
				return why
			}
		}
	}
	if a := l.toBytes(); a != nil {
		return a.match(have.toBytes(), strict)
	}
	return ""
}

// codecName returns the name of a codec that may be nil.
func (c *codecSpec) codecName() string {
	if c == nil {
		return ""
	}
	return c.name
}

// match compares what is given of a codec with a complete one.
func (c *codecSpec) match(have *codecSpec, strict bool) string {
	differ := func() string {
		return fmt.Sprintf("have %s, the spec demands %s", document.Compact(have.json(true)), document.Compact(c.json(false)))
	}
	if c.name != have.name {
		return differ()
	}
	for name, want := range c.conf {
		if got, ok := have.conf[name]; ok && !document.Equal(got, want) && !(name == "order" && c.sameOrder(have)) {
			return differ()
		}
	}
	if c.shard == nil {
		return ""
	}
	a, b := c.shard, have.shard
	if a.chunk != nil && !slices.Equal(a.chunk, b.chunk) || a.location != "" && a.location != b.place() {
		return differ()
	}
	if why := a.codecs.matchGiven(b.codecs, strict); why != "" {
		return why
	}
	return a.index.matchGiven(b.index, strict)
}

// matchGiven is match for a list that may not be given.
func (l codecList) matchGiven(have codecList, strict bool) string {
	if l == nil {
		return ""
	}
	return l.match(have, strict)
}

// sameOrder compares transposes that are written differently.
func (c *codecSpec) sameOrder(have *codecSpec) bool {
	rank := 0
	for _, spec := range []*codecSpec{c, have} {
		if list, ok := spec.conf["order"].([]int64); ok {
			rank = len(list)
		}
	}
	a, errA := c.permutation(rank)
	b, errB := have.permutation(rank)
	return errA == nil && errB == nil && slices.Equal(a, b)
}
