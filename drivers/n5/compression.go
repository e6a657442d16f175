package n5

import (
	"bytes"
	"encoding/binary"
	"maps"

	"tsmount/drivers/codec"
	"tsmount/drivers/internal/document"
	"tsmount/internal/strictjson"
)

// compression is the member "compression": an object with a type.
type compression struct {
	stated map[string]any // as the document has it
	json   map[string]any // canonical: TensorStore's defaults stand for absent members
	// build makes the codec for elements of the given size; nil: raw.
	build func(elemSize int) (codec.Codec, error)
}

// compressions are the known types: README.md, "Filesystem specification", and
// n5-blosc and n5-zstandard. TensorStore does not know lz4.
var compressions = map[string]func(*params) func(int) (codec.Codec, error){
	"raw":  func(*params) func(int) (codec.Codec, error) { return nil },
	"gzip": readGzip,
	"bzip2": func(p *params) func(int) (codec.Codec, error) {
		return fixed(codec.Bzip2{Level: p.int("blockSize", 1, 9, 9)})
	},
	"xz": func(p *params) func(int) (codec.Codec, error) {
		return fixed(codec.XZ{Preset: p.int("preset", 0, 9, 6)})
	},
	"lz4": func(p *params) func(int) (codec.Codec, error) {
		return fixed(anyLZ4{codec.LZ4Java{BlockSize: p.int("blockSize", 64, 1<<25, 1<<16)}})
	},
	"blosc": readBlosc,
	"zstd": func(p *params) func(int) (codec.Codec, error) {
		return fixed(codec.Zstd{Level: p.int("level", -131072, 22, 0)})
	},
}

// legacyCompressions are the values that compressionType had.
var legacyCompressions = map[string]bool{"raw": true, "gzip": true, "bzip2": true, "lz4": true, "xz": true}

// parseCompressionType reads the name that N5 before 2.0 wrote.
func parseCompressionType(v strictjson.Value) (*compression, error) {
	name, err := v.Str()
	if err != nil {
		return nil, err
	}
	if !legacyCompressions[name] {
		return nil, v.Errorf("unknown compression %q", name)
	}
	return parseCompression(strictjson.Of(map[string]any{"type": name}, "", v.Path()), true)
}

// parseCompression reads a compression. A stored one may have members that no
// one knows, such as those that only matter to one library's encoder.
func parseCompression(v strictjson.Value, stored bool) (*compression, error) {
	o, err := v.Object()
	if err != nil {
		return nil, err
	}
	kind, err := o.Need("type")
	if err != nil {
		return nil, err
	}
	name, err := kind.Str()
	if err != nil {
		return nil, err
	}
	read := compressions[name]
	if read == nil {
		return nil, kind.Errorf("unknown compression %q", name)
	}
	p := &params{o: o, stored: stored, json: map[string]any{"type": name}}
	c := &compression{json: p.json, build: read(p)}
	if p.err != nil {
		return nil, p.err
	}
	if !stored {
		if err := o.Close(); err != nil {
			return nil, err
		}
	}
	c.stated, _ = v.Any().(map[string]any)
	return c, nil
}

// defaultCompression is what TensorStore gives new arrays.
func defaultCompression(elemSize int) *compression {
	shuffle := codec.BloscByteShuffle
	if elemSize == 1 {
		shuffle = codec.BloscBitShuffle
	}
	doc := map[string]any{"type": "blosc", "cname": "lz4", "clevel": 5, "shuffle": shuffle}
	v, err := strictjson.Parse(document.Compact(doc), "")
	if err != nil {
		panic(err) // the document is a constant
	}
	c, err := parseCompression(v, false)
	if err != nil {
		panic(err)
	}
	return c
}

// codec returns the codec, nil for none.
func (c *compression) codec(elemSize int) (codec.Codec, error) {
	if c.build == nil {
		return nil, nil
	}
	return c.build(elemSize)
}

// schemaCodec returns TensorStore's schema.codec.
func (c *compression) schemaCodec() []byte {
	return document.Compact(map[string]any{"driver": "n5", "compression": maps.Clone(c.stated)})
}

func fixed(c codec.Codec) func(int) (codec.Codec, error) {
	return func(int) (codec.Codec, error) { return c, nil }
}

// readGzip reads gzip, which is zlib with useZlib.
func readGzip(p *params) func(int) (codec.Codec, error) {
	level := p.int("level", -1, 9, -1)
	if p.bool("useZlib") {
		return fixed(codec.Zlib{Level: level})
	}
	return fixed(codec.Gzip{Level: level})
}

// readBlosc reads blosc. typesize and nthreads, which n5-blosc adds, say nothing
// that the blocks do not; TensorStore refuses them. Only n5-blosc has a shuffle
// of -1.
func readBlosc(p *params) func(int) (codec.Codec, error) {
	minShuffle := int64(codec.BloscNoShuffle)
	if p.stored {
		minShuffle = codec.BloscAutoShuffle
	}
	cname := p.needString("cname")
	clevel := p.needInt("clevel", 0, 9)
	shuffle := p.needInt("shuffle", minShuffle, codec.BloscBitShuffle)
	blocksize := p.int("blocksize", 0, 1<<31-1, 0)
	p.o.Get("typesize")
	p.o.Get("nthreads")
	if _, err := codec.NewBlosc(cname, clevel, shuffle, 1, blocksize); err != nil && p.err == nil {
		v, _ := p.o.Get("cname")
		p.err = v.Errorf("%v", err)
	}
	return func(elemSize int) (codec.Codec, error) {
		return codec.NewBlosc(cname, clevel, shuffle, elemSize, blocksize)
	}
}

// anyLZ4 reads the three things that are called lz4 in N5 and writes the first:
// the stream of the Java library, the block after its size of zarr-python 2, and
// the bare block of z5.
type anyLZ4 struct{ codec.LZ4Java }

// Decode returns the data of src, which are max bytes unless it is a stream.
func (c anyLZ4) Decode(dst, src []byte, max int) ([]byte, error) {
	switch {
	case bytes.HasPrefix(src, []byte("LZ4Block")):
		return c.LZ4Java.Decode(dst, src, max)
	case len(src) >= 4 && int64(binary.LittleEndian.Uint32(src)) == int64(max):
		return codec.LZ4{}.Decode(dst, src, max)
	}
	sized := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(src)), uint32(max))
	return codec.LZ4{}.Decode(dst, append(sized, src...), max)
}
