// Package codec turns bytes into bytes: the compressors and checksums that the
// array formats name, in pure Go.
//
// Laws:
//
//  1. A codec knows nothing of arrays, keys or files. Codecs that do know the
//     array (transpose, png, jpeg, compressed_segmentation, filters) are built
//     for one shape and data type and are still bytes to bytes.
//  2. Input is untrusted. Decode never writes, and never allocates, more than
//     max bytes of output whatever the input says; too much, too little,
//     trailing bytes, a wrong checksum or a cut stream is ErrCorrupt. It never
//     panics.
//  3. Codecs are safe for concurrent use and keep no state between calls
//     except pooled scratch memory.
//  4. What we encode, TensorStore and the format's own libraries decode.
//
// The exact bytes of each codec are cited beside its implementation.
package codec
