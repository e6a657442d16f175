package drivers

import (
	"tsmount/arrayview"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/resources"
)

// specReader reads the object form of a spec, member by member.
type specReader struct {
	tables Tables
	o      *strictjson.Object
	spec   *Spec
	ranks  rankClaims
}

// readDriver takes the driver and reports whether the object is that of a
// key-value store.
func (r *specReader) readDriver() (isStore bool, err error) {
	v, given := r.o.Get("driver")
	if !given {
		if _, hasStore := r.o.Get("kvstore"); !hasStore {
			return false, v.Errorf("member is missing")
		}
		return false, nil
	}
	name, err := v.Str()
	if err != nil || name == Auto {
		return false, err
	}
	if f := findFormat(r.tables.Formats, name); f != nil {
		r.spec.Driver, r.spec.Format = f.Name(), f
		return false, nil
	}
	if _, err := r.tables.Stores.Lookup(name); err == nil {
		return true, nil
	}
	return false, r.tables.unknownDriver(v, name)
}

// read takes all other members. The order decides which of two members that
// contradict each other is reported.
func (r *specReader) read() (*Spec, error) {
	r.ranks.rank = -1
	for _, step := range []func() error{
		r.readContext, r.readShape, r.readStore, r.readFlags, r.readRechecks, r.readResources, r.readMembers, r.o.Close, r.checkMode,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.spec, nil
}

func (r *specReader) readContext() error {
	return r.o.Optional("context", func(v strictjson.Value) (err error) {
		r.spec.Context, err = resources.ParseSpec(r.tables.Kinds, v)
		return err
	})
}

// readShape takes what says what the array looks like.
func (r *specReader) readShape() error {
	for _, m := range []struct {
		name string
		read func(strictjson.Value) error
	}{
		{"schema", r.readSchema}, {"dtype", r.readDType}, {"transform", r.readTransform}, {"rank", r.readRank},
	} {
		if err := r.o.Optional(m.name, m.read); err != nil {
			return err
		}
	}
	if r.spec.Transform == nil {
		r.spec.Rank = r.ranks.rank
	}
	return nil
}

func (r *specReader) readSchema(v strictjson.Value) error {
	s := schemaReader{ranks: &r.ranks, formats: r.tables.Formats}
	if err := s.read(v); err != nil {
		return err
	}
	r.spec.Schema, r.spec.DType = s.out, s.dtype
	return nil
}

func (r *specReader) readDType(v strictjson.Value) error {
	t, err := parseDType(v)
	if err != nil {
		return err
	}
	if r.spec.DType != 0 && r.spec.DType != t {
		return v.Errorf("%v does not match %v of schema.dtype", t, r.spec.DType)
	}
	r.spec.DType = t
	return nil
}

func (r *specReader) readTransform(v strictjson.Value) error {
	t, err := arrayview.ParseTransform(v)
	if err != nil {
		return err
	}
	r.spec.Transform, r.spec.Rank = t, t.Input.Rank()
	return r.ranks.claim(v, t.OutputRank())
}

// readRank takes the rank of the view, which is that of the array unless a
// transform stands between the two.
func (r *specReader) readRank(v strictjson.Value) error {
	rank, err := parseRank(v)
	switch {
	case err != nil:
		return err
	case r.spec.Transform == nil:
		return r.ranks.claim(v, rank)
	case rank != r.spec.Rank:
		return v.Errorf("rank %d does not match the %d input dimensions of the transform", rank, r.spec.Rank)
	}
	return nil
}

// readStore takes the key-value store and the path below it.
func (r *specReader) readStore() error {
	v, given := r.o.Get("kvstore")
	path, hasPath := r.o.Get("path")
	switch {
	case !given && hasPath:
		return path.Errorf(`needs the member "kvstore" beside it`)
	case !given:
		return v.Errorf("member is missing")
	}
	kv, err := kvstore.ParseSpec(r.tables.Stores, r.tables.Kinds, v)
	if err != nil {
		return err
	}
	r.spec.KvStore = kv
	sub := ""
	if hasPath {
		if sub, err = path.Str(); err != nil {
			return err
		}
	}
	if r.spec.KvStore, err = below(kv, sub, r.spec.Format == nil); err != nil {
		return path.Errorf("%v", err)
	}
	return nil
}

// below joins sub to the path of kv. Arrays lie in directories; what is to be
// detected keeps its spelling.
func below(kv *kvstore.Spec, sub string, auto bool) (*kvstore.Spec, error) {
	if auto && sub == "" {
		return kv, nil
	}
	kv, err := kv.Join(sub)
	if err != nil || auto {
		return kv, err
	}
	return kv.Join("")
}

// readMembers lets the format take its own members.
func (r *specReader) readMembers() (err error) {
	if r.spec.Format != nil {
		r.spec.Members, err = r.spec.Format.Members(r.o)
	}
	return err
}

func (r *specReader) readRechecks() error {
	for _, m := range []struct {
		name string
		dst  *Recheck
	}{
		{"recheck_cached_data", &r.spec.RecheckData}, {"recheck_cached_metadata", &r.spec.RecheckMetadata},
	} {
		err := r.o.Optional(m.name, func(v strictjson.Value) (err error) {
			*m.dst, err = ParseRecheck(v)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *specReader) readResources() error {
	for _, m := range []struct {
		name, kind string
		dst        *resources.Member
	}{
		{cachePool, cachePool, &r.spec.CachePool},
		{"metadata_cache_pool", cachePool, &r.spec.MetadataCachePool},
		{resources.DataCopyConcurrency, resources.DataCopyConcurrency, &r.spec.DataCopyConcurrency},
	} {
		err := r.o.Optional(m.name, func(v strictjson.Value) (err error) {
			*m.dst, err = resources.ParseMember(r.tables.Kinds, m.kind, v)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
