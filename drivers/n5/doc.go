// Package n5 is the N5 format (github.com/saalfeldlab/n5, README.md) as
// TensorStore's driver "n5" reads and writes it, and what the Java library, z5
// and zarr-python write beyond that: blocks with a number of elements, lz4,
// further members of compressions, the compressionType of N5 before 2.0.
//
// An array is the document attributes.json with the member "dimensions" and one
// key per block: its grid indices joined by "/", in the order of the dimensions,
// of which the first varies fastest. Missing blocks are 0; there are no other
// fill values. A folder whose attributes.json has no dimensions is a group.
//
// Laws:
//
//  1. The header of a block says how large it is, not the metadata: a block may
//     be smaller than blockSize anywhere, and what it lacks is 0. A larger one
//     is corrupt.
//  2. Only the elements of a block are compressed, never its header. They are
//     decompressed to where they stay unless the block is smaller.
//  3. Blocks are written full size, with the elements beyond the array, as
//     TensorStore does: every reader takes them.
//  4. Stored documents are never rewritten: nothing resizes an array.
//
// What it does not do: elements of type string or object, and the lists of
// codecs of N5 4, none of which TensorStore has.
package n5
