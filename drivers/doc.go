// Package drivers says what an array format is: Format parses and creates the
// documents that describe arrays, Dataset is one array as they describe it,
// Schema is what every format can say about an array. It also holds the
// TensorStore Spec (JSON and URL) and the detection of formats.
//
// Laws:
//
//  1. Formats and datasets are immutable and pure: no context, no I/O, no
//     locks, no clock. They turn documents into schemas, cells into keys, and
//     stored bytes into elements.
//  2. Documents and chunks are untrusted. Sizes are checked for overflow and
//     against MaxChunkBytes at Parse; Decode writes exactly one chunk or fails
//     with ErrCorrupt; nothing panics.
//  3. A decoded chunk is little-endian, has the full chunk shape, and its
//     dimensions stand in Schema.InnerOrder. A chunk of a structured array
//     holds one whole component after another.
//  4. Errors name the document and the member (strictjson.Error), or the cell.
//
// To add a format: copy drivers/n5 or drivers/zarr, implement the interfaces,
// add a line to drivers/all, and run drivertest over golden data.
package drivers
