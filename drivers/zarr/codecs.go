package zarr

import (
	"tsmount/drivers/codec"
	"tsmount/internal/strictjson"
)

// compressor is the member "compressor": a codec of numcodecs by its id.
type compressor struct {
	json map[string]any // nil: null
	// build makes the codec for elements of the given size; nil: null.
	build func(typesize int64) (codec.Codec, error)
}

// value returns what stands in the document.
func (c *compressor) value() any {
	if c.json == nil {
		return nil
	}
	return c.json
}

// codec returns the codec, nil for none.
func (c *compressor) codec(typesize int64) (codec.Codec, error) {
	if c.build == nil {
		return nil, nil
	}
	return c.build(typesize)
}

// compressors are the known ids. blosc, zlib, gzip, bz2 and zstd are
// TensorStore's; lz4 and lzma only numcodecs has.
var compressors = map[string]func(*params) func(int64) (codec.Codec, error){
	"blosc": readBlosc,
	"zlib": func(p *params) func(int64) (codec.Codec, error) {
		return fixed(codec.Zlib{Level: p.int("level", -1, 9, 1)})
	},
	"gzip": func(p *params) func(int64) (codec.Codec, error) {
		return fixed(codec.Gzip{Level: p.int("level", -1, 9, 1)})
	},
	"bz2": func(p *params) func(int64) (codec.Codec, error) {
		return fixed(codec.Bzip2{Level: p.int("level", 1, 9, 1)})
	},
	"zstd": readZstd,
	"lz4": func(p *params) func(int64) (codec.Codec, error) {
		return fixed(codec.LZ4{Acceleration: p.int("acceleration", -1<<31, 1<<31-1, 1)})
	},
	"lzma": readLZMA,
}

// defaultCompressor is what TensorStore gives new arrays.
func defaultCompressor() *compressor {
	c, err := parseCompressor(strictjson.Of(map[string]any{"id": "blosc"}, "", "compressor"))
	if err != nil {
		panic(err) // the document is a constant
	}
	return c
}

// parseCompressor reads null or the configuration of a compressor.
func parseCompressor(v strictjson.Value) (*compressor, error) {
	if v.IsNull() {
		return &compressor{}, nil
	}
	p, id, err := newParams(v)
	if err != nil {
		return nil, err
	}
	read := compressors[id]
	if read == nil {
		return nil, p.id.Errorf("unknown compressor %q", id)
	}
	build := read(p)
	if err := p.close(); err != nil {
		return nil, err
	}
	return &compressor{json: p.json, build: build}, nil
}

func fixed(c codec.Codec) func(int64) (codec.Codec, error) {
	return func(int64) (codec.Codec, error) { return c, nil }
}

// readBlosc reads the members of blosc. typesize and nthreads, which some
// writers add, say nothing that the chunks do not.
func readBlosc(p *params) func(int64) (codec.Codec, error) {
	cname := p.string("cname", "lz4")
	clevel, shuffle := p.int("clevel", 0, 9, 5), p.int("shuffle", -1, 2, codec.BloscAutoShuffle)
	blocksize := p.int("blocksize", 0, 1<<31-1, 0)
	p.ignore("typesize")
	p.ignore("nthreads")
	if _, err := codec.NewBlosc(cname, clevel, shuffle, 1, blocksize); err != nil {
		p.failf("cname", "%v", err)
	}
	return func(typesize int64) (codec.Codec, error) {
		return codec.NewBlosc(cname, clevel, shuffle, int(typesize), blocksize)
	}
}

// readZstd reads the members of zstd. TensorStore refuses "checksum", also when
// it is false, which is what numcodecs 0.13 writes.
func readZstd(p *params) func(int64) (codec.Codec, error) {
	c := codec.Zstd{Level: p.int("level", -131072, 22, 1), Checksum: p.bool("checksum")}
	return fixed(c)
}

// readLZMA reads the members of lzma. The containers of format 1 (xz) and 2 (lzma
// alone) are known, not 3 (raw).
func readLZMA(p *params) func(int64) (codec.Codec, error) {
	format := p.int("format", 1, 3, 1)
	if format == 3 {
		p.failf("format", "only the formats 1 (xz) and 2 (lzma alone) are supported")
	}
	p.int("check", -1, 15, -1)
	if v, ok := p.o.Get("filters"); ok {
		if p.json["filters"] = nil; !v.IsNull() {
			p.fail(v.Errorf("filters inside lzma are not supported"))
		}
	}
	preset := 6
	if v, ok := p.o.Get("preset"); ok && v.IsNull() {
		p.json["preset"] = nil
	} else {
		preset = p.int("preset", 0, 9, 6)
	}
	if format == 2 {
		return fixed(codec.LZMA{Preset: preset})
	}
	return fixed(codec.XZ{Preset: preset})
}

// params reads the configuration of one codec and builds its canonical form,
// in which TensorStore's defaults stand for absent members.
type params struct {
	o    *strictjson.Object
	id   strictjson.Value
	json map[string]any
	err  error // the first one
}

// newParams begins to read a configuration; id is the name of the codec.
func newParams(v strictjson.Value) (p *params, id string, err error) {
	o, err := v.Object()
	if err != nil {
		return nil, "", err
	}
	p = &params{o: o}
	if p.id, err = o.Need("id"); err != nil {
		return nil, "", err
	}
	if id, err = p.id.Str(); err != nil {
		return nil, "", err
	}
	p.json = map[string]any{"id": id}
	return p, id, nil
}

func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *params) failf(name, format string, args ...any) {
	v, _ := p.o.Get(name)
	p.fail(v.Errorf(format, args...))
}

func (p *params) int(name string, lo, hi int64, otherwise int) int {
	n := int64(otherwise)
	if v, ok := p.o.Get(name); ok {
		var err error
		if n, err = v.Int(lo, hi); err != nil {
			p.fail(err)
		}
	}
	p.json[name] = n
	return int(n)
}

func (p *params) string(name, otherwise string) string {
	s := otherwise
	if v, ok := p.o.Get(name); ok {
		var err error
		if s, err = v.Str(); err != nil {
			p.fail(err)
		}
	}
	p.json[name] = s
	return s
}

// bool reads a member that is false when absent, and then is not written.
func (p *params) bool(name string) bool {
	v, ok := p.o.Get(name)
	if !ok {
		return false
	}
	b, err := v.Bool()
	if err != nil {
		p.fail(err)
	}
	if b {
		p.json[name] = true
	}
	return b
}

// ignore takes a member that says nothing.
func (p *params) ignore(name string) { p.o.Get(name) }

// close reports the first fault, or a member that no one asked for.
func (p *params) close() error {
	if p.err != nil {
		return p.err
	}
	return p.o.Close()
}
