package zarr3

import (
	"slices"

	"tsmount/drivers/codec"
	"tsmount/internal/strictjson"
)

// byteCodec says how a codec from bytes to bytes is read and made.
type byteCodec struct {
	read func(*params)
	// complete adds what a new array's document has to say, for elements of
	// size bytes.
	complete func(conf map[string]any, size int64)
	make     func(conf map[string]any) (codec.Codec, error)
}

// byteCodecs are the known codecs from bytes to bytes: TensorStore's (zarr-specs
// docs/v3/codecs, zarr-extensions codecs/zstd), and those of numcodecs that
// zarr-python writes under a prefix, configured as in zarr v2.
var byteCodecs = map[string]byteCodec{
	"gzip":             leveled(0, 9, 6, func(n int) codec.Codec { return codec.Gzip{Level: n} }),
	"zstd":             {readZstd, completeZstd, makeZstd},
	"blosc":            {readBlosc, completeBlosc, makeBlosc},
	"crc32c":           fixed(codec.CRC32C{}),
	"numcodecs.zlib":   leveled(-1, 9, 1, func(n int) codec.Codec { return codec.Zlib{Level: n} }),
	"numcodecs.gzip":   leveled(-1, 9, 1, func(n int) codec.Codec { return codec.Gzip{Level: n} }),
	"numcodecs.zstd":   leveled(-131072, 22, 0, func(n int) codec.Codec { return codec.Zstd{Level: n} }),
	"numcodecs.bz2":    leveled(1, 9, 1, func(n int) codec.Codec { return codec.Bzip2{Level: n} }),
	"numcodecs.crc32c": fixed(codec.CRC32C{}),
	"numcodecs.lz4": {
		read:     func(p *params) { p.int("acceleration", -1<<31, 1<<31-1, false) },
		complete: func(conf map[string]any, _ int64) { standIn(conf, "acceleration", int64(1)) },
		make: func(conf map[string]any) (codec.Codec, error) {
			return codec.LZ4{Acceleration: number(conf, "acceleration")}, nil
		},
	},
}

// leveled is a codec with the one member "level".
func leveled(lo, hi, usual int64, build func(level int) codec.Codec) byteCodec {
	return byteCodec{
		read:     func(p *params) { p.int("level", lo, hi, true) },
		complete: func(conf map[string]any, _ int64) { standIn(conf, "level", usual) },
		make:     func(conf map[string]any) (codec.Codec, error) { return build(number(conf, "level")), nil },
	}
}

// fixed is a codec without members.
func fixed(c codec.Codec) byteCodec {
	return byteCodec{
		read:     func(*params) {},
		complete: func(map[string]any, int64) {},
		make:     func(map[string]any) (codec.Codec, error) { return c, nil },
	}
}

func readZstd(p *params) {
	p.int("level", -131072, 22, true)
	p.bool("checksum")
}

func completeZstd(conf map[string]any, _ int64) {
	standIn(conf, "level", int64(3))
	standIn(conf, "checksum", false)
}

func makeZstd(conf map[string]any) (codec.Codec, error) {
	checksum, _ := conf["checksum"].(bool)
	return codec.Zstd{Level: number(conf, "level"), Checksum: checksum}, nil
}

// bloscShuffles are the values of "shuffle", by codec.Blosc's numbers.
var bloscShuffles = []string{"noshuffle", "shuffle", "bitshuffle"}

func readBlosc(p *params) {
	p.string("cname", "blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd")
	p.int("clevel", 0, 9, true)
	p.string("shuffle", bloscShuffles...)
	p.int("blocksize", 0, 1<<31-1, true)
	p.int("typesize", 1, 255, p.conf["shuffle"] != "noshuffle")
}

func completeBlosc(conf map[string]any, size int64) {
	standIn(conf, "cname", "lz4")
	standIn(conf, "clevel", int64(5))
	standIn(conf, "blocksize", int64(0))
	if size == 1 {
		standIn(conf, "shuffle", "bitshuffle")
	}
	standIn(conf, "shuffle", "shuffle")
	if conf["shuffle"] != "noshuffle" {
		standIn(conf, "typesize", min(size, 255))
	}
}

func makeBlosc(conf map[string]any) (codec.Codec, error) {
	cname, _ := conf["cname"].(string)
	shuffle := slices.Index(bloscShuffles, conf["shuffle"].(string))
	return codec.NewBlosc(cname, number(conf, "clevel"), shuffle, max(1, number(conf, "typesize")), number(conf, "blocksize"))
}

func number(conf map[string]any, name string) int {
	n, _ := conf[name].(int64)
	return int(n)
}

// standIn sets a member that is not given.
func standIn(conf map[string]any, name string, value any) {
	if _, given := conf[name]; !given {
		conf[name] = value
	}
}

// params reads the configuration of one codec into conf.
type params struct {
	o      *strictjson.Object
	conf   map[string]any
	stored bool
	err    error // the first one
}

func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// get returns a member if it is there; in a stored document one that is needed
// must be.
func (p *params) get(name string, need bool) (strictjson.Value, bool) {
	v, ok := p.o.Get(name)
	if !ok && need && p.stored {
		p.fail(v.Errorf("member is missing"))
	}
	return v, ok
}

func (p *params) int(name string, lo, hi int64, need bool) {
	if v, ok := p.get(name, need); ok {
		n, err := v.Int(lo, hi)
		p.fail(err)
		p.conf[name] = n
	}
}

func (p *params) string(name string, known ...string) {
	v, ok := p.get(name, true)
	if !ok {
		return
	}
	s, err := v.Str()
	p.fail(err)
	if err == nil && !slices.Contains(known, s) {
		p.fail(v.Errorf("expected one of %q, got %q", known, s))
	}
	p.conf[name] = s
}

// bool reads a member that a stored document need not have.
func (p *params) bool(name string) {
	v, ok := p.get(name, false)
	if !ok {
		if p.stored {
			p.conf[name] = false
		}
		return
	}
	b, err := v.Bool()
	p.fail(err)
	p.conf[name] = b
}

func (p *params) close() error {
	if p.err != nil {
		return p.err
	}
	return p.o.Close()
}
