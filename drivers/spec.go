package drivers

import (
	"slices"
	"strings"

	"tsmount/arrayview"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/resources"
)

// Auto is the driver of a spec that leaves the format to detection.
const Auto = "auto"

// cachePool is the resource type of the memory for what is cached.
const cachePool = "cache_pool"

// Tables are what exists: the formats, the stores and the kinds of resources.
type Tables struct {
	Formats []Format
	Stores  *kvstore.Table
	Kinds   *resources.Kinds
}

// Spec is a parsed TensorStore spec. It must not be changed.
type Spec struct {
	Driver  string // the name of Format, or Auto
	Format  Format // nil: detect
	KvStore *kvstore.Spec
	Context *resources.Spec // nil: none; its parent is the one of the mount

	DType     arrayview.DType // zero: any
	Rank      int             // of the view that Transform makes; -1: any
	Transform *arrayview.Transform
	Schema    SchemaConstraints // of the array before Transform
	Members   Members           // the format's own; nil for Auto

	Open, Create, DeleteExisting bool
	ModeGiven                    bool // the spec names open or create
	AssumeMetadata               bool
	AssumeCachedMetadata         bool

	FillMissing     bool // a missing chunk reads as the fill value
	StoreFill       bool // a chunk that equals the fill value is stored
	RecheckData     Recheck
	RecheckMetadata Recheck

	CachePool           resources.Member
	MetadataCachePool   resources.Member // the zero Member: the resource of CachePool
	DataCopyConcurrency resources.Member
}

// newSpec returns a spec with the values of absent members.
func newSpec() *Spec {
	return &Spec{
		Driver: Auto, Rank: -1, Open: true, FillMissing: true,
		RecheckMetadata:     Recheck{Mode: RecheckOpen},
		CachePool:           resources.DefaultMember(cachePool),
		DataCopyConcurrency: resources.DefaultMember(resources.DataCopyConcurrency),
	}
}

// ParseSpec reads a spec: an object or a URL pipeline. The object of a
// key-value store stands for its detection: auto over it.
func ParseSpec(tables Tables, v strictjson.Value) (*Spec, error) {
	if text, err := v.Str(); err == nil {
		s, err := ParseURL(tables, text)
		if err != nil {
			return nil, v.Errorf("%v", err)
		}
		return s, nil
	}
	if !v.IsObject() {
		return nil, v.Errorf("expected a TensorStore spec: an object or a URL, got %s", v.Text())
	}
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	r := &specReader{tables: tables, o: o, spec: newSpec()}
	isStore, err := r.readDriver()
	if err != nil {
		return nil, err
	}
	if isStore {
		r.spec.KvStore, err = kvstore.ParseObject(tables.Stores, tables.Kinds, o)
		return r.spec, err
	}
	return r.read()
}

// Constraints returns what the spec demands of the array that Transform views.
func (s *Spec) Constraints() Constraints {
	rank := s.Rank
	if s.Transform != nil {
		rank = s.Transform.OutputRank()
	}
	return Constraints{DType: s.DType, Rank: rank, Schema: s.Schema, Members: s.Members}
}

// At returns the spec of an array of format f that was found at path sub below
// the spec's own: with m, which may be nil, and all other members of s.
func (s *Spec) At(sub string, f Format, m Members) (*Spec, error) {
	kv, err := s.KvStore.Join(sub)
	if err == nil {
		kv, err = kv.Join("")
	}
	if err != nil {
		return nil, err
	}
	found := *s
	found.Driver, found.Format, found.KvStore = f.Name(), f, kv
	if m != nil {
		found.Members = m
	}
	return &found, nil
}

// formatAliases are the other names of formats in the JSON of a spec.
var formatAliases = map[string]string{
	"zarr2":                    "zarr",
	"neuroglancer-precomputed": "neuroglancer_precomputed",
}

// findFormat returns the format that name or an alias of it stands for, or nil.
func findFormat(formats []Format, name string) Format {
	if canonical, ok := formatAliases[name]; ok {
		name = canonical
	}
	for _, f := range formats {
		if f.Name() == name {
			return f
		}
	}
	return nil
}

// ArrayNames returns all names and URL schemes of array drivers, for the table
// of the stores, which tells them from unknown ones.
func ArrayNames(formats []Format) []string {
	names := []string{Auto}
	for _, f := range formats {
		names = append(names, f.Name(), schemeOf(f.Name()))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// formatNames returns the names of formats in the order of the table.
func formatNames(formats []Format) []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name()
	}
	return names
}

// unknownDriver says which drivers there are.
func (t *Tables) unknownDriver(v strictjson.Value, name string) error {
	return v.Errorf("unknown driver %q (known: %s, %s; key-value stores: %s)",
		name, Auto, strings.Join(formatNames(t.Formats), ", "), strings.Join(t.Stores.Known(), ", "))
}
