// Package precomputed is the neuroglancer precomputed format for volumes
// (neuroglancer, src/datasource/precomputed/volume.md) as TensorStore's driver
// "neuroglancer_precomputed" reads and writes it.
//
// A volume is the document info, which lists scales: the same volume at several
// resolutions. An array is one scale. It has the dimensions x, y, z and channel,
// of which x is the fastest in a chunk and channel the slowest; it begins at
// voxel_offset. A chunk is one key, named by the indices it covers, or lies in a
// shard (package kvstore/shard, Uint64) under the compressed Morton code of its
// place in the grid.
//
// Laws:
//
//  1. Stored chunks at the upper edge of the volume are clipped: their bytes are
//     those of the smaller shape. Decoded chunks always have the full shape.
//  2. All scales must be readable for one of them to be read, as in TensorStore.
//  3. A new scale is added to what info holds; members that are not known here
//     stay as they are. Nothing else of info is ever changed.
//  4. A scale's key is resolved against the path of the volume, ".." included,
//     and must not lead out of it.
//
// What it does not do: the encodings that only neuroglancer or cloud-volume have
// (compresso, jxl, crackle, fpzip), redirects, and writing jpeg, which would
// change elements that nobody wrote.
package precomputed
