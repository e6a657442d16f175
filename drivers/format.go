package drivers

import (
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
)

// Format is one on-disk layout of arrays. Implementations are stateless.
type Format interface {
	// Name returns TensorStore's name of the driver: "zarr", "zarr3", "n5",
	// "neuroglancer_precomputed".
	Name() string

	// MetadataKeys returns the keys of the documents that describe the array
	// at path (empty, or ending in "/"). The first one decides whether there is
	// an array; the others (attributes) may be missing. path is "" or ends in "/".
	MetadataKeys(path string, want Constraints) []string

	// Parse reads the documents that exist among MetadataKeys and checks them
	// against want. Errors are *strictjson.Error naming document and member;
	// those about a contradiction with want wrap ErrConstraint.
	Parse(path string, docs map[string][]byte, want Constraints) (Dataset, error)

	// Create returns the documents to store for a new array and the array they
	// describe. have holds what is stored now (a precomputed volume gets one
	// more scale). ErrExists if the array is there already.
	Create(path string, have map[string][]byte, want Constraints) (docs map[string][]byte, ds Dataset, err error)

	// Members reads the format's own members of a TensorStore spec (metadata,
	// metadata_key, field, scale_index, ...) from o. The result is what
	// Constraints.Members holds; it must be immutable.
	Members(o *strictjson.Object) (Members, error)
}

// Members are the checked driver-specific members of a spec.
type Members interface {
	// JSON returns the members in canonical form.
	JSON() map[string]any
}

// Dataset is one array as its documents describe it.
type Dataset interface {
	// Schema describes the array. It must not be changed.
	Schema() *Schema
	// CompatKey is equal for two versions of an array's documents when chunks
	// cached under one may be used under the other: everything but the extents
	// and attributes.
	CompatKey() string
	// ChunkKey returns the key below the array's path that stores the cell.
	ChunkKey(cell []int64) string
	// WriteGroup returns the stored key that holds the cell: the chunk's own,
	// or that of its shard.
	WriteGroup(cell []int64) string
	// Decode decodes the stored bytes enc of a cell into dst, which has
	// Schema.ChunkBytes() bytes; what its capacity holds behind them is scratch,
	// of which 16 bytes make some codecs faster. Bytes that do not make exactly one chunk are
	// ErrCorrupt; dst is then undefined.
	Decode(dst, enc []byte, cell []int64) error
	// Encode appends the stored form of a decoded chunk to dst[:0].
	Encode(dst, chunk []byte, cell []int64) ([]byte, error)
	// Store returns the store whose keys ChunkKey names: base itself, rooted
	// at the array's path, or a shard adapter over it.
	Store(base kvstore.Store, memo kvstore.Memo) kvstore.Store
}
