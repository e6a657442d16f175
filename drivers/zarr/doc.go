// Package zarr is the zarr v2 format (zarr-specs docs/v2/v2.0.rst) as
// TensorStore's driver "zarr" reads and writes it, and what zarr-python and
// numcodecs write beyond that: short fill values, numbers as strings, bare NaN
// in JSON, lz4, lzma, filters.
//
// An array is the document .zarray, perhaps .zattrs, and one key per chunk:
// its grid indices joined by "." or "/". Chunks at the edge have full size.
//
// Laws:
//
//  1. The fields of a structured dtype are the components of a chunk. Those of
//     the selected field are checked (bool) on Decode, the others only carried,
//     so that what is not shown comes back bit for bit on Encode.
//  2. The dimensions inside an element (sub-arrays, the bytes of |S and |V) are
//     the last and fastest ones, whatever the order.
//  3. Stored documents are never rewritten: nothing resizes an array.
//
// What it does not do: the dtypes U, O, m and M, and structs within structs,
// which TensorStore does not have either.
package zarr
