// Package zarr3 is the zarr v3 format (zarr-specs docs/v3/core/index.rst and the
// codecs beside it) as TensorStore's driver "zarr3" reads and writes it, and
// what other writers do beyond that: codecs as bare strings, the raw types of
// the standard, bytes-to-bytes codecs behind sharding_indexed, dimension names
// that occur twice (the array then has no labels).
//
// An array is the document zarr.json and one key per chunk. A chunk of a sharded
// array is an entry of a shard, and its key that of package kvstore/shard. Chunks
// at the edge have full size.
//
// Laws:
//
//  1. The chunk of the Schema is what the innermost codecs make, WriteChunk what
//     one key of the store holds. Shards nest up to maxShards deep.
//  2. Transposes cost nothing: the order of dimensions that they make of the
//     innermost chunk is Schema.InnerOrder.
//  3. The fields of a struct are the components of a chunk. Those that are not
//     shown are carried unchecked, so that they come back bit for bit.
//  4. Stored documents are never rewritten: nothing resizes an array.
//
// What it does not do: types of variable length, structs within structs, grids
// other than the regular one, codecs that change the number of elements.
package zarr3
